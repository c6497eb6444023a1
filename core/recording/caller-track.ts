// Renders the caller's track out of the packets that were stored: what was said, bit for bit, and zeros for the rest.

import { decodeMulaw } from '../media/mulaw.ts';
import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { Resampler } from '../media/resampler.ts';
import { CallerStreams, positionOf } from './caller-streams.ts';
import { JournalReader, type JournalRow } from './journal-row.ts';
import type { RecordingPlan } from './survey.ts';

/** A conversation's journal as it is stored. */
export interface JournalSource {
  /** A row, or null when there is none of this number. */
  row(number: number): JournalRow | null;
}

/** Input samples before and after a stretch that a resampler is given: more than its filter is long. */
const FILTER_SAMPLES = 64;

/** Any stretch can be rendered at any time, and comes out the same however it is cut. */
export class CallerTrack {
  readonly #plan: RecordingPlan;
  readonly #journal: JournalSource;
  readonly #streams = new CallerStreams();

  constructor(plan: RecordingPlan, journal: JournalSource) {
    this.#plan = plan;
    this.#journal = journal;
    this.#streams.restore(plan.caller);
  }

  /** Fills `into` with samples [from, from + into.length) at this rate; streams of the same rate come bit for bit. */
  render(rateHz: number, from: number, into: Int16Array): void {
    into.fill(0);
    this.#place(rateHz, from, into);
    const others = new Set<number>(this.#streams.all.map(({ format }) => format.rateHz));
    others.delete(rateHz);
    for (const other of others) this.#addResampled(other, rateHz, from, into);
  }

  /** Adds the streams of another rate; no sample moves. */
  #addResampled(fromHz: number, toHz: number, from: number, into: Int16Array): void {
    // The input begins where a sample of it and one of the output meet.
    const step = meetingStep(fromHz, toHz);
    const ratio = fromHz / toHz;
    const first = Math.floor((from * ratio - FILTER_SAMPLES) / step) * step;
    const end = Math.ceil((from + into.length) * ratio) + FILTER_SAMPLES;
    const input = new Int16Array(end - first);
    this.#place(fromHz, first, input);
    const resampler = new Resampler(fromHz, toHz);
    const output = new Int16Array(resampler.outputLimit(input.length));
    resampler.convert(input, 0, input.length, output, 0);
    const skipped = from - Math.round(first / ratio);
    for (let index = 0; index < into.length; index++) into[index]! += output[skipped + index]!;
  }

  /** Puts the packets of the streams of this rate where they belong; positions are at that rate. */
  #place(rateHz: number, from: number, into: Int16Array): void {
    const { rows, rowSpans } = this.#plan;
    const ratio = ENGINE_RATE_HZ / rateHz;
    for (let row = 0; row < rows; row++) {
      const startsAfter = rowSpans[2 * row]! >= (from + into.length) * ratio;
      if (startsAfter || rowSpans[2 * row + 1]! <= from * ratio) continue;
      const stored = this.#journal.row(row);
      if (stored !== null) this.#placeRow(stored, rateHz, from, into);
    }
  }

  #placeRow(row: JournalRow, rateHz: number, from: number, into: Int16Array): void {
    const reader = new JournalReader(row);
    while (reader.next()) {
      const { format } = reader.stream;
      if (format.rateHz !== rateHz || format.codec === 'opus') continue;
      const stream = this.#streams.of(reader.stream);
      const position = positionOf(stream, reader.header.timestamp) / (ENGINE_RATE_HZ / rateHz);
      copyPayload(format.codec, reader.payload, into, Math.round(position) - from);
    }
  }
}

/** Copies the samples of a payload to `into[at …]`, as far as they fall inside. */
function copyPayload(codec: string, payload: Uint8Array, into: Int16Array, at: number): void {
  const isMulaw = codec === 'mulaw';
  const length = isMulaw ? payload.length : payload.length >> 1;
  const first = Math.max(0, -at);
  const end = Math.min(length, into.length - at);
  for (let index = first; index < end; index++) {
    into[at + index] = isMulaw
      ? decodeMulaw(payload[index]!)
      : payload[2 * index]! | (payload[2 * index + 1]! << 8);
  }
}

/** Samples at `fromHz` after which one lies on a sample at `toHz` again. */
function meetingStep(fromHz: number, toHz: number): number {
  let a = fromHz;
  let b = toHz;
  while (b > 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return fromHz / a;
}
