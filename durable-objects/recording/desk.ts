// Everything of one conversation that has to do with its recording: made, kept, told of and deleted.

import type { JournalSource } from '../../core/recording/caller-track.ts';
import type { Creation } from '../creation.ts';
import { logFault } from '../runtime/log.ts';
import type { RowMeter } from '../runtime/row-meter.ts';
import { recordingBucket } from './bucket.ts';
import { type Erasure, eraseStorage, forgetAtMs, isErased, markErased } from './erasure.ts';
import { recordingPrefix } from './object-keys.ts';
import { objectSources } from './object-sources.ts';
import { Recorder, type RecordingReport } from './recorder.ts';
import type { RecordingState } from './recording-state.ts';
import { RecordingStore } from './recording-store.ts';
import type { SpeechBlocks } from './stored-speech.ts';
import { Webhook } from './webhook.ts';
import { webhookSecret } from './webhook-secret.ts';

/** Names of the deadlines that a desk wants. */
export type DeskDeadline = 'recording' | 'webhook';

/** What a desk needs of its object. */
export interface DeskPorts {
  readonly conversation: string;
  readonly env: object;
  readonly storage: DurableObjectStorage;
  readonly meter: RowMeter;
  readonly journal: JournalSource;
  readonly speech: SpeechBlocks;
  /** Has the deadline's handler called at this time or soon after; Infinity for never. */
  readonly want: (name: DeskDeadline, atMs: number) => void;
  /** The clock, for what happens after something was waited for. */
  readonly now: () => number;
  readonly breathe?: (() => Promise<void>) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** Outcome of deleting a conversation. */
export type EraseOutcome =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'delayed' }
  | ({ readonly kind: 'erased' } & Erasure);

/** A bucket that would not delete is asked again after this long. */
const ERASE_AGAIN_MS = 30_000;

/** Lets other events run; on the deployed runtime also those of other objects. */
const breatheByTimer = (): Promise<void> => scheduler.wait(0);

export class RecordingDesk {
  readonly #ports: DeskPorts;
  readonly #recorder: Recorder;
  readonly #webhook: Webhook;
  #isErased: boolean;
  #isEndTold = false;

  constructor(ports: DeskPorts) {
    const { conversation, env, storage, meter, journal, speech, want } = ports;
    const breathe = ports.breathe ?? breatheByTimer;
    this.#ports = ports;
    this.#isErased = isErased(storage.kv);
    if (this.#isErased) want('recording', forgetAtMs(storage.kv) ?? ports.now());
    this.#recorder = new Recorder({
      conversation,
      bucket: recordingBucket(env),
      store: new RecordingStore(storage.kv, meter),
      sources: objectSources(storage.kv, { journal, speech, meter, breathe }),
      want: (atMs) => want('recording', atMs),
      breathe,
      settled: (state) => this.#settled(state),
    });
    const send = ports.fetch ?? ((url: string, init: RequestInit) => fetch(url, init));
    this.#webhook = new Webhook({
      conversation,
      kv: storage.kv,
      fetch: send,
      want: (atMs) => want('webhook', atMs),
    });
  }

  /** What the conversation was made from. To be called before anything else, also after a wake-up. */
  configure({ recording = null, webhook = null }: Creation, nowMs: number): void {
    if (this.#isErased) return;
    const secret = webhookSecret(this.#ports.env);
    this.#webhook.configure(
      webhook === null || secret === null ? null : { url: webhook.url, secret },
    );
    this.#recorder.configure(recording, nowMs);
  }

  /** Whether the journal and the speech are to be kept for a recording. */
  get isRecording(): boolean {
    return this.#recorder.isOn;
  }

  get report(): RecordingReport {
    return this.#recorder.report;
  }

  /** The conversation was deleted, and nothing of it is to begin again. */
  get isErased(): boolean {
    return this.#isErased;
  }

  /** Whether the storage is still needed when no token opens the conversation any more. */
  get isBusy(): boolean {
    return this.#recorder.isBusy || this.#webhook.pending > 0;
  }

  /** Whether the end of the call is known here. */
  get isEndTold(): boolean {
    return this.#isEndTold || this.#isErased;
  }

  /** The call is over, and everything of it is stored. Saying so again changes nothing. */
  conversationEnded(summary: Readonly<Record<string, unknown>>, nowMs: number): void {
    if (this.#isErased) return;
    this.#isEndTold = true;
    this.#recorder.conversationEnded(nowMs);
    this.#webhook.tell('conversation.ended', { ...summary, recording: this.report.phase }, nowMs);
  }

  /** Handlers of the deadlines. */
  async recordingDue(nowMs: number): Promise<void> {
    if (this.#isErased) await this.#eraseRest(nowMs);
    else await this.#recorder.alarm(nowMs);
  }

  webhookDue(nowMs: number): Promise<void> {
    return this.#webhook.alarm(nowMs);
  }

  /**
   * Deletes everything there is, in the bucket and in storage, and tells what was there and what is left. Never rejects:
   * what fails is tried again, and meanwhile the conversation counts as deleted.
   */
  async erase(nowMs: number): Promise<EraseOutcome> {
    const { conversation, storage, env, want } = this.#ports;
    if (!this.#isErased) markErased(storage.kv, null);
    this.#isErased = true;
    this.#webhook.configure(null);
    try {
      const objects = await this.#recorder.erase();
      const erasure = await eraseStorage(storage, objects, nowMs, async () => {
        const listed = await recordingBucket(env)?.list({ prefix: recordingPrefix(conversation) });
        return listed?.objects.map(({ key }) => key) ?? [];
      });
      want('recording', forgetAtMs(storage.kv) ?? Number.POSITIVE_INFINITY);
      return { kind: 'erased', ...erasure };
    } catch (fault) {
      logFault('erasure-failed', fault, { conversation });
      want('recording', this.#ports.now() + ERASE_AGAIN_MS);
      return { kind: 'delayed' };
    }
  }

  /** What could not be deleted is tried again, and the mark itself goes when no token is valid any more. */
  async #eraseRest(nowMs: number): Promise<void> {
    const { storage, want } = this.#ports;
    const atMs = forgetAtMs(storage.kv);
    if (atMs === null) await this.erase(nowMs);
    else if (nowMs < atMs) want('recording', atMs);
    else await storage.deleteAll();
  }

  #settled(state: RecordingState): void {
    if (state.phase !== 'assembled') return;
    const { made, deleteAtMs } = state;
    const files = made.map(({ name, bytes }) => ({ name, bytes }));
    const deleteAt = new Date(deleteAtMs).toISOString();
    this.#webhook.tell('recording.assembled', { files, deleteAt }, this.#ports.now());
  }
}
