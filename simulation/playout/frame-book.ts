// What has become of each frame of a stream, as seen from outside the buffer.

import type { FrameCounters } from '../../core/jitter/frame-counters.ts';
import type { FrameOutcome } from '../../core/jitter/frame-line.ts';
import type { Traffic } from './playout-traffic.ts';

/** Judges every answer of the buffer by what was sent before and how far playout is. */
export class FrameBook {
  readonly #traffic: Traffic;
  readonly #capacityFrames: number;
  /** Of each frame: 1 when it was accepted. */
  readonly #accepted: Uint8Array;
  /** The frame at each multiple of a frame's length; -1 where none was sent. */
  readonly #frameAt: Int32Array;
  /** What lies before this was given up, because a frame beyond the capacity came when nothing was kept. */
  #givenUpTo = 0;
  readonly #counts = { received: 0, accepted: 0, duplicate: 0, late: 0, overrun: 0, overlap: 0 };

  constructor(traffic: Traffic, capacityFrames: number) {
    const { samples, frameSamples, positions } = traffic;
    this.#traffic = traffic;
    this.#capacityFrames = capacityFrames;
    this.#accepted = new Uint8Array(positions.length);
    this.#frameAt = new Int32Array(samples.length / frameSamples).fill(-1);
    for (const [frame, position] of positions.entries())
      this.#frameAt[position / frameSamples] = frame;
  }

  get acceptedFrames(): number {
    return this.#counts.accepted;
  }

  /** Takes an answer, given when playout was at `end`; returns what is wrong with it, or null. */
  answered(frame: number, outcome: FrameOutcome, end: number, hasBegun: boolean): string | null {
    const wasAccepted = this.#accepted[frame] === 1;
    const position = this.#traffic.positions[frame]!;
    const isPassed = position < Math.max(end, this.#givenUpTo);
    const ahead = frame - this.#nextFrame(Math.max(end, this.#givenUpTo));
    const isKept = this.nextAccepted(end) >= 0;
    this.#counts.received++;
    this.#counts[outcome]++;
    if (outcome === 'accepted') {
      this.#accepted[frame] = 1;
      if (ahead >= this.#capacityFrames) this.#givenUpTo = position;
    }
    if (outcome === this.#expected(wasAccepted, isPassed, ahead, isKept)) return null;
    // Before anything is heard, the beginning may still move.
    if (!hasBegun && !wasAccepted && (outcome === 'accepted' || outcome === 'late')) return null;
    return `Frame ${frame}, ${ahead} ahead of playout, is called ${outcome}.`;
  }

  /** Says how the buffer's counters differ from what was seen; null when they do not. */
  difference(counters: Readonly<FrameCounters>, backlogFrames: number): string | null {
    const { received, accepted, duplicate, late, overrun, overlap } = this.#counts;
    const agrees =
      counters.received === received &&
      counters.played + backlogFrames === accepted &&
      counters.duplicate === duplicate &&
      counters.late === late &&
      counters.overrun === overrun &&
      counters.overlap === overlap;
    if (agrees) return null;
    return `Counted ${JSON.stringify(counters)}, ${backlogFrames} kept; seen ${JSON.stringify(this.#counts)}.`;
  }

  /** Where the first accepted frame that ends behind `position` begins, or -1. */
  nextAccepted(position: number): number {
    const frame = this.#nextAcceptedFrame(position);
    return frame < 0 ? -1 : this.#traffic.positions[frame]!;
  }

  /** Whether what is missing before that frame was never sent: it is silence. */
  isSilenceAhead(position: number): boolean {
    return this.#nextAcceptedFrame(position) === this.#nextFrame(position);
  }

  /** The first sample in [from, to) that was accepted; -1 for none. */
  firstAccepted(from: number, to: number): number {
    const next = this.nextAccepted(from);
    return next < 0 || Math.max(from, next) >= to ? -1 : Math.max(from, next);
  }

  #expected(wasAccepted: boolean, isPassed: boolean, ahead: number, isKept: boolean): FrameOutcome {
    if (wasAccepted) return 'duplicate';
    if (isPassed) return 'late';
    return ahead >= this.#capacityFrames && isKept ? 'overrun' : 'accepted';
  }

  #nextAcceptedFrame(position: number): number {
    const first = this.#nextFrame(Math.max(position, this.#givenUpTo));
    const last = Math.min(this.#accepted.length, first + 4 * this.#capacityFrames);
    for (let frame = first; frame < last; frame++) if (this.#accepted[frame] === 1) return frame;
    return -1;
  }

  /** The first frame that ends behind `position`. */
  #nextFrame(position: number): number {
    const { frameSamples, positions } = this.#traffic;
    for (let slot = Math.floor(position / frameSamples); slot < this.#frameAt.length; slot++)
      if (this.#frameAt[slot]! >= 0) return this.#frameAt[slot]!;
    return positions.length;
  }
}
