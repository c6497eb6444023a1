// Makes a recording out of what a conversation has stored, in slices that each end with something written down.

import { AgentTrack } from '../../core/recording/agent-track.ts';
import { agentWav, callerWav, conversationFlac, mixWav } from '../../core/recording/audio-files.ts';
import { CallerTrack, type JournalSource } from '../../core/recording/caller-track.ts';
import {
  type ChunkMaker,
  RECORDING_FILES,
  type RecordingFileName,
} from '../../core/recording/chunked-file.ts';
import type { SpeechSource } from '../../core/recording/speech-source.ts';
import { type RecordingPlan, Survey } from '../../core/recording/survey.ts';
import { timelineChunk } from '../../core/recording/timeline-file.ts';
import { recordingKey } from './object-keys.ts';
import { type Breathe, isUploadGone, PART_BYTES, uploadPart } from './part-upload.ts';
import { NOTHING_UPLOADED, type RecordingState } from './recording-state.ts';
import type { RecordingStore } from './recording-store.ts';

/** Rows of the journal read in one slice: 100 s of audio, 3 MB. */
const SURVEY_ROWS = 20;

/** What a conversation has stored for its recording. */
export interface RecordingSources {
  readonly journal: JournalSource;
  readonly speech: SpeechSource;
  /** Deletes all of it; what was deleted before is no fault. */
  drop(): Promise<void>;
}

export interface MakerOptions {
  readonly conversation: string;
  readonly bucket: R2Bucket;
  readonly store: RecordingStore;
  readonly sources: RecordingSources;
  readonly files: readonly RecordingFileName[];
  readonly breathe: Breathe;
}

type Ending = Extract<RecordingState, { phase: 'ending' }>;

/** The state after a slice; 'finished' when all files are made. */
export type Slice = Ending | { readonly phase: 'finished'; readonly ending: Ending };

/**
 * What is made of small files in one go: about as much as one part of a large file. A short recording is made by one alarm
 * with hardly a row written for it, a long one part by part.
 */
const WORK_BYTES = PART_BYTES;

/** Work of one slice: at most SURVEY_ROWS rows, or one part of one file. Doing a slice twice gives the same. */
export class RecordingMaker {
  readonly #options: MakerOptions;
  #plan: RecordingPlan | null = null;

  constructor(options: MakerOptions) {
    this.#options = options;
  }

  /**
   * Does one slice of the work, or several while each of them finishes something small. Throws what storage and bucket
   * throw; then the state is as it was.
   */
  async work(state: Ending): Promise<Slice> {
    const madeBefore = bytesMade(state);
    let done = await this.#slice(state);
    while (done.phase === 'ending' && hasRoomForMore(done, madeBefore)) {
      done = await this.#slice(done);
    }
    // A plan that was needed for one alarm only costs no row.
    const isPlanned = state.step === 'survey' && done.phase === 'ending' && done.step === 'files';
    if (isPlanned && this.#plan !== null) this.#options.store.writePlan(this.#plan);
    return done;
  }

  async #slice(state: Ending): Promise<Slice> {
    return state.step === 'survey' ? this.#survey(state) : this.#write(state);
  }

  async #survey(state: Extract<Ending, { step: 'survey' }>): Promise<Slice> {
    const { store, sources, breathe } = this.#options;
    const survey = new Survey(sources.speech);
    const before = store.survey;
    if (before !== null) survey.restore(before);
    for (let rows = 0; rows < SURVEY_ROWS; rows++) {
      const row = sources.journal.row(survey.rows);
      if (row === null) {
        this.#plan = survey.finish();
        const { endedAtMs } = state;
        const none = { made: [], upload: NOTHING_UPLOADED, failures: 0, trouble: null };
        return { phase: 'ending', step: 'files', endedAtMs, ...none };
      }
      survey.take(row);
      await breathe();
    }
    store.writeSurvey(survey.snapshot());
    return { ...state, failures: 0, trouble: null };
  }

  async #write(state: Extract<Ending, { step: 'files' }>): Promise<Slice> {
    const { conversation, bucket, files, breathe } = this.#options;
    const name = files[state.made.length];
    if (name === undefined) return { phase: 'finished', ending: state };
    const { contentType } = RECORDING_FILES[name];
    const key = recordingKey(conversation, name);
    const target = { bucket, key, name, contentType, chunk: this.#chunksOf(name) };
    try {
      const progress = await uploadPart(target, state.upload, breathe);
      const fine = { ...state, failures: 0, trouble: null };
      if (progress.kind === 'under-way') return { ...fine, upload: progress.upload };
      const made = [...state.made, progress.file];
      return { ...fine, made, upload: NOTHING_UPLOADED };
    } catch (fault) {
      if (!isUploadGone(fault)) throw fault;
      return { ...state, upload: NOTHING_UPLOADED };
    }
  }

  #chunksOf(name: RecordingFileName): ChunkMaker {
    const { sources, store } = this.#options;
    this.#plan ??= store.plan;
    const plan = this.#plan;
    if (plan === null) throw new Error('The plan of the recording is lost.');
    const caller = new CallerTrack(plan, sources.journal);
    const agent = new AgentTrack(plan.runs, sources.speech);
    switch (name) {
      case 'caller.wav':
        return callerWav(plan, caller);
      case 'agent.wav':
        return agentWav(plan, agent);
      case 'mix.wav':
        return mixWav(plan, caller, agent);
      case 'conversation.flac':
        return conversationFlac(plan, caller, agent);
      case 'timeline.jsonl':
        return (index) => {
          const text = timelineChunk(plan, sources.journal, sources.speech, index);
          return text === null ? null : new TextEncoder().encode(text);
        };
    }
  }
}

/** Nothing large is under way, and not much was made. */
function hasRoomForMore(state: Ending, madeBefore: number): boolean {
  if (state.step === 'survey' || state.upload.uploadId !== null) return false;
  return bytesMade(state) - madeBefore < WORK_BYTES;
}

function bytesMade(state: Ending): number {
  return state.step === 'survey' ? 0 : state.made.reduce((sum, { bytes }) => sum + bytes, 0);
}
