// What Twilio sends of the caller, by its own timestamps, as whole frames for the engine: what is missing is left out by the frame.

import { MULAW_SILENCE } from '../../../core/media/mulaw.ts';

/** 8 kHz. */
const SAMPLES_PER_MS = 8;

/** Samples, and bytes, of a frame of 20 ms. */
export const FRAME_SAMPLES = 160;

/** Timestamps are off by this much without anything being lost: two frames. */
const TOLERANCE_SAMPLES = 2 * FRAME_SAMPLES;

/** The most that is made up for at once: 2 s. What Twilio does not send for longer than that was no loss on the way. */
const MOST_LOST_FRAMES = 100;

/** What must outlive the memory. */
export interface CallerAudioState {
  /** Twilio's time, in samples, at which the next payload is expected; null before the first. */
  expected: number | null;
  /** Frames that were found missing so far. */
  lostFrames: number;
}

/** Takes one frame, before which `lostFrames` are missing. The bytes are valid during the call only. */
export type FrameSink = (frame: Uint8Array, lostFrames: number) => void;

/** Payloads of any size go in. Media time only moves forward. */
export class CallerAudio {
  readonly state: CallerAudioState;
  /** A frame that is not full yet. */
  readonly #frame = new Uint8Array(FRAME_SAMPLES);
  #filled = 0;
  /** Frames missing before the one that is being filled. */
  #missing = 0;

  constructor(state: CallerAudioState) {
    this.state = state;
  }

  /** Takes one payload with its timestamp, in milliseconds since the stream began. */
  take(timestampMs: number, payload: Uint8Array, sink: FrameSink): void {
    this.#follow(timestampMs * SAMPLES_PER_MS, sink);
    this.state.expected! += payload.length;
    for (let offset = 0; offset < payload.length; ) {
      const taken = Math.min(FRAME_SAMPLES - this.#filled, payload.length - offset);
      this.#frame.set(payload.subarray(offset, offset + taken), this.#filled);
      this.#filled += taken;
      offset += taken;
      if (this.#filled === FRAME_SAMPLES) this.#emit(sink);
    }
  }

  /** Finds out what is missing before a payload. A timestamp that goes back is where counting goes on. */
  #follow(arrived: number, sink: FrameSink): void {
    this.state.expected ??= arrived;
    if (Math.abs(arrived - this.state.expected) <= TOLERANCE_SAMPLES) return;
    if (arrived > this.state.expected) this.#fill(sink);
    const missing = Math.max(0, Math.floor((arrived - this.state.expected) / FRAME_SAMPLES));
    const lost = Math.min(missing, MOST_LOST_FRAMES);
    // What is less than a frame stays a difference, which is made up for with the next loss.
    this.state.expected =
      lost > 0 && lost === missing ? this.state.expected + lost * FRAME_SAMPLES : arrived;
    this.state.lostFrames += lost;
    this.#missing += lost;
  }

  /** The loss begins within a frame: silence makes it whole. */
  #fill(sink: FrameSink): void {
    if (this.#filled === 0) return;
    this.state.expected! += FRAME_SAMPLES - this.#filled;
    this.#frame.fill(MULAW_SILENCE, this.#filled);
    this.#emit(sink);
  }

  #emit(sink: FrameSink): void {
    const missing = this.#missing;
    this.#filled = 0;
    this.#missing = 0;
    sink(this.#frame, missing);
  }
}
