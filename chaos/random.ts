// Seeded randomness: the same seed gives the same plan of faults.

/** 32 bits of state (mulberry32, T. Ettinger): enough to choose faults and instants with. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number from 0 to 1, 1 excluded. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number in [from, to). */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from));
  }

  /** Time until the next of events that come at random, `meanMs` apart. */
  waitMs(meanMs: number): number {
    return -meanMs * Math.log(1 - this.next());
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.between(0, items.length)]!;
  }

  /** The same items in another order (Fisher and Yates). */
  shuffled<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items];
    for (let left = shuffled.length; left > 1; left--) {
      const taken = this.between(0, left);
      [shuffled[left - 1], shuffled[taken]] = [shuffled[taken]!, shuffled[left - 1]!];
    }
    return shuffled;
  }
}
