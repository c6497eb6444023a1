// The SFU's adapter that plays what it is sent, in virtual time, at 48 kHz and never faster; it objects to what no document allows.
// Source: https://developers.cloudflare.com/realtime/sfu/features/media-transport-adapters/websocket-adapter/

import { readWirePacket } from './wire-packet.ts';

const SAMPLES_PER_MS = 48;

/** A track on which nothing comes is removed. */
const TRACK_TIMEOUT_MS = 30_000;

export interface FakeIngestOptions {
  /** Whether `heard` is kept; a long call has millions of samples. */
  readonly keepsHeard?: boolean | undefined;
  /** At this time after it was opened the connection breaks. */
  readonly dieAtMs?: number | undefined;
}

interface Queued {
  readonly mono: Int16Array;
  /** Silence between segments only keeps the track alive. */
  readonly isContent: boolean;
  offset: number;
}

/** Times are milliseconds of any origin, the same in every call. */
export class FakeIngest {
  /** What the other side did that the documents do not allow. */
  readonly violations: string[] = [];
  /** What the caller's ear got, at 48 kHz from the opening on: zeros where nothing was there. */
  readonly heard: number[] = [];
  /** Samples of segments: those that were played, and what each segment has in all. */
  playedSamples = 0;
  readonly segments: number[] = [];
  mostBufferedSamples = 0;
  /** The buffer ran dry within a segment. */
  underruns = 0;
  isOver = false;
  readonly startMs: number;
  readonly #options: FakeIngestOptions;
  readonly #cut: () => void;
  readonly #queue: Queued[] = [];
  #bufferedSamples = 0;
  #earSamples = 0;
  #isInSegment = false;
  #isDry = false;
  #mediaMs: number;

  /** `cut` breaks the connection. */
  constructor(options: FakeIngestOptions, cut: () => void, nowMs: number) {
    this.#options = options;
    this.#cut = cut;
    this.startMs = nowMs;
    this.#mediaMs = nowMs;
  }

  /** A message to the SFU. */
  receive(data: string | Uint8Array, nowMs: number): void {
    if (this.isOver) return;
    this.play(nowMs);
    const packet = typeof data === 'string' ? 'A message is text.' : readWirePacket(data);
    if (typeof packet === 'string') this.violations.push(packet);
    else if (packet.payload.length === 0) this.#isInSegment = false;
    else this.#queuePayload(packet.payload, nowMs);
  }

  closed(nowMs: number): void {
    this.play(nowMs);
    this.isOver = true;
  }

  /** When `tick` wants to be called. */
  get nextDeadlineMs(): number {
    if (this.isOver) return Number.POSITIVE_INFINITY;
    const { dieAtMs = Number.POSITIVE_INFINITY } = this.#options;
    return Math.min(this.#mediaMs + TRACK_TIMEOUT_MS, this.startMs + dieAtMs);
  }

  tick(nowMs: number): void {
    if (nowMs < this.nextDeadlineMs) return;
    if (nowMs >= this.#mediaMs + TRACK_TIMEOUT_MS)
      this.violations.push('Nothing came for 30 s: the track is removed.');
    this.closed(nowMs);
    this.#cut();
  }

  /** Brings the caller's ear up to this time. */
  play(nowMs: number): void {
    const until = Math.floor((nowMs - this.startMs) * SAMPLES_PER_MS);
    while (this.#earSamples < until) {
      const head = this.#queue[0];
      if (head === undefined) this.#hearNothing(until);
      else this.#playSome(head, Math.min(until - this.#earSamples, head.mono.length - head.offset));
    }
  }

  #queuePayload(payload: Uint8Array, nowMs: number): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const mono = new Int16Array(payload.length >> 2);
    let isSilent = true;
    let isMono = true;
    for (let n = 0; n < mono.length; n++) {
      mono[n] = view.getInt16(n * 4, true);
      isSilent &&= mono[n] === 0;
      isMono &&= view.getInt16(n * 4 + 2, true) === mono[n];
    }
    if (!isMono) this.violations.push('The channels differ.');
    const isContent = this.#isInSegment || !isSilent;
    if (isContent && !this.#isInSegment) this.segments.push(0);
    if (isContent) this.segments[this.segments.length - 1]! += mono.length;
    this.#isInSegment = isContent;
    this.#isDry = false;
    this.#queue.push({ mono, isContent, offset: 0 });
    this.#bufferedSamples += mono.length;
    this.mostBufferedSamples = Math.max(this.mostBufferedSamples, this.#bufferedSamples);
    this.#mediaMs = nowMs;
  }

  #hearNothing(until: number): void {
    if (this.#isInSegment && !this.#isDry) this.underruns++;
    this.#isDry = true;
    if (this.#options.keepsHeard !== false)
      for (let n = this.#earSamples; n < until; n++) this.heard.push(0);
    this.#earSamples = until;
  }

  #playSome(head: Queued, count: number): void {
    if (this.#options.keepsHeard !== false) {
      for (let n = 0; n < count; n++) this.heard.push(head.mono[head.offset + n]!);
    }
    head.offset += count;
    this.#earSamples += count;
    this.#bufferedSamples -= count;
    if (head.isContent) this.playedSamples += count;
    if (head.offset === head.mono.length) this.#queue.shift();
  }
}
