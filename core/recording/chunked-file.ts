// A file of a recording as a sequence of chunks, each of which can be made alone, at any time, and is always the same.

/** Names of the files, and what they are. */
export const RECORDING_FILES = {
  'caller.wav': { contentType: 'audio/wav' },
  'agent.wav': { contentType: 'audio/wav' },
  'mix.wav': { contentType: 'audio/wav' },
  'conversation.flac': { contentType: 'audio/flac' },
  'timeline.jsonl': { contentType: 'application/jsonl' },
} as const;

export type RecordingFileName = keyof typeof RECORDING_FILES;

/** The chunk after the last is null. Making one takes bounded work: a second of audio, or a row of the journal. */
export type ChunkMaker = (index: number) => Uint8Array | null;

/** Where a reader of a file stands: so many bytes into a chunk. */
export interface FileCursor {
  readonly chunk: number;
  readonly byte: number;
}
