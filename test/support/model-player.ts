// A simulated listener in virtual time: plays PCM16 packets by a clock of its own, hears every sample, and answers.

import { generationDelta, nextGeneration, sequenceDelta } from '../../core/media/serial.ts';
import { FLAG_LAST, HEADER_BYTES, PacketHeader, readHeader } from '../../core/wire/packet.ts';

/** Samples a millisecond at 16 kHz. */
const SAMPLES_PER_MS = 16;

export interface ModelPlayerOptions {
  /** How much faster than true time its clock runs. */
  readonly clockErrorPpm?: number | undefined;
  /** An utterance starts with this much content, or with its last packet. */
  readonly startMs?: number | undefined;
}

/** A generation as it arrived. */
interface Reel {
  readonly generation: number;
  readonly samples: number[];
  /** Content sample that `samples` begins with. */
  readonly origin: number;
  complete: boolean;
}

/** A stretch that was heard without a break. */
export interface Heard {
  readonly generation: number;
  readonly samples: number[];
}

/** Where the player is. */
export interface ModelPosition {
  readonly generation: number;
  readonly playedSamples: number;
}

export class ModelPlayer {
  readonly heard: Heard[] = [];
  underruns = 0;
  /** Packets whose sequence number was not the one expected, or whose content did not join. */
  faults = 0;
  packets = 0;
  lastFlags = 0;
  /** The largest content that was ever received and not yet played, in samples. */
  mostBuffered = 0;
  readonly #rate: number;
  readonly #startSamples: number;
  readonly #reels: Reel[] = [];
  readonly #header = new PacketHeader();
  #nextSequence: number | null = null;
  #lowestLive: number | null = null;
  /** Index of the reel that is playing or was last played. */
  #current = -1;
  #offset = 0;
  #position: ModelPosition | null = null;
  #phase: 'waiting' | 'playing' | 'held' = 'waiting';
  #isStarved = false;
  #clockMs = 0;
  #owedSamples = 0;

  constructor({ clockErrorPpm = 0, startMs = 60 }: ModelPlayerOptions = {}) {
    this.#rate = SAMPLES_PER_MS * (1 + clockErrorPpm / 1e6);
    this.#startSamples = startMs * SAMPLES_PER_MS;
  }

  /** The last sample that was played; what was dropped since does not matter. */
  get position(): ModelPosition {
    return this.#position ?? { generation: this.#reels[0]?.generation ?? 0, playedSamples: 0 };
  }

