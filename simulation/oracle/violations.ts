// What a run did that it must not do.

import type { Law } from './laws.ts';

export interface Violation {
  readonly law: Law;
  readonly atMs: number;
  readonly sentence: string;
}

/** Violations kept of one run; what follows from the first few tells nothing new. */
const KEPT = 20;

export class Violations {
  readonly list: Violation[] = [];
  count = 0;
  /** Time of what is being looked at. */
  nowMs = 0;

  add(law: Law, sentence: string): void {
    this.count++;
    if (this.list.length < KEPT) this.list.push({ law, atMs: Math.round(this.nowMs), sentence });
  }

  /** Adds a violation unless the law holds. */
  demand(law: Law, holds: boolean, sentence: () => string): void {
    if (!holds) this.add(law, sentence());
  }
}
