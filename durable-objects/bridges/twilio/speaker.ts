// What lies in Twilio's buffer and how far it was played, from the marks that come back.

import { generationDelta } from '../../../core/media/serial.ts';
import type { ListenerPosition, PlayerContents } from '../engine-client.ts';
import { clearMessage, markMessage, mediaMessage } from './messages.ts';

/** 8 kHz, one byte each. */
const SAMPLES_PER_MS = 8;

/** The most that may lie in Twilio's buffer: 600 ms. */
const MOST_BUFFERED_SAMPLES = 600 * SAMPLES_PER_MS;

/** A mark follows every so many samples of a generation: 100 ms. */
const MARK_SAMPLES = 100 * SAMPLES_PER_MS;

/** A round trip longer than this was something else. */
const LONGEST_ROUND_TRIP_MS = 2000;

/** A part of a generation, without a hole, on the line of all that was sent. */
interface Run {
  readonly generation: number;
  /** Its first content sample, and where on the line that lies. */
  readonly firstSample: number;
  readonly from: number;
}

/** What must outlive the memory. Positions on the line count samples sent since the stream began. */
export interface SpeakerState {
  sent: number;
  /** No more than what lies after this can be in Twilio's buffer. */
  confirmed: number;
  /** Playback was, or by the estimate is, at `anchor` when a mark there would come back at `anchorMs`. */
  anchor: number;
  anchorMs: number;
  /** Marks that have not come back, in order. */
  marks: number[];
  /** The mark that measures the way: nothing lay before it. */
  probe: { readonly at: number; readonly sentMs: number } | null;
  roundTripMs: number | null;
  runs: Run[];
  /** Generations up to this one were cleared; null before the first clear. */
  cleared: number | null;
  /** The packet before this one was the last that came. */
  nextSequence: number;
  /** The last frame sent ended its utterance. */
  hasEnded: boolean;
  underruns: number;
}

/** A frame on its way to Twilio. */
interface Frame {
  readonly generation: number;
  readonly firstSample: number;
  readonly samples: number;
  /** base64; '' for a packet that only ends its utterance. */
  readonly payload: string;
  readonly isLast: boolean;
}

/** The state of a stream to which nothing was sent. */
export function newSpeakerState(): SpeakerState {
  return {
    sent: 0,
    confirmed: 0,
    anchor: 0,
    anchorMs: 0,
    marks: [],
    probe: null,
    roundTripMs: null,
    runs: [],
    cleared: null,
    nextSequence: 0,
    hasEnded: true,
    underruns: 0,
  };
}

/**
 * A mark's name is `generation:sample:position`, so that one from before a clear is known by its generation. What comes
 * back does so a round trip after it was true; the clear gets there in the meantime, so what will have been played by
 * then is what an echo would show a round trip from now.
 */
export class Speaker {
  readonly state: SpeakerState;
  readonly #send: (text: string) => void;
  /** Frames that Twilio has no room for. */
  #waiting: Frame[] = [];

  constructor(state: SpeakerState, send: (text: string) => void) {
    this.state = state;
    this.#send = send;
  }

  /** Takes a frame; it leaves at the next `pump`. */
  take(frame: Frame, sequence: number): void {
    this.#waiting.push(frame);
    this.state.nextSequence = (sequence + 1) >>> 0;
  }

