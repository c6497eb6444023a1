// The frames of one stream in order, read as a line of samples that may have holes.

import { nextSequence, sequenceDelta, unwrapTimestamp, wrapTimestamp } from '../media/serial.ts';
import { DeliveryRecord, RECORD_FRAMES } from './delivery-record.ts';
import { FrameSlots } from './frame-slots.ts';

/** What becomes of a frame at its arrival (SPEC I2–I5). */
export type FrameOutcome =
  | 'accepted'
  /** Kept or played before. */
  | 'duplicate'
  /** Playout has passed it. */
  | 'late'
  /** Further ahead than there are slots. */
  | 'overrun'
  /** Its timestamp contradicts that of a neighbour, or it has no samples or too many. */
  | 'overlap';

/**
 * Takes frames in any order; from the playout point on they are read in theirs. It holds no opinion on time.
 * Positions count samples since the first frame that came. Nothing is allocated after construction.
 */
export class FrameLine {
  readonly #slots: FrameSlots;
  readonly #record = new DeliveryRecord();
  #begun = false;
  #originTimestamp = 0;
  /** The frame that the playout point is in, or that comes next. */
  #next = 0;
  #position = 0;
  #newest = 0;
  /** The playout point has been moved. */
  #isRead = false;
  /** The hole at the playout point is of frames that were given up, although the next one is there. */
  #isGivenUp = false;
  /** The first frame behind those that follow the playout point without a hole, and where it would begin. */
  #endSequence = 0;
  #endPosition = 0;
  #playedFrames = 0;
  #lostFrames = 0;

  constructor(capacityFrames: number, frameSamples: number) {
    this.#slots = new FrameSlots(capacityFrames, frameSamples);
  }

  /** True once a frame has come. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The playout point. */
  get position(): number {
    return this.#position;
  }

  /** Samples that can be read before the first hole. */
  get aheadSamples(): number {
    return this.#endPosition - this.#position;
  }

  /** Frames kept and not yet read to their end. */
  get backlogFrames(): number {
    return this.#slots.count;
  }

  /** Frames read to their end. */
  get playedFrames(): number {
    return this.#playedFrames;
  }

  /** Frames that were skipped because they had not come; those of them that came after all were `late`, too. */
  get lostFrames(): number {
    return this.#lostFrames;
  }

