// Virtual time in which computing takes as long as it takes on this machine, others' work there not counted.

import process from 'node:process';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import type { World } from '../support/world.ts';

/** CPU time of all threads of this process, so the compiler's and the collector's too: no less than an idle machine would take. */
function computedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Events happen at their virtual times; within one, `preciseMs` goes on as this process computes. */
export class ClockedWorld implements World {
  readonly #world = new VirtualWorld();
  #begunMs = 0;

  get nowMs(): number {
    return this.#world.nowMs;
  }

  /** Now, and the time that this event has computed for. */
  get preciseMs(): number {
    return this.nowMs + computedMs() - this.#begunMs;
  }

  at(timeMs: number, run: () => void): void {
    this.#world.at(timeMs, () => {
      this.#begunMs = computedMs();
      run();
    });
  }

  runTo(timeMs: number): void {
    this.#world.runTo(timeMs);
  }
}
