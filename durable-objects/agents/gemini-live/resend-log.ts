// What was sent, or is to be sent, and is not known to be part of the session that a handle stands for.

import * as v from 'valibot';
import { AGENT_RATE_HZ } from '../../../core/conversation/agent.ts';

/** Audio beyond this is forgotten from its beginning: a longest turn with its pre-roll. */
const AUDIO_SAMPLES_MAX = 61 * AGENT_RATE_HZ;

const ENTRY = v.variant('kind', [
  v.object({ kind: v.literal('audio'), samples: v.instance(Int16Array) }),
  v.object({ kind: v.literal('activity-start') }),
  v.object({ kind: v.literal('activity-end') }),
  v.object({ kind: v.literal('stream-end') }),
  /** The history of a session that was lost, for the one that takes its place. */
  v.object({
    kind: v.literal('history'),
    contents: v.array(v.object({ role: v.picklist(['user', 'model']), text: v.string() })),
  }),
  /** Words for the model; asked, they are to be answered. */
  v.object({ kind: v.literal('words'), text: v.string(), isAsking: v.boolean() }),
  v.object({
    kind: v.literal('tool-response'),
    id: v.string(),
    name: v.string(),
    output: v.union([v.object({ output: v.unknown() }), v.object({ error: v.string() })]),
  }),
]);
export type LogEntry = v.InferOutput<typeof ENTRY>;

/** What became of the newest thing that the model was asked. */
const ASKED = v.picklist(['nothing', 'open', 'begun', 'answered']);
export type Asked = v.InferOutput<typeof ASKED>;

export const RESEND_LOG_SNAPSHOT = v.object({
  entries: v.array(ENTRY),
  heldFrom: v.nullable(v.number()),
  asked: ASKED,
  lostSamples: v.number(),
});
export type ResendLogSnapshot = v.InferOutput<typeof RESEND_LOG_SNAPSHOT>;

/**
 * In the order of sending. Entries from the first one that is held on wait for `release`: what has consequences leaves
 * only when a checkpoint knows of it. A new connection is sent everything that is here.
 */
export class ResendLog {
  #entries: LogEntry[] = [];
  /** Entries before this one were sent on the present connection. */
  #sent = 0;
  /** The first entry that may not leave yet; null for none. */
  #heldFrom: number | null = null;
  /** Index that the service counts for the first entry; the setup has 0. */
  #firstIndex = 1;
  #audioSamples = 0;
  #lostSamples = 0;
  #asked: Asked = 'nothing';

  /** What became of the newest thing asked, among the entries that are here. */
  get asked(): Asked {
    return this.#asked;
  }

  /** Something that was asked has not been answered to its end. */
  get isAwaited(): boolean {
    return this.#asked === 'open' || this.#asked === 'begun';
  }

