// Plays the downlink: takes packets from the network, gives samples to a device that pulls at a constant rate.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { nextGeneration } from '../../core/media/serial.ts';
import { msToSamples, samplesToMs } from '../../core/media/units.ts';
import type { AudioFormat } from '../../core/wire/messages.ts';
import { PlaybackLine } from './playback-line.ts';
import type { PacketOutcome, PlaybackStatus, Player, PlayerAnswer } from './player.ts';
import { PlayerAnswers } from './player-answers.ts';

/** Length of the fades at a hold and at a release: 10 ms hides the click. */
export const FADE_SAMPLES = 160;

/** Content wanted before an utterance starts, in ms: less than the lead, more than a packet. */
const DEFAULT_START_MS = 60;

export interface PlaybackOptions {
  readonly format: AudioFormat;
  /** An utterance starts with this much content buffered, or with its last packet. */
  readonly startMs?: number | undefined;
}

/** The status of a `Playback`, as its owner sees it. */
type MutableStatus = { -readonly [Name in keyof PlaybackStatus]: PlaybackStatus[Name] };

/** What a packet that was not accepted counts as. */
const COUNTERS = {
  overrun: 'overruns',
  duplicate: 'packetsDuplicated',
  cleared: 'packetsCleared',
  invalid: 'packetsInvalid',
} as const satisfies Record<Exclude<PacketOutcome, 'accepted'>, keyof MutableStatus>;

/**
 * `waiting`: no utterance is under way, the next has not begun. `playing`: between an utterance's first sample and its
 * end. `fading`: the last samples before a hold. `held`: silent, the buffer is kept.
 */
type Phase = 'waiting' | 'playing' | 'fading' | 'held';

/**
 * Plays content at its own rate; what is not there in time is silence, and counted. Nothing is allocated by `receive`
 * or `pull`. A program that is late with both owes the pulls first: they were due before the packets came.
 */
export class Playback implements Player {
  readonly status: MutableStatus = emptyStatus();
  readonly #line: PlaybackLine;
  readonly #startSamples: number;
  readonly #answers = new PlayerAnswers();
  #phase: Phase = 'waiting';
  /** Number of the segment that the playhead is in or has just left, −1 before the first. */
  #current = -1;
  /** The generation that the last hold was for. */
  #holdGeneration = 0;
  /** Line position of the next sample to be heard. */
  #playhead = 0;
  /** Number of the segment that `status` speaks of, −1 before the first packet. */
  #heard = -1;
  #fadeOutSamples = 0;
  #fadeInSamples = 0;
  #starvedSamples = 0;

  /** Throws RangeError for a format that is not supported. */
  constructor({ format, startMs = DEFAULT_START_MS }: PlaybackOptions) {
    this.#line = new PlaybackLine(format);
    this.#startSamples = msToSamples(startMs, ENGINE_RATE_HZ);
  }