  /** Sends what Twilio has room for. */
  pump(streamSid: string, nowMs: number): void {
    let count = 0;
    for (const frame of this.#waiting) {
      if (!this.#fits(frame)) break;
      this.#sendFrame(frame, streamSid, nowMs);
      count++;
    }
    if (count > 0) this.#waiting.splice(0, count);
  }

  /** A mark has come back. False when it is none of ours, or from before a clear. */
  marked(name: string, nowMs: number): boolean {
    const { state } = this;
    const mark = /^(\d{1,5}):(\d{1,12}):(\d{1,12})$/.exec(name);
    if (mark === null || this.#isCleared(Number(mark[1]))) return false;
    const at = Number(mark[3]);
    if (at > state.sent || at < state.confirmed) return false;
    state.confirmed = at;
    state.anchor = at;
    state.anchorMs = nowMs;
    state.marks = state.marks.filter((each) => each > at);
    if (state.probe !== null && state.probe.at <= at) {
      const roundTripMs = nowMs - state.probe.sentMs;
      if (state.probe.at === at && roundTripMs <= LONGEST_ROUND_TRIP_MS)
        state.roundTripMs = roundTripMs;
      state.probe = null;
    }
    this.#forgetRuns();
    return true;
  }

  /** Drops everything at once, sent or not; `position` tells afterwards what will have been played. */
  clear(streamSid: string, generation: number): void {
    this.#send(clearMessage(streamSid));
    this.#waiting = [];
    this.state.cleared = generation;
  }

  /** Whether something of a lower generation is still to be played. */
  hasBelow(generation: number): boolean {
    const isBelow = (other: number | undefined): boolean =>
      other !== undefined && generationDelta(other, generation) < 0;
    return (
      (!this.isDry && isBelow(this.state.runs[0]?.generation)) ||
      isBelow(this.#waiting[0]?.generation)
    );
  }

  /** The clear that was just sent gets there: what is played by then, and from now on nothing is buffered. */
  settleClear(nowMs: number): ListenerPosition | null {
    const { state } = this;
    const position = this.#at(this.#playedAfter(this.#roundTripMs, nowMs));
    state.confirmed = state.sent;
    state.anchor = state.sent;
    state.anchorMs = nowMs + this.#roundTripMs;
    state.marks = [];
    state.probe = null;
    state.hasEnded = true;
    return position;
  }

  /** Where the listener is, as far as echoes can tell at this time; null before the first frame. */
  position(nowMs: number): ListenerPosition | null {
    return this.#at(this.#playedAfter(0, nowMs));
  }

  /** What Twilio and this have, for an engine that asks; null when nothing was ever sent. */
  contents(nowMs: number): PlayerContents | null {
    const position = this.position(nowMs);
    if (position === null) return null;
    const { generation } = position;
    const waiting = this.#waiting.findLast((frame) => frame.generation === generation);
    const receivedSamples =
      waiting === undefined ? this.#sentOf(generation) : waiting.firstSample + waiting.samples;
    return { ...position, receivedSamples, nextSequence: this.state.nextSequence };
  }

  /** Content that is not played, here and at Twilio. */
  bufferedMs(nowMs: number): number {
    const waiting = this.#waiting.reduce((sum, { samples }) => sum + samples, 0);
    return (this.state.sent - this.#playedAfter(0, nowMs) + waiting) / SAMPLES_PER_MS;
  }

  /** Everything that was sent is known to be played. */
  get isDry(): boolean {
    return this.state.confirmed === this.state.sent;
  }

  get #roundTripMs(): number {
    return this.state.roundTripMs ?? 0;
  }

  #fits({ samples }: Frame): boolean {
    return this.state.sent + samples - this.state.confirmed <= MOST_BUFFERED_SAMPLES;
  }

  #sendFrame(frame: Frame, streamSid: string, nowMs: number): void {
    const { state } = this;
    const { generation, firstSample, samples, payload, isLast } = frame;
    if (samples > 0) {
      if (this.#playedAfter(this.#roundTripMs, nowMs) === state.sent)
        this.#begin(frame, streamSid, nowMs);
      const run = state.runs.at(-1);
      const isNext =
        run?.generation === generation && run.firstSample + state.sent - run.from === firstSample;
      if (!isNext) state.runs.push({ generation, firstSample, from: state.sent });
      this.#send(mediaMessage(streamSid, payload));
      state.sent += samples;
      state.hasEnded = false;
    }
    if (isLast || (firstSample + samples) % MARK_SAMPLES === 0)
      this.#mark(generation, firstSample + samples, streamSid);
    if (isLast) state.hasEnded = true;
  }

  /** Nothing plays, by the estimate: a mark ahead of the frame tells when it begins, and how long the way is. */
  #begin({ generation, firstSample }: Frame, streamSid: string, nowMs: number): void {
    const { state } = this;
    if (!state.hasEnded) state.underruns++;
    state.anchor = state.sent;
    state.anchorMs = nowMs + this.#roundTripMs;
    state.probe = this.isDry ? { at: state.sent, sentMs: nowMs } : null;
    this.#mark(generation, firstSample, streamSid);
  }

  #mark(generation: number, sample: number, streamSid: string): void {
    this.state.marks.push(this.state.sent);
    this.#send(markMessage(streamSid, `${generation}:${sample}:${this.state.sent}`));
  }

  #isCleared(generation: number): boolean {
    const { cleared } = this.state;
    return cleared !== null && generationDelta(generation, cleared) <= 0;
  }

  /** Position on the line that an echo would show in `aheadMs`; no further than the next mark could be by then. */
  #playedAfter(aheadMs: number, nowMs: number): number {
    const { anchor, anchorMs, marks, sent } = this.state;
    const played = anchor + Math.max(0, nowMs + aheadMs - anchorMs) * SAMPLES_PER_MS;
    const bound = (marks.find((mark) => mark > anchor) ?? sent) + aheadMs * SAMPLES_PER_MS;
    return Math.min(sent, bound, Math.floor(played));
  }

  #at(position: number): ListenerPosition | null {
    const run = this.state.runs.findLast(({ from }) => from <= position) ?? this.state.runs[0];
    if (run === undefined) return null;
    const playedSamples = run.firstSample + Math.max(0, position - run.from);
    return { generation: run.generation, playedSamples };
  }

  /** Content samples that were sent of a generation. */
  #sentOf(generation: number): number {
    const { runs, sent } = this.state;
    const last = runs.findLastIndex((run) => run.generation === generation);
    if (last < 0) return 0;
    const { firstSample, from } = runs[last]!;
    return firstSample + (runs[last + 1]?.from ?? sent) - from;
  }

  /** The runs before the one that plays are over. */
  #forgetRuns(): void {
    const { runs, confirmed } = this.state;
    const playing = runs.findLastIndex(({ from }) => from <= confirmed);
    if (playing > 0) runs.splice(0, playing);
  }
}
