// Sees a conversation's recording through: ending, assembled, deleted; one slice for each alarm, at any pace.

import { logFault, logNotice } from '../runtime/log.ts';
import { isTeardown } from '../runtime/teardown.ts';
import { backOffMs } from './back-off.ts';
import { leaveAssembly, takeAssembly } from './isolate-assembly.ts';
import { recordingKey, recordingPrefix } from './object-keys.ts';
import { isUploadGone } from './part-upload.ts';
import { RecordingMaker, type RecordingSources } from './recording-maker.ts';
import type { RecordingState } from './recording-state.ts';
import type { RecordingStore } from './recording-store.ts';
import { type RemovedObject, removeObjects } from './removal.ts';
import type { RecordingSettings } from './settings.ts';

/** A slice follows the one before as soon as the alarm can come. */
const NEXT_SLICE_MS = 10;
/** Another conversation of the isolate is being assembled. */
const WAIT_FOR_TURN_MS = 500;

const FIRST_BACK_OFF_MS = 2000;
const LONGEST_BACK_OFF_MS = 3_600_000;

const DAY_MS = 86_400_000;

/** What a recorder needs of its surroundings. */
export interface RecorderPorts {
  readonly conversation: string;
  /** Null where no bucket is bound: nothing is recorded then. */
  readonly bucket: R2Bucket | null;
  readonly store: RecordingStore;
  readonly sources: RecordingSources;
  /** Has `alarm` called at this time or soon after, Infinity for never; in place of what was wanted before. */
  readonly want: (atMs: number) => void;
  /** Called between two pieces of work, so that others get their turn. */
  readonly breathe: () => Promise<void>;
  /** The recording stands where it is going to stay for a while: assembled, or deleted. */
  readonly settled: (state: RecordingState) => void;
}

/** Where a recording stands, for whoever asks. */
export type RecordingReport =
  | { readonly phase: 'off'; readonly reason: string }
  | { readonly phase: 'recording' }
  | RecordingState;

export const NO_BUCKET = 'Recording is off: no R2 bucket is bound as RECORDINGS.';
const NOT_ASKED_FOR = 'Recording was not asked for when the conversation was created.';

/** Thrown out of a slice that is not to go on. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

/**
 * Every slice ends with the state written down, and can be done again: whatever is lost in between costs one slice. A
 * bucket that fails costs time, never the recording: it is tried again, at the latest every hour, and `trouble` says why.
 */
