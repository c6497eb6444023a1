// The caller's track as the SFU sends it: 48 kHz, two channels, packets of any size become frames of 20 ms at 16 kHz.

import { Resampler } from '../../../core/media/resampler.ts';
import type { SfuPacket } from './packet.ts';
import { newSequenceState, PacketOrder, type SequenceState } from './sequence.ts';

const TRACK_HZ = 48_000;
const ENGINE_HZ = 16_000;
/** Samples of the track for one of the engine. */
const RATIO = TRACK_HZ / ENGINE_HZ;

/** Bytes of a sample of both channels. */
const BYTES_PER_PAIR = 4;

/** Samples of an engine's frame of 20 ms, and its bytes. */
const FRAME_SAMPLES = 320;
export const FRAME_BYTES = 2 * FRAME_SAMPLES;

/** Samples that are converted at once; a longer packet takes several rounds. */
const BLOCK_SAMPLES = 960;

/** Nothing longer is made up for at once: twice the time in which the SFU re-dials. */
const LONGEST_ABSENCE_MS = 30_000;

/** By so much may timestamps tell of more time than has passed. */
const SLACK_MS = 2000;

/** What must outlive the memory. */
export interface CallerTrackState {
  readonly order: SequenceState;
  /** Of the last packet: its timestamp (null after a beginning) and its samples. */
  timestamp: number | null;
  samples: number;
  /** Timestamp units of a sample, once two packets have agreed about it; before, what the last said. */
  unitsPerSample: number | null;
  isUnitKnown: boolean;
}

/** Takes one frame; the `lost` frames before it never came, and before them the caller meant `silent` ones. The bytes are valid during the call only. */
export type FrameSink = (frame: Uint8Array, lost: number, silent: number, nowMs: number) => void;

/** The state of a track of which nothing has come. */
export function newCallerTrackState(): CallerTrackState {
  return {
    order: newSequenceState(),
    timestamp: null,
    samples: 0,
    unitsPerSample: null,
    isUnitKnown: false,
  };
}

/**
 * Media time is as long as the caller's: of what is lost, and of what the caller's browser did not send because it was
 * quiet, exactly so much is left out. Behind each hole the filter begins anew, which costs the 1.2 ms that it had kept.
 */
export class CallerTrack {
  readonly state: CallerTrackState;
  readonly #sink: FrameSink;
  readonly #order: PacketOrder;
  readonly #resampler = new Resampler(TRACK_HZ, ENGINE_HZ);
  readonly #mono = new Int16Array(BLOCK_SAMPLES);
  readonly #converted: Int16Array;
  readonly #frame = new Int16Array(FRAME_SAMPLES);
  readonly #frameBytes = new Uint8Array(this.#frame.buffer);
  #filled = 0;
  /** Zeros that stand for what the filter keeps back. */
  #padding = 0;
  /** Frames missing before the one that is being filled. */
  #lost = 0;
  #silent = 0;

