// Adds up what an agent says its answers have cost.

import { NAME_MAX_CHARACTERS } from '../wire/limits.ts';
import type { UsageReport } from './agent.ts';

/** Different amounts that are kept; a vendor reports about ten. */
const MOST_AMOUNTS = 50;

/** Sums by name. */
export class UsageTotal {
  readonly #sums = new Map<string, number>();

  /** Adds a report and returns what of it has counted: finite amounts, under names that there is room for. */
  add(report: UsageReport): UsageReport {
    const counted: Record<string, number> = {};
    for (const [given, amount] of Object.entries(report)) {
      const name = given.slice(0, NAME_MAX_CHARACTERS);
      const isKept = this.#sums.has(name) || this.#sums.size < MOST_AMOUNTS;
      if (!isKept || !Number.isFinite(amount)) continue;
      counted[name] = amount;
      this.#sums.set(name, (this.#sums.get(name) ?? 0) + amount);
    }
    return counted;
  }

  get sums(): UsageReport {
    return Object.fromEntries(this.#sums);
  }

  restore(sums: UsageReport): void {
    this.#sums.clear();
    for (const [name, sum] of Object.entries(sums)) this.#sums.set(name, sum);
  }
}
