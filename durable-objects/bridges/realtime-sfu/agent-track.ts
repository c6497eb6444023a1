// The agent's track: what is said goes to the SFU shortly before it is played, because nothing there can be taken back.

import { generationDelta } from '../../../core/media/serial.ts';
import type { ListenerPosition, PlayerContents } from '../engine-client.ts';
import { TrackEncoder } from './track-encoder.ts';

/** Samples of the engine. */
const SAMPLES_PER_MS = 16;

/** The most that may lie at the SFU: what the caller hears at most after cutting in. */
const LEAD_SAMPLES = 160 * SAMPLES_PER_MS;

/** A track on which nothing comes for 30 s is removed: silence is sent well before. */
const KEEP_ALIVE_MS = 10_000;
const KEEP_ALIVE_FRAME_MS = 20;

/** A part of a generation, without a hole, on the line of all that was sent. */
interface Run {
  readonly generation: number;
  /** Its first content sample, and where on the line that lies. */
  readonly firstSample: number;
  readonly from: number;
}

/** What must outlive the memory. Positions on the line count samples (16 kHz) sent since the track began. */
export interface AgentTrackState {
  sent: number;
  /** Playback is at `anchor` at `anchorMs`, and goes on at real time to `sent`. */
  anchor: number;
  anchorMs: number;
  /** When something was last sent. */
  sentMs: number;
  runs: Run[];
  /** The packet before this one was the last that came. */
  nextSequence: number;
  /** The last frame sent ended its utterance. */
  hasEnded: boolean;
  underruns: number;
}

/** A frame on its way to the SFU. */
export interface AgentFrame {
  readonly generation: number;
  readonly firstSample: number;
  /** PCM at 16 kHz; none in a packet that only ends its utterance. */
  readonly samples: Int16Array;
  readonly isLast: boolean;
}

/** The state of a track on which nothing was sent. */
export function newAgentTrackState(): AgentTrackState {
  return {
    sent: 0,
    anchor: 0,
    anchorMs: Number.NEGATIVE_INFINITY,
    sentMs: Number.NEGATIVE_INFINITY,
    runs: [],
    nextSequence: 0,
    hasEnded: true,
    underruns: 0,
  };
}

/**
 * The SFU says nothing of what it plays, so the clock tells: it plays at real time from the first frame on. It knows no
 * clear either, so all that was sent is heard, and hardly more is sent than that.
 */
export class AgentTrack {
  readonly state: AgentTrackState;
  readonly #send: (payload: Uint8Array) => void;
  readonly #encoder = new TrackEncoder();
  /** Frames that are not due. */
  #waiting: AgentFrame[] = [];

  /** `send` takes PCM as the SFU wants it; the bytes are valid during the call only, and none end a segment. */
  constructor(state: AgentTrackState, send: (payload: Uint8Array) => void) {
    this.state = state;
    this.#send = send;
  }

  /** Takes a frame, whose samples are kept; it leaves when it is due. */
  take(frame: AgentFrame, sequence: number): void {
    this.#waiting.push(frame);
    this.state.nextSequence = (sequence + 1) >>> 0;
  }