export class Recorder {
  readonly #ports: RecorderPorts;
  #settings: RecordingSettings | null = null;
  #maker: RecordingMaker | null = null;
  /** The work under way; one at a time. */
  #work: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(ports: RecorderPorts) {
    this.#ports = ports;
  }

  /** What was asked for at creation, null for no recording. To be called before anything else, also after a wake-up. */
  configure(settings: RecordingSettings | null, nowMs: number): void {
    this.#settings = settings;
    this.#wantNext(nowMs);
  }

  /** Whether what the conversation stores is to be kept for a recording. */
  get isOn(): boolean {
    return this.#settings !== null && this.#ports.bucket !== null;
  }

  get report(): RecordingReport {
    if (this.#settings === null) return { phase: 'off', reason: NOT_ASKED_FOR };
    const state = this.#ports.store.state;
    if (state !== null) return state;
    if (this.#ports.bucket === null) return { phase: 'off', reason: NO_BUCKET };
    return { phase: 'recording' };
  }

  /** Something is still to be made, kept or deleted. */
  get isBusy(): boolean {
    const state = this.#ports.store.state;
    return state !== null && state.phase !== 'deleted';
  }

  /** The call is over and all of it is stored. Saying so again changes nothing. */
  conversationEnded(nowMs: number): void {
    if (!this.isOn || this.#ports.store.state !== null) return;
    const endedAtMs = nowMs;
    this.#write({ phase: 'ending', step: 'survey', endedAtMs, failures: 0, trouble: null });
    this.#ports.want(nowMs + NEXT_SLICE_MS);
  }

  /** The deadline has come; what is still to be done it wants again. Never rejects. */
  alarm(nowMs: number): Promise<void> {
    return this.#inTurn(() => this.#step(nowMs));
  }

  /** Stops the work and deletes every object of the conversation from the bucket. Throws what the bucket throws. */
  erase(): Promise<RemovedObject[]> {
    const { bucket, conversation } = this.#ports;
    this.#isStopped = true;
    return this.#inTurn(async () => {
      this.#isStopped = false;
      this.#maker = null;
      if (bucket === null) return [];
      await this.#abortUpload(bucket);
      return removeObjects(bucket, recordingPrefix(conversation));
    });
  }

  async #step(nowMs: number): Promise<void> {
    const { bucket, store, conversation } = this.#ports;
    const state = store.state;
    if (state === null || bucket === null) return;
    try {
      switch (state.phase) {
        case 'ending':
          if (!(await this.#assembleInTurn(state, bucket, nowMs))) return;
          break;
        case 'assembled':
          if (nowMs >= state.deleteAtMs) {
            await removeObjects(bucket, recordingPrefix(conversation));
            await this.#deleted(nowMs);
          }
          break;
        case 'deleted':
      }
      this.#wantNext(nowMs);
    } catch (fault) {
      if (fault instanceof Stopped) return;
      this.#failed(fault, nowMs);
    }
  }

  /** False when it is another conversation's turn. */
  async #assembleInTurn(
    state: Extract<RecordingState, { phase: 'ending' }>,
    bucket: R2Bucket,
    nowMs: number,
  ): Promise<boolean> {
    const turn = takeAssembly(nowMs);
    if (turn === null) {
      this.#ports.want(nowMs + WAIT_FOR_TURN_MS);
      return false;
    }
    await this.#assemble(state, bucket, nowMs).finally(() => leaveAssembly(turn));
    return true;
  }

  async #assemble(
    state: Extract<RecordingState, { phase: 'ending' }>,
    bucket: R2Bucket,
    nowMs: number,
  ): Promise<void> {
    this.#maker ??= this.#makeMaker(bucket);
    const done = await this.#maker.work(state);
    if (done.phase === 'ending') this.#write(done);
    else await this.#assembled(done.ending, nowMs);
  }

  #makeMaker(bucket: R2Bucket): RecordingMaker {
    const { conversation, store, sources, breathe } = this.#ports;
    return new RecordingMaker({
      conversation,
      bucket,
      store,
      sources,
      files: this.#settings?.files ?? [],
      breathe: async () => {
        await breathe();
        if (this.#isStopped) throw new Stopped();
      },
    });
  }

  async #assembled(
    { endedAtMs, ...ending }: Extract<RecordingState, { phase: 'ending' }>,
    nowMs: number,
  ): Promise<void> {
    const made = ending.step === 'files' ? ending.made : [];
    const deleteAtMs = nowMs + (this.#settings?.retentionDays ?? 0) * DAY_MS;
    const times = { endedAtMs, assembledAtMs: nowMs, deleteAtMs };
    const state: RecordingState = {
      phase: 'assembled',
      ...times,
      made,
      failures: 0,
      trouble: null,
    };
    // In one event with the state: a memory that is lost must not find the sources gone and the files unmade.
    const dropped = this.#ports.sources.drop();
    this.#maker = null;
    this.#write(state);
    this.#ports.store.dropWork();
    await dropped;
    this.#ports.settled(state);
  }

  async #deleted(nowMs: number): Promise<void> {
    const state: RecordingState = { phase: 'deleted', deletedAtMs: nowMs };
    await this.#ports.sources.drop();
    this.#maker = null;
    this.#write(state);
    this.#ports.store.dropWork();
    this.#ports.want(Number.POSITIVE_INFINITY);
    this.#ports.settled(state);
  }

  /** What was uploaded of a file that is not whole is in no listing, and would stay for R2's seven days. */
  async #abortUpload(bucket: R2Bucket): Promise<void> {
    const state = this.#ports.store.state;
    if (state?.phase !== 'ending' || state.step !== 'files') return;
    const name = this.#settings?.files[state.made.length];
    const { uploadId } = state.upload;
    if (name === undefined || uploadId === null) return;
    try {
      await bucket
        .resumeMultipartUpload(recordingKey(this.#ports.conversation, name), uploadId)
        .abort();
    } catch (fault) {
      if (!isUploadGone(fault)) throw fault;
    }
  }

  /** Writes down what went wrong, and when it is tried again follows from how often it did. */
  #failed(fault: unknown, nowMs: number): void {
    if (isTeardown(fault)) return;
    const { store, conversation, want } = this.#ports;
    const state = store.state;
    if (state === null || state.phase === 'deleted') return;
    const failures = state.failures + 1;
    const sentence = fault instanceof Error ? fault.message : String(fault);
    logFault('recording-failed', fault, { conversation, phase: state.phase, failures });
    this.#write({ ...state, failures, trouble: sentence.slice(0, 500) });
    want(nowMs + backOffMs(failures, FIRST_BACK_OFF_MS, LONGEST_BACK_OFF_MS));
  }

  #write(state: RecordingState): void {
    const before = this.#ports.store.state;
    this.#ports.store.writeState(state);
    if (before?.phase === state.phase) return;
    logNotice('recording', { conversation: this.#ports.conversation, phase: state.phase });
  }

  #wantNext(nowMs: number): void {
    const state = this.#ports.store.state;
    if (state === null || this.#ports.bucket === null) return;
    switch (state.phase) {
      case 'ending':
        this.#ports.want(nowMs + NEXT_SLICE_MS);
        break;
      case 'assembled':
        this.#ports.want(state.deleteAtMs);
        break;
      case 'deleted':
        this.#ports.want(Number.POSITIVE_INFINITY);
    }
  }

  #inTurn<Result>(run: () => Promise<Result>): Promise<Result> {
    const result = this.#work.then(run);
    this.#work = result.catch(() => undefined);
    return result;
  }
}
