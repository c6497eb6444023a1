// Puts the frames of one stream back in order, tells silence from loss, and names what becomes of each.

import { nextSequence, sequenceDelta, unwrapTimestamp } from '../media/serial.ts';
import { DeliveryRecord, RECORD_FRAMES } from './delivery-record.ts';
import { type JitterCounters, noCounts } from './jitter-counters.ts';
import { PacketSlots, type PacketSlotsSnapshot } from './packet-slots.ts';

/** What becomes of a frame at its arrival (SPEC J2–J9). */
export type InsertOutcome =
  | 'accepted'
  /** Kept or delivered before. */
  | 'duplicate'
  /** Its gap has been declared. */
  | 'late'
  /** Further ahead than there are slots. */
  | 'overrun'
  /** Its timestamp contradicts that of a neighbour: a violation. */
  | 'overlap';

/** How a stream is buffered. */
export interface JitterBufferOptions {
  /** In order and resendable (a gap waits), or not (a gap waits `reorderWaitMs`). */
  readonly reliable: boolean;
  /** Samples of a frame, in the stream's own media clock. */
  readonly frameSamples: number;
  /** Most payload bytes of a frame. */
  readonly frameBytes: number;
  /** Frames kept at most, a power of two. */
  readonly capacityFrames: number;
  /** Read anew for each gap. */
  readonly reorderWaitMs: number;
}

/** One thing pulled from the buffer, filled in place. `position` counts samples since the stream's first frame. */
export class PulledItem {
  /** 'silence' was meant by the sender, a 'gap' was lost. Both carry no bytes. */
  kind: 'audio' | 'silence' | 'gap' = 'audio';
  position = 0;
  spanSamples = 0;
  /** Valid, like `offset` and `lengthBytes`, until the next `insert`; only for 'audio'. */
  bytes: Uint8Array = NO_BYTES;
  offset = 0;
  lengthBytes = 0;
}

/** State of a jitter buffer, with copies of the frames it keeps. */
export interface JitterBufferSnapshot {
  readonly nextSequence?: number | null | undefined;
  readonly endPosition?: number | undefined;
  readonly knownTimestamp?: number | undefined;
  readonly knownPosition?: number | undefined;
  readonly givenUpTo?: number | null | undefined;
  readonly afterGap?: boolean | undefined;
  readonly record?: Uint8Array | undefined;
  readonly slots?: PacketSlotsSnapshot | undefined;
  readonly counters?: Partial<JitterCounters> | undefined;
}

/**
 * The eager exit: frames leave in order and as soon as possible. Insert a frame, then pull until false.
 * Nothing is allocated after construction, except by `snapshot`.
 */
export class JitterBuffer {
  readonly #options: JitterBufferOptions;
  readonly #reliable: boolean;
  readonly #frameSamples: number;
  readonly #slots: PacketSlots;
  readonly #record = new DeliveryRecord();
  readonly #counters = noCounts();
  /** The playout point as a sequence number; null before the first frame. */
  #next: number | null = null;
  /** The playout point in samples: end of what was pulled. */
  #endPosition = 0;
  /** A pair that belongs together, near the playout point (unwrapping needs one less than 2³¹ samples away). */
  #knownTimestamp = 0;
  #knownPosition = 0;
  /** What is missing before this sequence number never comes. */
  #givenUpTo: number | null = null;
  /** Frames were given up just before the playout point. */
  #afterGap = false;
  /** When an unreliable wire gives up the missing frame at the playout point; Infinity when none is missing. */
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor(options: JitterBufferOptions) {
    this.#options = options;
    this.#reliable = options.reliable;
    this.#frameSamples = options.frameSamples;
    this.#slots = new PacketSlots(options.capacityFrames, options.frameBytes);
  }

  /** Sequence number wanted next, null before the first frame. */
  get nextSequence(): number | null {
    return this.#next;
  }

  /** Samples pulled so far, silence and gaps included. */
  get endPosition(): number {
    return this.#endPosition;
  }