  /** Audio that had to be forgotten before it was known to be consumed. */
  get lostSamples(): number {
    return this.#lostSamples;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Entries that wait for `release`. */
  get isHolding(): boolean {
    return this.#heldFrom !== null;
  }

  /** Takes an entry; `isHeld` when it may leave only after `release`. */
  push(entry: LogEntry, isHeld: boolean): void {
    if (isHeld) this.#heldFrom ??= this.#entries.length;
    this.#entries.push(entry);
    if (asksFor(entry)) this.#asked = 'open';
    if (entry.kind !== 'audio') return;
    this.#audioSamples += entry.samples.length;
    while (this.#audioSamples > AUDIO_SAMPLES_MAX) this.#forgetOldestAudio();
  }

  release(): void {
    this.#heldFrom = null;
  }

  /** The next entry that may be sent and was not; null for none. It counts as sent. */
  take(): LogEntry | null {
    if (this.#sent >= (this.#heldFrom ?? this.#entries.length)) return null;
    return this.#entries[this.#sent++]!;
  }

  /** A new connection: everything is to be sent again, after what `before` says. */
  restart(before: LogEntry | null = null): void {
    const held = this.#heldFrom === null ? [] : this.#entries.slice(this.#heldFrom);
    const free = this.#entries
      .slice(0, this.#heldFrom ?? undefined)
      .filter((each) => !isHollow(each));
    if (before !== null) free.unshift(before);
    this.#entries = [...free, ...held];
    this.#heldFrom = this.#heldFrom === null ? null : free.length;
    this.#sent = 0;
    this.#firstIndex = 1;
  }

  /** Of this connection's messages, those up to this index are part of the handle's session. */
  consumed(index: number): void {
    this.#drop(Math.min(this.#sent, index - this.#firstIndex + 1));
  }

  /**
   * A handle has come without an index. Whether it can be used: between turns it stands for all that was sent. While the
   * caller speaks it stands for an unknown part of the turn; then it is taken only to be rid of turns that were answered,
   * and the open turn is kept whole.
   */
  settle(): boolean {
    const openAt = this.#entries.findLastIndex(({ kind }) => kind === 'activity-start');
    const isOpen = openAt > this.#entries.findLastIndex(({ kind }) => kind === 'activity-end');
    if (!isOpen && !this.isAwaited) {
      this.#drop(this.#sent);
      return true;
    }
    if (!isOpen || this.#asked !== 'answered') return false;
    this.#drop(Math.min(this.#sent, openAt));
    return true;
  }

  /** The model has begun to answer. Where it decides itself what was asked, that is the first that is known of it. */
  begun(): void {
    if (!this.isEmpty) this.#asked = 'begun';
  }

  /** The model's turn is over. */
  answered(): void {
    if (this.isAwaited) this.#asked = 'answered';
  }

  /** Nobody waits any more for what is here. */
  abandon(): void {
    this.#heldFrom = null;
    this.#drop(this.#entries.length);
    this.restart();
  }

  snapshot(): ResendLogSnapshot {
    return {
      entries: this.#entries.slice(),
      heldFrom: this.#heldFrom,
      asked: this.#asked,
      lostSamples: this.#lostSamples,
    };
  }

  restore(snapshot: ResendLogSnapshot): void {
    this.#entries = snapshot.entries;
    this.#heldFrom = snapshot.heldFrom;
    this.#asked = snapshot.asked;
    this.#lostSamples = snapshot.lostSamples;
    this.#audioSamples = this.#entries.reduce((sum, entry) => sum + samplesIn(entry), 0);
    this.restart();
  }

  #drop(count: number): void {
    if (count <= 0) return;
    for (const entry of this.#entries.splice(0, count)) this.#audioSamples -= samplesIn(entry);
    this.#sent -= count;
    this.#firstIndex += count;
    if (this.#heldFrom !== null) this.#heldFrom = Math.max(0, this.#heldFrom - count);
    if (this.isEmpty || (this.#asked === 'open' && !this.#entries.some(asksFor))) {
      this.#asked = 'nothing';
    }
  }

  /** What was sent leaves a hollow entry in its place, so that indices go on counting. */
  #forgetOldestAudio(): void {
    const at = this.#entries.findIndex((entry) => samplesIn(entry) > 0);
    const samples = samplesIn(this.#entries[at]!);
    this.#audioSamples -= samples;
    this.#lostSamples += samples;
    if (at < this.#sent) {
      this.#entries[at] = HOLLOW;
      return;
    }
    this.#entries.splice(at, 1);
    if (this.#heldFrom !== null && at < this.#heldFrom) this.#heldFrom--;
  }
}

const HOLLOW: LogEntry = { kind: 'audio', samples: new Int16Array(0) };

function isHollow(entry: LogEntry): boolean {
  return entry.kind === 'audio' && entry.samples.length === 0;
}

function asksFor(entry: LogEntry): boolean {
  return (
    entry.kind === 'activity-end' ||
    entry.kind === 'tool-response' ||
    (entry.kind === 'words' && entry.isAsking)
  );
}

function samplesIn(entry: LogEntry): number {
  return entry.kind === 'audio' ? entry.samples.length : 0;
}
