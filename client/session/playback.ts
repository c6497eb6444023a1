// Plays the downlink: takes packets from the network, gives samples to a device that pulls at a constant rate.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { nextGeneration } from '../../core/media/serial.ts';
import { msToSamples, samplesToMs } from '../../core/media/units.ts';
import type { AudioFormat } from '../../core/wire/messages.ts';
import { ElasticReader } from './elastic-reader.ts';
import { GapFiller } from './gap-filler.ts';
import { countPacket, emptyStatus, type MutableStatus } from './mutable-status.ts';
import { PlaybackLine } from './playback-line.ts';
import type { PacketOutcome, Player, PlayerAnswer } from './player.ts';
import { PlayerAnswers } from './player-answers.ts';
import { StartGate } from './start-gate.ts';

/** Length of the fades at a hold and at a release: 10 ms hides the click. */
export const FADE_SAMPLES = 160;

/** Content ahead below which speech is made to last longer, in ms: stalls of mobile networks are up to 450 ms long. */
const DEFAULT_LOW_WATER_MS = 400;

export interface PlaybackOptions {
  readonly format: AudioFormat;
  /** An utterance starts with this much content buffered, or with its last packet. */
  readonly startMs?: number | undefined;
  /** With less than 300 ms buffered, it starts so much later. */
  readonly settleMs?: number | undefined;
  /** With less than this ahead inside an utterance, speech is made to last longer; 0 for never. */
  readonly lowWaterMs?: number | undefined;
  /** The voice goes on for a moment where speech is missing; else that is silence. */
  readonly conceals?: boolean | undefined;
}

/**
 * `waiting`: no utterance is under way, the next has not begun. `playing`: between an utterance's first sample and its
 * end. `fading`: the last samples before a hold. `held`: silent, the buffer is kept.
 */
type Phase = 'waiting' | 'playing' | 'fading' | 'held';

/**
 * Plays content at its own rate, a little slower while little is left (see `ElasticReader`); what is not there in time is
 * concealed, and counted. Nothing is allocated by `receive` or `pull`. A program that is late with both owes the pulls
 * first: they were due before the packets came.
 */
export class Playback implements Player {
  readonly status: MutableStatus = emptyStatus();
  readonly #line: PlaybackLine;
  readonly #reader: ElasticReader;
  readonly #filler: GapFiller;
  readonly #gate: StartGate;
  readonly #answers = new PlayerAnswers();
  #phase: Phase = 'waiting';
  /** Number of the segment that the playhead is in or has just left, −1 before the first. */
  #current = -1;
  /** The generation that the last hold was for. */
  #holdGeneration = 0;
  /** Number of the segment that `status` speaks of, −1 before the first packet. */
  #heard = -1;
  #fadeOutSamples = 0;
  #fadeInSamples = 0;
  #concealedSamples = 0;

  /** Throws RangeError for a format that is not supported. */
  constructor({
    format,
    startMs,
    settleMs,
    lowWaterMs = DEFAULT_LOW_WATER_MS,
    conceals = true,
  }: PlaybackOptions) {
    this.#line = new PlaybackLine(format);
    this.#filler = new GapFiller(conceals);
    this.#reader = new ElasticReader(this.#line.ring, msToSamples(lowWaterMs, ENGINE_RATE_HZ));
    this.#gate = new StartGate(startMs, settleMs);
  }

