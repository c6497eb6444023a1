// One direction of a connection: in order, with delay, jitter, a rate, and times at which everything stalls.

import type { Random } from './random.ts';
import type { LineShape } from './scenario.ts';
import type { VirtualWorld } from './virtual-world.ts';

export interface Stall {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Jitter is cut at so many times its mean. */
const MOST_JITTER = 6;

/** The longest that a message can take on a line without stalls or a rate. */
export function longestDelayMs({ delayMs, jitterMs }: LineShape): number {
  return delayMs + MOST_JITTER * jitterMs;
}

export class NetworkLine {
  readonly #time: VirtualWorld;
  readonly #shape: LineShape;
  readonly #stalls: readonly Stall[];
  readonly #random: Random;
  #freeMs = 0;
  #lastMs = 0;

  constructor(time: VirtualWorld, shape: LineShape, stalls: readonly Stall[], random: Random) {
    this.#time = time;
    this.#shape = shape;
    this.#stalls = stalls;
    this.#random = random;
  }

  /** How long what was sent last is still under way. */
  get backlogMs(): number {
    return Math.max(0, this.#lastMs - this.#time.nowMs);
  }

  /** Sends a message of so many bytes; `deliver` runs when it arrives. */
  send(bytes: number, deliver: () => void): void {
    const { kbitPerSecond } = this.#shape;
    this.#freeMs = Math.max(this.#freeMs, this.#time.nowMs);
    if (kbitPerSecond > 0) this.#freeMs += (bytes * 8) / kbitPerSecond;
    this.#lastMs = Math.max(this.#lastMs, this.#afterStalls(this.#freeMs + this.#delayMs()));
    this.#time.at(this.#lastMs, deliver);
  }

  #delayMs(): number {
    const { delayMs, jitterMs } = this.#shape;
    if (jitterMs === 0) return delayMs;
    return delayMs + jitterMs * Math.min(MOST_JITTER, -Math.log(1 - this.#random()));
  }

  #afterStalls(arrivalMs: number): number {
    let ms = arrivalMs;
    for (const { fromMs, toMs } of this.#stalls) if (ms >= fromMs && ms < toMs) ms = toMs;
    return ms;
  }
}