  /** Time at which `pull` may have more to give without another frame; Infinity for never. */
  get nextDeadlineMs(): number {
    return this.#deadlineMs;
  }

  /** Frames kept and not yet pulled. */
  get backlogFrames(): number {
    return this.#slots.count;
  }

  get counters(): Readonly<JitterCounters> {
    return this.#counters;
  }

  /**
   * Takes one frame; the bytes are copied. `discontinuity` says that what is missing before it never comes.
   * Only 'accepted' frames change what will be pulled, but for an 'overrun' that gives up what is missing (J9).
   */
  insert(
    sequence: number,
    timestamp: number,
    discontinuity: boolean,
    bytes: Uint8Array,
    offset: number,
    lengthBytes: number,
    nowMs: number,
  ): InsertOutcome {
    if (this.#next === null) this.#begin(sequence, timestamp);
    const position = unwrapTimestamp(timestamp, this.#knownTimestamp, this.#knownPosition);
    const outcome = this.#judge(sequence, position, discontinuity);
    this.#counters.received++;
    if (outcome !== 'accepted') {
      this.#counters[outcome]++;
      return outcome;
    }
    this.#slots.store(sequence, position, discontinuity, nowMs, bytes, offset, lengthBytes);
    if (discontinuity) this.#giveUpTo(sequence);
    this.#awaitMissing();
    return outcome;
  }

  /** Fills `item` with what comes next and returns true, or returns false when it is not known or not here yet. */
  pull(item: PulledItem, nowMs: number): boolean {
    if (this.#next === null || this.#slots.count === 0) return false;
    if (!this.#slots.has(this.#next) && !this.#passMissing(this.#next, nowMs)) return false;
    const sequence = this.#next;
    const position = this.#slots.position(sequence);
    if (position > this.#endPosition) {
      this.#pullSpan(item, position, this.#afterGap || this.#slots.discontinuity(sequence));
    } else {
      this.#pullFrame(item, sequence);
    }
    return true;
  }

  snapshot(): JitterBufferSnapshot {
    return {
      nextSequence: this.#next,
      endPosition: this.#endPosition,
      knownTimestamp: this.#knownTimestamp,
      knownPosition: this.#knownPosition,
      givenUpTo: this.#givenUpTo,
      afterGap: this.#afterGap,
      record: this.#record.snapshot(),
      slots: this.#slots.snapshot(this.#next ?? 0),
      counters: { ...this.#counters },
    };
  }

  /** Takes the state of a buffer with the same options. */
  restore(snapshot: JitterBufferSnapshot): void {
    this.#next = snapshot.nextSequence ?? null;
    this.#endPosition = snapshot.endPosition ?? 0;
    this.#knownTimestamp = snapshot.knownTimestamp ?? 0;
    this.#knownPosition = snapshot.knownPosition ?? 0;
    this.#givenUpTo = snapshot.givenUpTo ?? null;
    this.#afterGap = snapshot.afterGap ?? false;
    if (snapshot.record !== undefined) this.#record.restore(snapshot.record);
    if (snapshot.slots !== undefined) this.#slots.restore(snapshot.slots);
    Object.assign(this.#counters, noCounts(), snapshot.counters);
    this.#awaitMissing();
  }

  #begin(sequence: number, timestamp: number): void {
    this.#next = sequence;
    this.#knownTimestamp = timestamp;
    this.#knownPosition = 0;
  }

  #judge(sequence: number, position: number, discontinuity: boolean): InsertOutcome {
    const ahead = sequenceDelta(sequence, this.#next!);
    if (ahead < 0) return this.#judgeBehind(sequence, ahead);
    if (ahead < this.#slots.capacityFrames) {
      if (this.#slots.has(sequence)) return 'duplicate';
      return this.#fits(sequence, ahead, position) ? 'accepted' : 'overlap';
    }
    if (position < this.#endPosition) return 'overlap';
    if (this.#reliable && !discontinuity) return 'overrun';
    if (this.#slots.count > 0) {
      this.#giveUpTo(sequence);
      return 'overrun';
    }
    this.#skip(ahead);
    return 'accepted';
  }

  #judgeBehind(sequence: number, ahead: number): InsertOutcome {
    return -ahead > RECORD_FRAMES || this.#record.delivered(sequence) ? 'duplicate' : 'late';
  }

  /** True when a frame at `position` neither begins before its neighbours in order end, nor ends after they begin. */
  #fits(sequence: number, ahead: number, position: number): boolean {
    let before = 1;
    while (before <= ahead && !this.#slots.has(sequence - before)) before++;
    const floor =
      before <= ahead
        ? this.#slots.position(sequence - before) + this.#frameSamples
        : this.#endPosition;
    if (position < floor) return false;
    // Whatever is kept besides the frames before this one comes after it.
    const reach = this.#slots.count === 0 ? 0 : this.#slots.capacityFrames - ahead;
    for (let after = 1; after < reach; after++) {
      if (this.#slots.has(sequence + after)) {
        return position + this.#frameSamples <= this.#slots.position(sequence + after);
      }
    }
    return true;
  }

  #giveUpTo(sequence: number): void {
    if (this.#givenUpTo === null || sequenceDelta(sequence, this.#givenUpTo) > 0) {
      this.#givenUpTo = sequence;
    }
  }

  /** Moves the playout point to the first frame kept, when what is missing before it is given up. */
  #passMissing(next: number, nowMs: number): boolean {
    const declared = this.#givenUpTo !== null && sequenceDelta(this.#givenUpTo, next) > 0;
    if (!declared && nowMs < this.#deadlineMs) return false;
    let missing = 1;
    while (!this.#slots.has(next + missing)) missing++;
    this.#skip(missing);
    return true;
  }

  #skip(frames: number): void {
    this.#record.noteGivenUp(this.#next!, frames);
    this.#next = (this.#next! + frames) >>> 0;
    this.#counters.lost += frames;
    this.#afterGap = true;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }

  #pullSpan(item: PulledItem, position: number, lost: boolean): void {
    item.kind = lost ? 'gap' : 'silence';
    item.position = this.#endPosition;
    item.spanSamples = position - this.#endPosition;
    item.bytes = NO_BYTES;
    item.offset = 0;
    item.lengthBytes = 0;
    this.#endPosition = position;
    if (lost) {
      this.#counters.gapEvents++;
      this.#counters.gapSamples += item.spanSamples;
    } else {
      this.#counters.silentSamples += item.spanSamples;
    }
  }

  #pullFrame(item: PulledItem, sequence: number): void {
    item.kind = 'audio';
    item.position = this.#endPosition;
    item.spanSamples = this.#frameSamples;
    item.bytes = this.#slots.bytes;
    item.offset = this.#slots.offset(sequence);
    item.lengthBytes = this.#slots.lengthBytes(sequence);
    // The timestamp itself is not kept: the pair moves on by the same distance on both sides.
    const step = this.#endPosition - this.#knownPosition;
    this.#knownTimestamp = (this.#knownTimestamp + step) >>> 0;
    this.#knownPosition = this.#endPosition;
    this.#endPosition += this.#frameSamples;
    this.#slots.free(sequence);
    this.#record.note(sequence, true);
    this.#next = nextSequence(sequence);
    this.#afterGap = false;
    this.#counters.delivered++;
    this.#awaitMissing();
  }

  /** Sets the deadline for the frame at the playout point: the wait begins when another has overtaken it. */
  #awaitMissing(): void {
    const missing = this.#next !== null && this.#slots.count > 0 && !this.#slots.has(this.#next);
    this.#deadlineMs =
      missing && !this.#reliable
        ? this.#slots.earliestArrivalMs() + this.#options.reorderWaitMs
        : Number.POSITIVE_INFINITY;
  }
}

const NO_BYTES = new Uint8Array(0);
