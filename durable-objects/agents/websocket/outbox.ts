// What a backend is told, held until it has been acknowledged: each message and each sample once, over any number of connections.

import * as v from 'valibot';
import {
  audioMessage,
  type Notice,
  type NumberedMessage,
  type Progress,
} from './backend-message.ts';

/** Audio that is held at most: 10 s. What is older is dropped, and a notice tells how much. */
const MOST_AUDIO_SAMPLES = 160_000;

/** Messages that are held at most. */
const MOST_MESSAGES = 256;

const position = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const ENTRY = v.variant('kind', [
  v.object({ kind: v.literal('message'), number: position, text: v.string() }),
  v.object({ kind: v.literal('notice'), text: v.string() }),
  v.object({
    kind: v.literal('audio'),
    fromSample: position,
    samples: v.custom<Int16Array>((value) => value instanceof Int16Array),
  }),
]);
type Entry = v.InferOutput<typeof ENTRY>;

/** Audio that was dropped unsent. */
const DROPPED = v.object({ fromSample: position, toSample: position });

export const OUTBOX_SNAPSHOT = v.object({
  entries: v.array(ENTRY),
  nextNumber: position,
  dropped: v.nullable(DROPPED),
});
export type OutboxSnapshot = v.InferOutput<typeof OUTBOX_SNAPSHOT>;

/** One line for everything, in its order. A message leaves when it is stored; audio at once, unless a message is before it. */
export class Outbox {
  #entries: Entry[] = [];
  #nextNumber = 1;
  /** Entries from the oldest on that were sent over this connection, and since when a message waits among them. */
  #sent = 0;
  #waitsSinceMs = Number.POSITIVE_INFINITY;
  /** Messages up to this number are stored. */
  #storedNumber = 0;
  /** The backend has audio up to here, also where this memory has forgotten that it was sent. */
  #audioTo = 0;
  #dropped: v.InferOutput<typeof DROPPED> | null = null;
  #audioSamples = 0;
  #messages = 0;

  message(message: NumberedMessage): void {
    const number = this.#nextNumber++;
    this.#add({ kind: 'message', number, text: JSON.stringify({ ...message, number }) });
  }

  notice(notice: Notice): void {
    this.#add({ kind: 'notice', text: JSON.stringify(notice) });
  }

  /** The array may be reused at once. */
  audio(fromSample: number, samples: Int16Array): void {
    const known = Math.min(samples.length, Math.max(0, this.#audioTo - fromSample));
    if (known === samples.length) return;
    const fresh = samples.slice(known);
    this.#add({ kind: 'audio', fromSample: fromSample + known, samples: fresh });
  }

  /** All that was given so far is stored, and may be sent. */
  stored(): void {
    this.#storedNumber = this.#nextNumber - 1;
  }

  /** Sends what may leave. */
  flush(send: (data: string | Uint8Array) => void, nowMs: number): void {
    if (this.#dropped !== null) send(noticeOf(this.#dropped));
    this.#dropped = null;
    for (
      let entry = this.#entries[this.#sent];
      entry !== undefined;
      entry = this.#entries[this.#sent]
    ) {
      if (entry.kind === 'message' && entry.number > this.#storedNumber) return;
      this.#sent++;
      if (entry.kind === 'message') this.#waitsSinceMs = Math.min(this.#waitsSinceMs, nowMs);
      send(entry.kind === 'audio' ? audioMessage(entry.fromSample, entry.samples) : entry.text);
    }
  }

  /** Since when no message has been acknowledged though one was sent; Infinity when none waits. */
  get waitsSinceMs(): number {
    return this.#waitsSinceMs;
  }

  /** So much audio was sent and not acknowledged that more cannot be held. */
  get isFull(): boolean {
    const isAllSent = this.#sent === this.#entries.length;
    return isAllSent && this.#audioSamples >= MOST_AUDIO_SAMPLES;
  }

  /** The backend has dealt with this. Entries before a message that was dealt with were, too. */
  acknowledge({ after = 0, audioTo = 0 }: Progress, nowMs: number): void {
    this.#audioTo = Math.max(this.#audioTo, audioTo);
    const upTo = this.#entries.findLastIndex(
      (entry) => entry.kind === 'message' && entry.number <= after,
    );
    this.#keep((entry, index) => index > upTo && !isCovered(entry, audioTo));
    if (upTo < 0) return;
    const isWaiting = this.#entries.some(
      ({ kind }, index) => kind === 'message' && index < this.#sent,
    );
    this.#waitsSinceMs = isWaiting ? nowMs : Number.POSITIVE_INFINITY;
  }

  /** The connection is gone: what is held is sent again over the next. */
  unsend(): void {
    this.#sent = 0;
    this.#waitsSinceMs = Number.POSITIVE_INFINITY;
  }

  snapshot(): OutboxSnapshot {
    return {
      entries: [...this.#entries],
      nextNumber: this.#nextNumber,
      dropped: this.#dropped,
    };
  }

  restore({ entries, nextNumber, dropped }: OutboxSnapshot): void {
    this.#entries = [];
    for (const entry of entries) this.#add(entry);
    this.#nextNumber = nextNumber;
    this.#dropped = dropped;
    this.stored();
    this.unsend();
  }

  #add(entry: Entry): void {
    this.#entries.push(entry);
    if (entry.kind === 'audio') this.#audioSamples += entry.samples.length;
    else this.#messages++;
    if (this.#audioSamples > MOST_AUDIO_SAMPLES) this.#dropAudio();
    if (this.#messages > MOST_MESSAGES) this.#dropMessage();
  }

  #dropAudio(): void {
    const index = this.#entries.findIndex(({ kind }) => kind === 'audio');
    const entry = this.#entries[index];
    if (entry?.kind !== 'audio') return;
    const { fromSample, samples } = entry;
    const toSample = fromSample + samples.length;
    if (index >= this.#sent) {
      this.#dropped = { fromSample: this.#dropped?.fromSample ?? fromSample, toSample };
    }
    this.#keep((each) => each !== entry);
  }

  #dropMessage(): void {
    const index = this.#entries.findIndex(({ kind }) => kind !== 'audio');
    this.#keep((_entry, at) => at !== index);
  }

  #keep(isKept: (entry: Entry, index: number) => boolean): void {
    let sent = 0;
    let audioSamples = 0;
    let messages = 0;
    this.#entries = this.#entries.filter((entry, index) => {
      if (!isKept(entry, index)) return false;
      if (index < this.#sent) sent++;
      if (entry.kind === 'audio') audioSamples += entry.samples.length;
      else messages++;
      return true;
    });
    this.#sent = sent;
    this.#audioSamples = audioSamples;
    this.#messages = messages;
  }
}

function isCovered(entry: Entry, audioTo: number): boolean {
  return entry.kind === 'audio' && entry.fromSample + entry.samples.length <= audioTo;
}

function noticeOf({ fromSample, toSample }: v.InferOutput<typeof DROPPED>): string {
  const lengthSamples = toSample - fromSample;
  const notice: Notice = { type: 'gap', kind: 'dropped', fromSample, lengthSamples };
  return JSON.stringify(notice);
}
