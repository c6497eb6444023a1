// The keys of a conversation's recording in the bucket.

import type { RecordingFileName } from '../../core/recording/chunked-file.ts';

/** Everything that belongs to a conversation lies under this prefix, and nothing else does. */
export function recordingPrefix(conversation: string): string {
  return `recordings/${conversation}/`;
}

export function recordingKey(conversation: string, file: RecordingFileName): string {
  return `${recordingPrefix(conversation)}${file}`;
}
