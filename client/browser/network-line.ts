// One direction of a connection under network conditions: what goes in comes out in order, later.

import type { NetworkConditions } from './network-conditions.ts';

/** With no conditions everything is due at once. Time is an argument, and so is chance: a number from 0 to 1. */
export class NetworkLine<Item> {
  readonly #chance: () => number;
  readonly #items: { readonly item: Item; readonly dueMs: number }[] = [];
  #conditions: NetworkConditions = {};
  #lastDueMs = Number.NEGATIVE_INFINITY;

  constructor(chance: () => number) {
    this.#chance = chance;
  }

  /** Applies to what is pushed from now on. */
  set conditions(conditions: NetworkConditions) {
    this.#conditions = conditions;
  }

  /** Whether what is pushed now may go at once, past the line. */
  isFree(nowMs: number): boolean {
    return this.#items.length === 0 && this.#dueMs(nowMs, 0) <= nowMs;
  }

  /** Time at which `take` has something, Infinity while the line is empty. */
  get nextDeadlineMs(): number {
    return this.#items[0]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  push(item: Item, nowMs: number): void {
    const dueMs = this.#dueMs(nowMs, this.#chance());
    this.#lastDueMs = dueMs;
    this.#items.push({ item, dueMs });
  }

  /** The next item that is due, undefined when none is. */
  take(nowMs: number): Item | undefined {
    return this.nextDeadlineMs <= nowMs ? this.#items.shift()?.item : undefined;
  }

  /** The connection is gone, and what was under way with it. */
  clear(): void {
    this.#items.length = 0;
    this.#lastDueMs = Number.NEGATIVE_INFINITY;
  }

  #dueMs(nowMs: number, share: number): number {
    const { delayMs = 0, jitterMs = 0, stallMs = 0, stallEveryMs = 0 } = this.#conditions;
    const arrivalMs = Math.max(this.#lastDueMs, nowMs + delayMs + jitterMs * share);
    if (stallMs <= 0 || stallEveryMs <= 0) return arrivalMs;
    const intoMs = arrivalMs % stallEveryMs;
    return intoMs < stallMs ? arrivalMs + stallMs - intoMs : arrivalMs;
  }
}