  receive(packet: Uint8Array): PacketOutcome {
    const outcome = this.#line.receive(packet, this.#reader.position, this.#current);
    countPacket(this.status, outcome);
    const newest = this.#line.segmentsSeen - 1;
    if (outcome === 'accepted' && (this.#heard < 0 || this.#heard === newest)) this.#locate(newest);
    this.#updateStatus();
    return outcome;
  }

  /**
   * Fills `into` with the device's next 16 kHz samples and returns how many of them are content, stretched or faded as it
   * may be; the rest stands in for what is missing, or is silence. A pull that comes short inside an utterance is one
   * underrun.
   */
  pull(into: Int16Array): number {
    let played = 0;
    if (this.#phase === 'fading') played = this.#fadeOut(into);
    else if (this.#phase === 'held') into.fill(0);
    else played = this.#play(into);
    this.#filler.mix(into);
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
    if (this.#phase === 'fading') this.#breakFade();
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
      this.#reader.seek(last < 0 ? 0 : this.#line.segment(last).end);
      this.#phase = 'waiting';
      this.#fadeInSamples = 0;
      this.#filler.rest();
      this.#filler.dropTail();
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
    let played = 0;
    while (filled < into.length) {
      if (this.#phase === 'waiting' && !this.#startNext(into.length - filled)) {
        into.fill(0, filled);
        break;
      }
      filled += this.#comeIntoPhase(into, filled);
      const copied = this.#copy(into, filled, into.length - filled);
      filled += copied;
      played += copied;
      if (this.#isAtEnd()) {
        this.#phase = 'waiting';
        this.#filler.end();
      } else if (filled < into.length) {
        this.status.underruns++;
        this.#conceal(into, filled, into.length - filled);
        break;
      }
    }
    return played;
  }

  /** Where content follows on what stood in for it, a little more of that brings the two into phase. */
  #comeIntoPhase(into: Int16Array, filled: number): number {
    const { position } = this.#reader;
    if (position >= this.#line.segment(this.#current).end) return 0;
    const lead = this.#filler.lead(this.#line.ring, position, into.length - filled);
    return lead === 0 ? 0 : this.#conceal(into, filled, lead);
  }

  #conceal(into: Int16Array, offset: number, length: number): number {
    this.#filler.fill(into, offset, length);
    this.#concealedSamples += length;
    return length;
  }

  #fadeOut(into: Int16Array): number {
    const wanted = Math.min(into.length, this.#fadeOutSamples);
    const played = this.#copy(into, 0, wanted);
    if (played < wanted) this.#filler.fill(into, played, wanted - played);
    for (let index = 0; index < wanted; index++) {
      this.#fadeOutSamples--;
      into[index] = (into[index]! * this.#fadeOutSamples) / FADE_SAMPLES;
    }
    into.fill(0, wanted);
    if (this.#fadeOutSamples === 0 || this.#isAtEnd()) this.#fallSilent();
    return played;
  }

  /** A hold that is released before it is silent: what was to fade goes on fading, beneath what is played now. */
  #breakFade(): void {
    const { position } = this.#reader;
    const available = this.#line.segment(this.#current).end - position;
    this.#filler.breakFade(this.#line.ring, position, available, this.#fadeOutSamples);
    this.#fallSilent();
  }

  /** Begins the next utterance if enough of it is here; those without any content are passed over. */
  #startNext(pulledSamples: number): boolean {
    while (this.#current + 1 < this.#line.segmentsSeen) {
      const next = this.#line.segment(this.#current + 1);
      const bufferedSamples = next.end - next.start;
      if (!next.complete && this.#gate.isTooSoon(bufferedSamples, pulledSamples)) return false;
      this.#current++;
      this.#gate.pass();
      this.#reader.seek(next.start);
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
    const { end, complete } = this.#line.segment(this.#current);
    const copied = this.#reader.read(end, !complete, into, offset, length);
    this.#filler.gave(into, offset, copied);
    for (let index = offset; index < offset + copied && this.#fadeInSamples > 0; index++) {
      this.#fadeInSamples--;
      into[index] = (into[index]! * (FADE_SAMPLES - this.#fadeInSamples)) / FADE_SAMPLES;
    }
    this.#locate(this.#current);
    return copied;
  }

  #backUpTo(number: number, fromSample: number): void {
    const segment = this.#line.segment(number);
    const wanted = segment.origin + fromSample * this.#line.ratio;
    const from = Math.max(wanted, segment.start, this.#line.ring.startPosition);
    if (from >= Math.min(this.#reader.position, segment.end)) return;
    this.#current = number;
    this.#reader.seek(from);
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
    this.#filler.rest();
    this.#phase = 'held';
    this.#answers.held(this.status);
  }

  /** Whether nothing of the current segment is left to play, now or later. */
  #isAtEnd(): boolean {
    if (this.#current < 0) return true;
    const segment = this.#line.segment(this.#current);
    return segment.complete && this.#reader.position >= segment.end;
  }

  /** Makes the status speak of a segment: what of it has arrived, and how much of that lies before the playhead. */
  #locate(number: number): void {
    const { generation, origin, start, end } = this.#line.segment(number);
    this.#heard = number;
    this.status.generation = generation;
    this.status.playedSamples = Math.floor(
      (Math.min(Math.max(this.#reader.position, start), end) - origin) / this.#line.ratio,
    );
    this.status.receivedSamples = (end - origin) / this.#line.ratio;
  }

  #updateStatus(): void {
    const { ring, missingSamples, nextSequence } = this.#line;
    this.status.nextSequence = nextSequence;
    this.status.playing = this.#phase === 'playing' || this.#phase === 'fading';
    this.status.bufferedMs = samplesToMs(ring.endPosition - this.#reader.position, ENGINE_RATE_HZ);
    this.status.stretchMs = samplesToMs(this.#reader.stretchSamples, ENGINE_RATE_HZ);
    this.status.concealedMs = samplesToMs(missingSamples + this.#concealedSamples, ENGINE_RATE_HZ);
  }
}