  receive(packet: Uint8Array): PacketOutcome {
    const outcome = this.#line.receive(packet, this.#playhead, this.#current);
    if (outcome === 'accepted') this.status.started = true;
    else this.status[COUNTERS[outcome]]++;
    const newest = this.#line.segmentsSeen - 1;
    if (outcome === 'accepted' && (this.#heard < 0 || this.#heard === newest)) this.#locate(newest);
    this.#updateStatus();
    return outcome;
  }

  /**
   * Fills `into` with the device's next 16 kHz samples and returns how many of them, from the first on, are content;
   * the rest are zeros. A pull that comes short inside an utterance is one underrun.
   */
  pull(into: Int16Array): number {
    let played = 0;
    if (this.#phase === 'fading') played = this.#fadeOut(into);
    else if (this.#phase !== 'held') played = this.#play(into);
    into.fill(0, played);
    this.#updateStatus();
    return played;
  }

  hold(generation: number): void {
    if (!this.#line.isLive(generation)) return;
    this.#holdGeneration = generation;
    if (this.#phase === 'waiting') this.#fallSilent();
    if (this.#phase === 'playing') {
      this.#phase = 'fading';
      this.#fadeOutSamples = FADE_SAMPLES;
    }
  }

  release(generation: number, fromSample: number): void {
    if (this.#phase === 'fading') this.#fallSilent();
    if (this.#phase !== 'held') return;
    const number = this.#line.numberOf(generation);
    const isHeard = number >= 0 && number <= this.#current;
    if (isHeard && this.#line.isLive(generation)) this.#backUpTo(number, fromSample);
    this.#goOn();
    this.#updateStatus();
  }

  clear(generation: number): void {
    this.#answers.cleared(this.status);
    this.dropBelow(nextGeneration(generation));
  }

  dropBelow(generation: number): void {
    if (!this.#line.dropBelow(generation)) return;
    if (this.#heard < 0) this.status.generation = generation;
    const last = this.#line.newestDropped;
    if (last >= this.#current) {
      this.#current = last;
      this.#playhead = last < 0 ? 0 : this.#line.segment(last).end;
      this.#phase = 'waiting';
      this.#fadeInSamples = 0;
    } else if (this.#isOnHold && !this.#line.isLive(this.#holdGeneration)) {
      this.#goOn();
    }
    this.#updateStatus();
  }

  takeAnswer(answer: PlayerAnswer): boolean {
    return this.#answers.take(answer);
  }

  #play(into: Int16Array): number {
    let filled = 0;
    while (filled < into.length) {
      if (this.#phase === 'waiting' && !this.#startNext()) return filled;
      filled += this.#copy(into, filled, into.length - filled);
      if (this.#isAtEnd()) {
        this.#phase = 'waiting';
      } else if (filled < into.length) {
        this.status.underruns++;
        this.#starvedSamples += into.length - filled;
        return filled;
      }
    }
    return filled;
  }

  #fadeOut(into: Int16Array): number {
    const wanted = Math.min(into.length, this.#fadeOutSamples);
    const played = this.#copy(into, 0, wanted);
    for (let index = 0; index < played; index++) {
      this.#fadeOutSamples--;
      into[index] = (into[index]! * this.#fadeOutSamples) / FADE_SAMPLES;
    }
    if (played < wanted || this.#fadeOutSamples === 0) this.#fallSilent();
    return played;
  }

  /** Begins the next utterance if enough of it is here; those without any content are passed over. */
  #startNext(): boolean {
    while (this.#current + 1 < this.#line.segmentsSeen) {
      const next = this.#line.segment(this.#current + 1);
      const bufferedSamples = next.end - next.start;
      if (!next.complete && bufferedSamples < this.#startSamples) return false;
      this.#current++;
      this.#playhead = next.start;
      this.#locate(this.#current);
      if (bufferedSamples > 0) {
        this.#phase = 'playing';
        return true;
      }
    }
    return false;
  }

  /** Copies content of the current segment and moves the playhead past it. */
  #copy(into: Int16Array, offset: number, length: number): number {
    const available = this.#line.segment(this.#current).end - this.#playhead;
    const copied = this.#line.ring.copyTo(
      this.#playhead,
      into,
      offset,
      Math.min(length, available),
    );
    for (let index = offset; index < offset + copied && this.#fadeInSamples > 0; index++) {
      this.#fadeInSamples--;
      into[index] = (into[index]! * (FADE_SAMPLES - this.#fadeInSamples)) / FADE_SAMPLES;
    }
    this.#playhead += copied;
    this.#locate(this.#current);
    return copied;
  }

  #backUpTo(number: number, fromSample: number): void {
    const segment = this.#line.segment(number);
    const wanted = segment.origin + fromSample * this.#line.ratio;
    const from = Math.max(wanted, segment.start, this.#line.ring.startPosition);
    if (from >= Math.min(this.#playhead, segment.end)) return;
    this.#current = number;
    this.#playhead = from;
    this.#locate(number);
  }

  get #isOnHold(): boolean {
    return this.#phase === 'held' || this.#phase === 'fading';
  }

  #goOn(): void {
    this.#phase = this.#isAtEnd() ? 'waiting' : 'playing';
    if (this.#phase === 'playing') this.#fadeInSamples = FADE_SAMPLES;
  }

  #fallSilent(): void {
    this.#phase = 'held';
    this.#answers.held(this.status);
  }

  /** Whether nothing of the current segment is left to play, now or later. */
  #isAtEnd(): boolean {
    if (this.#current < 0) return true;
    const segment = this.#line.segment(this.#current);
    return segment.complete && this.#playhead >= segment.end;
  }

  /** Makes the status speak of a segment: what of it has arrived, and how much of that lies before the playhead. */
  #locate(number: number): void {
    const { generation, origin, start, end } = this.#line.segment(number);
    this.#heard = number;
    this.status.generation = generation;
    this.status.playedSamples = Math.floor(
      (Math.min(Math.max(this.#playhead, start), end) - origin) / this.#line.ratio,
    );
    this.status.receivedSamples = (end - origin) / this.#line.ratio;
  }

  #updateStatus(): void {
    const { ring, missingSamples, nextSequence } = this.#line;
    this.status.nextSequence = nextSequence;
    this.status.playing = this.#phase === 'playing' || this.#phase === 'fading';
    this.status.bufferedMs = samplesToMs(ring.endPosition - this.#playhead, ENGINE_RATE_HZ);
    this.status.concealedMs = samplesToMs(missingSamples + this.#starvedSamples, ENGINE_RATE_HZ);
  }
}

function emptyStatus(): MutableStatus {
  return {
    generation: 0,
    playedSamples: 0,
    receivedSamples: 0,
    nextSequence: 0,
    started: false,
    playing: false,
    bufferedMs: 0,
    stretchMs: 0,
    concealedMs: 0,
    underruns: 0,
    overruns: 0,
    packetsDuplicated: 0,
    packetsCleared: 0,
    packetsInvalid: 0,
    outputLatencyMs: 0,
  };
}
