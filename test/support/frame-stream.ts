// A jitter buffer with a sender in front of it: frames by number, what leaves as short words.

import {
  type InsertOutcome,
  JitterBuffer,
  type JitterBufferOptions,
  PulledItem,
} from '../../core/jitter/jitter-buffer.ts';

export const FRAME_SAMPLES = 320;
export const FRAME_BYTES = 8;
export const CAPACITY_FRAMES = 16;
export const REORDER_WAIT_MS = 60;

/** What left: 'frame 3@960' (payload number, position), 'silence 320@960' or 'gap 320@960' (span, position). */
export type Left = string;

export interface SentFrame {
  readonly number: number;
  /** Position, when it differs from number × FRAME_SAMPLES. */
  readonly position?: number;
  readonly discontinuity?: boolean;
  readonly nowMs?: number;
}

/** Sends frames whose payload says their number; the first sequence number and timestamp are free. */
export class FrameStream {
  buffer: JitterBuffer;
  readonly left: Left[] = [];
  readonly #options: JitterBufferOptions;
  readonly #item = new PulledItem();
  readonly #firstSequence: number;
  readonly #firstTimestamp: number;

  constructor(reliable: boolean, firstSequence = 0, firstTimestamp = 0) {
    this.#options = {
      reliable,
      frameSamples: FRAME_SAMPLES,
      frameBytes: FRAME_BYTES,
      capacityFrames: CAPACITY_FRAMES,
      reorderWaitMs: REORDER_WAIT_MS,
    };
    this.buffer = new JitterBuffer(this.#options);
    this.#firstSequence = firstSequence;
    this.#firstTimestamp = firstTimestamp;
  }

  sequence(number: number): number {
    return (this.#firstSequence + number) >>> 0;
  }

  insert(frame: SentFrame): InsertOutcome {
    const position = frame.position ?? frame.number * FRAME_SAMPLES;
    // The payload lies inside a larger buffer that is overwritten afterwards, as a socket's is.
    const bytes = new Uint8Array(12 + FRAME_BYTES);
    new DataView(bytes.buffer).setFloat64(12, frame.number);
    const outcome = this.buffer.insert(
      this.sequence(frame.number),
      (this.#firstTimestamp + position) >>> 0,
      frame.discontinuity ?? false,
      bytes,
      12,
      FRAME_BYTES,
      frame.nowMs ?? 0,
    );
    bytes.fill(0xee);
    return outcome;
  }

  /** Pulls all there is; returns what left now. */
  pull(nowMs = 0): Left[] {
    const left: Left[] = [];
    while (this.buffer.pull(this.#item, nowMs)) left.push(describe(this.#item));
    this.left.push(...left);
    return left;
  }

  send(frame: SentFrame): InsertOutcome {
    const outcome = this.insert(frame);
    this.pull(frame.nowMs);
    return outcome;
  }

  /** Goes on with a new buffer that has nothing but a structured clone of the snapshot. */
  interrupt(): void {
    const snapshot = structuredClone(this.buffer.snapshot());
    this.buffer = new JitterBuffer(this.#options);
    this.buffer.restore(snapshot);
  }
}

function describe(item: PulledItem): Left {
  if (item.kind !== 'audio') return `${item.kind} ${item.spanSamples}@${item.position}`;
  const { buffer, byteOffset } = item.bytes;
  const number = new DataView(buffer, byteOffset + item.offset, item.lengthBytes).getFloat64(0);
  return `frame ${number}@${item.position}`;
}