  /** What it says when it comes back. */
  get resume(): ModelPosition & { receivedSamples: number; nextSequence: number } {
    const { generation } = this.position;
    const reel = this.#reels.find((each) => each.generation === generation);
    const receivedSamples = reel === undefined ? 0 : reel.origin + reel.samples.length;
    return { ...this.position, receivedSamples, nextSequence: this.#nextSequence ?? 0 };
  }

  get isPlaying(): boolean {
    return this.#phase === 'playing';
  }

  get isHeld(): boolean {
    return this.#phase === 'held';
  }

  /** Content received and not yet played, in samples. */
  get bufferedSamples(): number {
    let buffered = 0;
    for (const [index, reel] of this.#reels.entries()) {
      if (index === this.#current) buffered += reel.samples.length - this.#offset;
      else if (index > this.#current && this.#isLive(reel)) buffered += reel.samples.length;
    }
    return buffered;
  }

  /** Time goes on; what has played meanwhile is heard. */
  advance(nowMs: number): void {
    this.#owedSamples += (nowMs - this.#clockMs) * this.#rate;
    this.#clockMs = nowMs;
    while (this.#phase !== 'held' && this.#owedSamples >= 1) {
      if (this.#phase === 'waiting' && !this.#startNext()) break;
      if (!this.#play()) break;
    }
    this.#owedSamples %= 1;
  }

  receive(packet: Uint8Array): void {
    const header = this.#header;
    if (readHeader(packet, header) !== 'ok') throw new Error('A packet could not be read.');
    this.packets++;
    this.lastFlags = header.flags;
    if (this.#nextSequence !== null && sequenceDelta(header.sequence, this.#nextSequence) !== 0)
      this.faults++;
    this.#nextSequence = (header.sequence + 1) >>> 0;
    if (this.#lowestLive !== null && generationDelta(header.generation, this.#lowestLive) < 0)
      return;
    const newest = this.#reels.at(-1);
    const reel =
      newest?.generation === header.generation
        ? newest
        : this.#open(header.generation, header.timestamp);
    if (reel.origin + reel.samples.length !== header.timestamp || reel.complete) this.faults++;
    for (let at = HEADER_BYTES; at < packet.length; at += 2) {
      reel.samples.push(((packet[at]! | (packet[at + 1]! << 8)) << 16) >> 16);
    }
    reel.complete = (header.flags & FLAG_LAST) !== 0;
    this.mostBuffered = Math.max(this.mostBuffered, this.bufferedSamples);
  }

  hold(): ModelPosition {
    this.#phase = 'held';
    return this.position;
  }

  release(generation: number, fromSample: number): void {
    if (this.#phase !== 'held') return;
    const index = this.#reels.findLastIndex((reel) => reel.generation === generation);
    const reel = this.#reels[index];
    if (reel !== undefined && this.#isLive(reel) && index <= this.#current) {
      const from = Math.max(0, fromSample - reel.origin);
      if (index < this.#current || from < this.#offset) {
        this.#current = index;
        this.#offset = from;
        this.#keepPosition();
      }
    }
    this.#phase = this.#isAtEnd() ? 'waiting' : 'playing';
    this.#cutHeard();
  }

  clear(generation: number): ModelPosition {
    const { position } = this;
    this.dropBelow(nextGeneration(generation));
    return position;
  }

  /** What is below this generation never plays. */
  dropBelow(generation: number): void {
    this.#lowestLive = generation;
    const playing = this.#reels[this.#current];
    if (playing !== undefined && this.#isLive(playing)) return;
    const last = this.#reels.findLastIndex((reel) => !this.#isLive(reel));
    if (last > this.#current) {
      this.#current = last;
      this.#offset = 0;
    }
    this.#phase = 'waiting';
  }

  #open(generation: number, timestamp: number): Reel {
    const reel: Reel = { generation, samples: [], origin: timestamp, complete: false };
    const newest = this.#reels.at(-1);
    if (newest !== undefined && generationDelta(generation, newest.generation) <= 0) this.faults++;
    this.#reels.push(reel);
    return reel;
  }

  #isLive(reel: Reel): boolean {
    return this.#lowestLive === null || generationDelta(reel.generation, this.#lowestLive) >= 0;
  }

  #isAtEnd(): boolean {
    const reel = this.#reels[this.#current];
    return reel === undefined || (reel.complete && this.#offset >= reel.samples.length);
  }

  #startNext(): boolean {
    const next = this.#reels[this.#current + 1];
    if (next === undefined) return false;
    if (!next.complete && next.samples.length < this.#startSamples) return false;
    this.#current++;
    this.#offset = 0;
    this.#phase = 'playing';
    this.#isStarved = false;
    this.#cutHeard();
    this.#keepPosition();
    return true;
  }

  /** Plays what is owed of the current reel; false when it can not go on. */
  #play(): boolean {
    const reel = this.#reels[this.#current]!;
    const count = Math.min(Math.floor(this.#owedSamples), reel.samples.length - this.#offset);
    const stretch = this.heard.at(-1)!;
    for (let index = 0; index < count; index++)
      stretch.samples.push(reel.samples[this.#offset + index]!);
    this.#offset += count;
    this.#owedSamples -= count;
    this.#keepPosition();
    if (count > 0) this.#isStarved = false;
    if (this.#isAtEnd()) {
      this.#phase = 'waiting';
      return true;
    }
    if (this.#owedSamples < 1) return false;
    if (!this.#isStarved) this.underruns++;
    this.#isStarved = true;
    return false;
  }

  #keepPosition(): void {
    const reel = this.#reels[this.#current]!;
    this.#position = { generation: reel.generation, playedSamples: reel.origin + this.#offset };
  }

  #cutHeard(): void {
    const reel = this.#reels[this.#current];
    if (reel !== undefined) this.heard.push({ generation: reel.generation, samples: [] });
  }
}