  /** Position of a frame with this timestamp. */
  positionOf(timestamp: number): number {
    if (!this.#begun) return 0;
    const known = wrapTimestamp(this.#position, this.#originTimestamp);
    return unwrapTimestamp(timestamp, known, this.#position);
  }

  /** Takes a frame; its samples are copied. Only 'accepted' frames change what will be read. */
  insert(
    sequence: number,
    timestamp: number,
    arrival: number,
    samples: Int16Array,
    offset: number,
    length: number,
  ): FrameOutcome {
    if (length < 1 || length > this.#slots.frameSamples) return 'overlap';
    if (!this.#begun) this.#begin(sequence, timestamp);
    const position = this.positionOf(timestamp);
    if (this.#beginsEarlier(sequence, position, length)) this.#rewind(sequence, position);
    const outcome = this.#judge(sequence, position, length);
    if (outcome === 'accepted') {
      this.#slots.store(sequence, position, arrival, samples, offset, length);
      if (sequenceDelta(sequence, this.#newest) > 0) this.#newest = sequence;
      this.#extend();
    }
    return outcome;
  }

  /** Copies the next `length` samples, at most `aheadSamples`, and leaves the playout point where it is. */
  peek(into: Int16Array, offset: number, length: number): void {
    let sequence = this.#next;
    let position = this.#position;
    const end = position + length;
    while (position < end) {
      const copied = Math.min(end, this.#slots.endPosition(sequence)) - position;
      const from = position - this.#slots.position(sequence);
      this.#slots.copyTo(sequence, from, into, offset + length - (end - position), copied);
      position += copied;
      sequence = nextSequence(sequence);
    }
  }

  /** Moves the playout point by `length` samples, at most `aheadSamples`; returns the sum of their arrivals. */
  advance(length: number): number {
    let arrivals = 0;
    const end = this.#position + length;
    this.#isRead = true;
    while (this.#position < end) {
      const frameEnd = this.#slots.endPosition(this.#next);
      const read = Math.min(end, frameEnd) - this.#position;
      arrivals += read * this.#slots.arrival(this.#next);
      this.#position += read;
      if (this.#position === frameEnd) this.#pass();
    }
    return arrivals;
  }

  /** Samples missing before the next frame that is here; -1 when there is none. Only where nothing can be read. */
  get holeSamples(): number {
    if (this.#slots.count === 0) return -1;
    return this.#slots.position(this.#firstKept()) - this.#position;
  }

  /** True when the hole is silence that the sender meant: no frame is missing in it. */
  get holeIsSilence(): boolean {
    return this.#slots.has(this.#next) && !this.#isGivenUp;
  }

  /** Moves the playout point over `length` samples of a hole; at its end, what is missing in it is given up. */
  skip(length: number): void {
    const first = this.#firstKept();
    this.#isRead = true;
    this.#position += length;
    if (this.#position === this.#slots.position(first)) {
      const missing = sequenceDelta(first, this.#next);
      this.#record.noteGivenUp(this.#next, missing);
      this.#lostFrames += missing;
      this.#next = first;
      this.#isGivenUp = false;
    }
    this.#endSequence = this.#next;
    this.#endPosition = this.#position;
    this.#extend();
  }

  #begin(sequence: number, timestamp: number): void {
    this.#begun = true;
    this.#originTimestamp = timestamp;
    this.#next = sequence;
    this.#newest = sequence;
    this.#endSequence = sequence;
  }

  /** True for a frame that belongs before the first while nothing has been read. */
  #beginsEarlier(sequence: number, position: number, length: number): boolean {
    if (this.#isRead || sequenceDelta(sequence, this.#next) >= 0) return false;
    const reach = sequenceDelta(this.#newest, sequence);
    return reach < this.#slots.capacityFrames && position + length <= this.#position;
  }

  #rewind(sequence: number, position: number): void {
    this.#next = sequence;
    this.#position = position;
    this.#endSequence = sequence;
    this.#endPosition = position;
  }

  #judge(sequence: number, position: number, length: number): FrameOutcome {
    const ahead = sequenceDelta(sequence, this.#next);
    if (ahead < 0) {
      return -ahead > RECORD_FRAMES || this.#record.delivered(sequence) ? 'duplicate' : 'late';
    }
    if (ahead < this.#slots.capacityFrames) {
      if (this.#slots.has(sequence)) return 'duplicate';
      return this.#fits(sequence, ahead, position, length) ? 'accepted' : 'overlap';
    }
    if (this.#slots.count > 0) return 'overrun';
    if (position < this.#position) return 'overlap';
    this.#record.noteGivenUp(this.#next, ahead);
    this.#lostFrames += ahead;
    this.#isGivenUp = position > this.#position;
    this.#next = sequence;
    this.#endSequence = sequence;
    return 'accepted';
  }

  /** True when a frame neither begins before its neighbours in order end, nor ends after they begin. */
  #fits(sequence: number, ahead: number, position: number, length: number): boolean {
    let before = 1;
    while (before <= ahead && !this.#slots.has(sequence - before)) before++;
    const floor = before <= ahead ? this.#slots.endPosition(sequence - before) : this.#position;
    if (position < floor) return false;
    const reach = sequenceDelta(this.#newest, sequence);
    for (let after = 1; after <= reach; after++) {
      if (this.#slots.has(sequence + after)) {
        return position + length <= this.#slots.position(sequence + after);
      }
    }
    return true;
  }

  #extend(): void {
    while (
      this.#slots.has(this.#endSequence) &&
      this.#slots.position(this.#endSequence) === this.#endPosition
    ) {
      this.#endPosition = this.#slots.endPosition(this.#endSequence);
      this.#endSequence = nextSequence(this.#endSequence);
    }
  }

  #pass(): void {
    this.#slots.free(this.#next);
    this.#record.note(this.#next, true);
    this.#playedFrames++;
    this.#next = nextSequence(this.#next);
  }

  #firstKept(): number {
    let missing = 0;
    while (!this.#slots.has(this.#next + missing)) missing++;
    return (this.#next + missing) >>> 0;
  }
}