  constructor(state: CallerTrackState, sink: FrameSink) {
    this.state = state;
    this.#sink = sink;
    this.#converted = new Int16Array(this.#resampler.outputLimit(BLOCK_SAMPLES));
    this.#order = new PacketOrder(state.order, {
      packet: (packet, lost, nowMs) => this.#play(packet, lost, nowMs),
      restarted: (silentMs) => this.#restarted(silentMs),
    });
    this.#beginSegment();
  }

  /** The next packet comes over another socket. */
  redialled(nowMs: number): void {
    this.#order.redialled(nowMs);
  }

  take(packet: SfuPacket, nowMs: number): void {
    this.#order.take(packet, nowMs);
  }

  /** Gives up what was waited for too long. */
  settle(nowMs: number): void {
    this.#order.settle(nowMs);
  }

  /** When `settle` has something to do; Infinity for never. */
  get deadlineMs(): number {
    return this.#order.deadlineMs;
  }

  #play(packet: SfuPacket, lost: number, nowMs: number): void {
    const samples = packet.payload.length / BYTES_PER_PAIR;
    const elapsedMs = nowMs - this.state.order.lastMs;
    const jumped = this.#follow(packet.timestamp, samples, lost, elapsedMs);
    if (lost > 0) this.#skip(jumped ?? lost * this.state.samples, 'lost', nowMs);
    else if (jumped !== null && jumped >= FRAME_SAMPLES * RATIO)
      this.#skip(jumped, 'silent', nowMs);
    this.state.samples = samples;
    this.state.timestamp = packet.timestamp;
    this.#convert(packet.payload, nowMs);
  }

  /** Samples between the last packet and this one, by their timestamps; null where those do not tell. */
  #follow(timestamp: number, samples: number, lost: number, elapsedMs: number): number | null {
    const { state } = this;
    if (state.timestamp === null || state.samples === 0) return null;
    const units = (timestamp - state.timestamp) >>> 0;
    if (!state.isUnitKnown) {
      if (lost === 0) this.#learn(units / state.samples);
      return null;
    }
    const jumped = Math.round(units / state.unitsPerSample!) - state.samples;
    const most = ((elapsedMs + SLACK_MS) * TRACK_HZ) / 1000 + samples;
    return jumped >= 0 && jumped <= most ? jumped : null;
  }

  /** The unit is what two packets in a row agree about. */
  #learn(unitsPerSample: number): void {
    const { state } = this;
    state.isUnitKnown = unitsPerSample > 0 && unitsPerSample === state.unitsPerSample;
    state.unitsPerSample = unitsPerSample;
  }

  /** Numbers have begun anew: only the clock tells how long nothing came. */
  #restarted(silentMs: number): void {
    this.state.timestamp = null;
    const frames = Math.floor(Math.min(silentMs, LONGEST_ABSENCE_MS) / 20);
    // Less than two frames is what a network does.
    if (frames < 2) return;
    this.#lost += frames;
    this.#beginSegment();
  }

  /** So many samples of the track are not there. Where a frame is begun it is filled up with zeros. */
  #skip(trackSamples: number, kind: 'lost' | 'silent', nowMs: number): void {
    const most = (LONGEST_ABSENCE_MS * TRACK_HZ) / 1000;
    let samples = Math.round(Math.min(trackSamples, most) / RATIO);
    if (this.#filled > 0) {
      const fill = Math.min(samples, FRAME_SAMPLES - this.#filled);
      this.#frame.fill(0, this.#filled, this.#filled + fill);
      samples -= fill;
      this.#fill(fill, nowMs);
    }
    const frames = Math.floor(samples / FRAME_SAMPLES);
    if (kind === 'lost') this.#lost += frames;
    else this.#silent += frames;
    const rest = samples - frames * FRAME_SAMPLES;
    this.#frame.fill(0, this.#filled, this.#filled + rest);
    this.#fill(rest, nowMs);
    this.#beginSegment();
  }

  /** What the filter keeps back is made up for with zeros ahead, so that whole packets make whole frames at once. */
  #beginSegment(): void {
    this.#resampler.reset();
    this.#padding = Math.floor(this.#resampler.delaySamples / RATIO);
  }

  #convert(payload: Uint8Array, nowMs: number): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    this.#emit(this.#padding, null, nowMs);
    this.#padding = 0;
    for (let offset = 0; offset < payload.length; offset += BLOCK_SAMPLES * BYTES_PER_PAIR) {
      const block = Math.min(BLOCK_SAMPLES, (payload.length - offset) / BYTES_PER_PAIR);
      for (let n = 0; n < block; n++) {
        const at = offset + n * BYTES_PER_PAIR;
        this.#mono[n] = (view.getInt16(at, true) + view.getInt16(at + 2, true)) >> 1;
      }
      const count = this.#resampler.convert(this.#mono, 0, block, this.#converted, 0);
      this.#emit(count, this.#converted, nowMs);
    }
  }

  /** Adds samples, or zeros, to the frame. */
  #emit(count: number, samples: Int16Array | null, nowMs: number): void {
    for (let taken = 0; taken < count; ) {
      const part = Math.min(count - taken, FRAME_SAMPLES - this.#filled);
      if (samples === null) this.#frame.fill(0, this.#filled, this.#filled + part);
      else this.#frame.set(samples.subarray(taken, taken + part), this.#filled);
      taken += part;
      this.#fill(part, nowMs);
    }
  }

  #fill(samples: number, nowMs: number): void {
    this.#filled += samples;
    if (this.#filled < FRAME_SAMPLES) return;
    const lost = this.#lost;
    const silent = this.#silent;
    this.#filled = 0;
    this.#lost = 0;
    this.#silent = 0;
    this.#sink(this.#frameBytes, lost, silent, nowMs);
  }
}
