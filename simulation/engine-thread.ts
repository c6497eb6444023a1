// The thread that the engine runs on: its clock, its one timer, and what waits while it computes something else.

import type { Random } from './random.ts';
import type { ClockKind } from './scenario.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** What runs on the thread. */
export interface ThreadWork {
  /** When `tick` is wanted, on the thread's clock. */
  readonly nextDeadlineMs: number;
  tick(nowMs: number): void;
}

export interface ThreadOptions {
  readonly clock: ClockKind;
  /** Added to true time. */
  readonly originMs: number;
  readonly timerLateMs: number;
}

/**
 * After a computation a message or two come first, then the overdue timer, then all messages that waited, as workerd
 * was seen to do it. A timer's delay counts from the clock as it is read, so a clock that stands still makes it late.
 */
export class EngineThread {
  readonly #time: VirtualWorld;
  readonly #options: ThreadOptions;
  readonly #work: ThreadWork;
  readonly #random: Random;
  readonly #waiting: ((nowMs: number) => void)[] = [];
  #busyUntilMs = 0;
  /** What the clock last said. */
  #clockMs: number;
  /** True time at which the timer fires, and its deadline on the thread's clock. */
  #firesAtMs = Number.POSITIVE_INFINITY;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #timerNumber = 0;

  constructor(time: VirtualWorld, options: ThreadOptions, work: ThreadWork, random: Random) {
    this.#time = time;
    this.#options = options;
    this.#work = work;
    this.#random = random;
    this.#clockMs = options.originMs;
  }

  /** Something has come from outside. */
  message(run: (nowMs: number) => void): void {
    if (this.#time.nowMs < this.#busyUntilMs) this.#waiting.push(run);
    else this.#take(run);
  }

  /** Nothing runs for this long. */
  burn(forMs: number): void {
    this.#busyUntilMs = Math.max(this.#busyUntilMs, this.#time.nowMs + forMs);
    this.#time.at(this.#busyUntilMs, () => this.#catchUp());
  }

  /** The timer is gone with the memory that it was in. */
  forgetTimer(): void {
    this.#timerNumber++;
    this.#firesAtMs = Number.POSITIVE_INFINITY;
    this.#deadlineMs = Number.POSITIVE_INFINITY;
  }

  get #trueMs(): number {
    return Math.floor(this.#time.nowMs + this.#options.originMs);
  }

  #take(run: (nowMs: number) => void): void {
    const trueMs = this.#trueMs;
    const frozen = this.#options.clock === 'production';
    this.#setClock(frozen ? Math.min(trueMs, this.#deadlineMs) : trueMs);
    run(this.#clockMs);
    this.#arm();
  }

  /** A clock never goes back. */
  #setClock(nowMs: number): void {
    this.#clockMs = Math.max(this.#clockMs, Math.floor(nowMs));
  }

  #catchUp(): void {
    if (this.#time.nowMs < this.#busyUntilMs) return;
    this.#takeWaiting(Math.floor(3 * this.#random()));
    if (this.#firesAtMs <= this.#time.nowMs) this.#fire();
    this.#takeWaiting(this.#waiting.length);
  }

  #takeWaiting(count: number): void {
    for (const run of this.#waiting.splice(0, count)) this.#take(run);
  }

  #arm(): void {
    const { nextDeadlineMs } = this.#work;
    if (nextDeadlineMs === Number.POSITIVE_INFINITY) return;
    const waitMs = Math.max(0, Math.ceil(nextDeadlineMs - this.#clockMs));
    // Timers fire at whole milliseconds.
    const dueMs = Math.floor(this.#time.nowMs) + waitMs;
    if (dueMs >= this.#firesAtMs) return;
    const number = ++this.#timerNumber;
    this.#deadlineMs = this.#clockMs + waitMs;
    this.#firesAtMs = Math.max(this.#time.nowMs, dueMs + this.#lateMs());
    this.#time.at(this.#firesAtMs, () => {
      if (number === this.#timerNumber && this.#time.nowMs >= this.#busyUntilMs) this.#fire();
    });
  }

  #lateMs(): number {
    const { clock, timerLateMs } = this.#options;
    return clock === 'virtual' ? 0 : timerLateMs * -Math.log(1 - this.#random());
  }

  #fire(): void {
    const frozen = this.#options.clock === 'production';
    this.#setClock(frozen ? this.#deadlineMs : this.#trueMs);
    this.forgetTimer();
    // The deadline may have moved away since the timer was set.
    if (this.#work.nextDeadlineMs <= this.#clockMs) this.#work.tick(this.#clockMs);
    this.#arm();
  }
}