  /** Sends what is due. */
  pump(nowMs: number): void {
    let count = 0;
    for (const frame of this.#waiting) {
      if (nowMs < this.#dueMs(frame)) break;
      this.#sendFrame(frame, nowMs);
      count++;
    }
    if (count > 0) this.#waiting.splice(0, count);
    if (count === 0 && nowMs >= this.#keepAliveMs) this.#keepAlive(nowMs);
  }

  /** Drops what was not sent. */
  clear(): void {
    this.#waiting = [];
    this.#endSegment();
  }

  /** Whether something of a lower generation is still to be sent. */
  waitsBelow(generation: number): boolean {
    const [first] = this.#waiting;
    return first !== undefined && generationDelta(first.generation, generation) < 0;
  }

  /** Where the listener is; null before the first frame. */
  position(nowMs: number): ListenerPosition | null {
    return this.#at(this.#playedAt(nowMs));
  }

  /** Where the listener will have been when all that was sent is played; null before the first frame. */
  get end(): ListenerPosition | null {
    return this.#at(this.state.sent);
  }

  /** When all that was sent is played. */
  get endMs(): number {
    const { sent, anchor, anchorMs } = this.state;
    return anchorMs + (sent - anchor) / SAMPLES_PER_MS;
  }

  /** What the SFU and this have, for an engine that asks; null when nothing was ever sent. */
  contents(nowMs: number): PlayerContents | null {
    const position = this.position(nowMs);
    if (position === null) return null;
    const { generation } = position;
    const waiting = this.#waiting.findLast((frame) => frame.generation === generation);
    const receivedSamples =
      waiting === undefined
        ? this.#sentOf(generation)
        : waiting.firstSample + waiting.samples.length;
    return { ...position, receivedSamples, nextSequence: this.state.nextSequence };
  }

  /** Content that is not played, here and at the SFU. */
  bufferedMs(nowMs: number): number {
    const waiting = this.#waiting.reduce((sum, { samples }) => sum + samples.length, 0);
    return (this.state.sent - this.#playedAt(nowMs) + waiting) / SAMPLES_PER_MS;
  }

  /** When `pump` has something to do. */
  get deadlineMs(): number {
    const [first] = this.#waiting;
    return Math.min(
      first === undefined ? Number.POSITIVE_INFINITY : this.#dueMs(first),
      this.#keepAliveMs,
    );
  }

  get #keepAliveMs(): number {
    return Math.max(this.state.sentMs, this.endMs) + KEEP_ALIVE_MS;
  }

  /** With it, the SFU has as much as it may have. */
  #dueMs({ samples }: AgentFrame): number {
    return this.endMs + (samples.length - LEAD_SAMPLES) / SAMPLES_PER_MS;
  }

  #sendFrame({ generation, firstSample, samples, isLast }: AgentFrame, nowMs: number): void {
    const { state } = this;
    if (samples.length > 0) {
      if (nowMs >= this.endMs) this.#begin(nowMs);
      const run = state.runs.at(-1);
      const isNext =
        run?.generation === generation && run.firstSample + state.sent - run.from === firstSample;
      if (!isNext) this.#beginRun({ generation, firstSample, from: state.sent }, nowMs);
      this.#send(this.#encoder.encode(samples));
      state.sent += samples.length;
      state.sentMs = nowMs;
      state.hasEnded = false;
    }
    if (isLast) this.#endSegment();
  }

  /** Nothing plays. */
  #begin(nowMs: number): void {
    const { state } = this;
    if (!state.hasEnded) state.underruns++;
    state.anchor = state.sent;
    state.anchorMs = nowMs;
  }

  /** What was played before the run that plays is over. */
  #beginRun(run: Run, nowMs: number): void {
    const { runs } = this.state;
    runs.push(run);
    const played = this.#playedAt(nowMs);
    const playing = runs.findLastIndex(({ from }) => from <= played);
    if (playing > 0) runs.splice(0, playing);
  }

  #endSegment(): void {
    if (this.state.hasEnded) return;
    this.#send(this.#encoder.flush());
    this.#send(NOTHING);
    this.state.hasEnded = true;
  }

  #keepAlive(nowMs: number): void {
    const { state } = this;
    this.#send(this.#encoder.silence(KEEP_ALIVE_FRAME_MS));
    state.sentMs = nowMs;
    state.anchor = state.sent;
    state.anchorMs = nowMs + KEEP_ALIVE_FRAME_MS;
  }

  #playedAt(nowMs: number): number {
    const { anchor, anchorMs, sent } = this.state;
    return Math.min(sent, anchor + Math.floor(Math.max(0, nowMs - anchorMs) * SAMPLES_PER_MS));
  }

  #at(position: number): ListenerPosition | null {
    const run = this.state.runs.findLast(({ from }) => from <= position);
    if (run === undefined) return null;
    return { generation: run.generation, playedSamples: run.firstSample + position - run.from };
  }

  /** Content samples that were sent of a generation. */
  #sentOf(generation: number): number {
    const { runs, sent } = this.state;
    const last = runs.findLastIndex((run) => run.generation === generation);
    if (last < 0) return 0;
    const { firstSample, from } = runs[last]!;
    return firstSample + (runs[last + 1]?.from ?? sent) - from;
  }
}

const NOTHING = new Uint8Array(0);
