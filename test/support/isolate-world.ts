// An isolate and the network before it, on virtual time: computations and stalls delay what they would delay in truth.

import type { VirtualWorld } from '../../simulation/virtual-world.ts';

/** `real`: goes on during computation, as on this machine. `deployed`: stands still until its timers have run. */
export type IsolateClock = 'real' | 'deployed';

interface Timer {
  readonly deadlineMs: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * One thread. While it computes, messages and timers wait. Afterwards, as workerd was seen to do it: at times a message
 * or two, then the timers that are overdue, once, then all messages that wait, then timers that were started meanwhile.
 */
export class IsolateWorld {
  readonly #world: VirtualWorld;
  readonly #clock: IsolateClock;
  readonly #random: () => number;
  readonly #messages: (() => void)[] = [];
  readonly #timers = new Set<Timer>();
  #busyUntilMs = 0;
  #order = 0;
  #nowMs = 0;

  constructor(world: VirtualWorld, clock: IsolateClock, random: () => number) {
    this.#world = world;
    this.#clock = clock;
    this.#random = random;
  }

  /** The clock as the code in the isolate reads it. */
  readonly now = (): number => this.#nowMs;

  /** Nothing runs for this long. */
  burn(durationMs: number): void {
    this.#busyUntilMs = this.#world.nowMs + durationMs;
    this.#world.at(this.#busyUntilMs, () => this.#catchUp());
  }

  /** A message has reached the isolate. */
  deliver(run: () => void): void {
    this.#messages.push(run);
    if (!this.#isBusy) this.#takeMessages(1);
  }

  /** As setTimeout, whose delays count from the clock as it is read. */
  readonly startTimer = (run: () => void, delayMs: number): Timer => {
    const timer = { deadlineMs: this.#nowMs + delayMs, order: this.#order++, run };
    this.#timers.add(timer);
    const lateMs = Math.floor(3 * this.#random());
    this.#world.at(timer.deadlineMs + lateMs, () => {
      if (!this.#isBusy) this.#fire(timer);
    });
    return timer;
  };

  readonly stopTimer = (timer: Timer): void => {
    this.#timers.delete(timer);
  };

  get #isBusy(): boolean {
    return this.#world.nowMs < this.#busyUntilMs;
  }

  #catchUp(): void {
    this.#takeMessages(Math.floor(3 * this.#random()));
    for (const timer of this.#overdue()) this.#fire(timer);
    this.#takeMessages(this.#messages.length);
    for (;;) {
      const [earliest] = this.#overdue();
      if (earliest === undefined) return;
      this.#fire(earliest);
    }
  }

  #overdue(): Timer[] {
    return [...this.#timers]
      .filter(({ deadlineMs }) => deadlineMs <= this.#world.nowMs)
      .sort((one, other) => one.deadlineMs - other.deadlineMs || one.order - other.order);
  }

  #takeMessages(count: number): void {
    for (const run of this.#messages.splice(0, count)) {
      this.#nowMs = this.#messageClockMs();
      run();
    }
  }

  #messageClockMs(): number {
    const trueMs = Math.floor(this.#world.nowMs);
    if (this.#clock === 'real') return trueMs;
    const earliestMs = Math.min(...[...this.#timers].map(({ deadlineMs }) => deadlineMs));
    return Math.max(this.#nowMs, Math.min(trueMs, earliestMs));
  }

  #fire(timer: Timer): void {
    if (!this.#timers.delete(timer)) return;
    const trueMs = Math.floor(this.#world.nowMs);
    this.#nowMs = this.#clock === 'real' ? trueMs : Math.max(this.#nowMs, timer.deadlineMs);
    timer.run();
  }
}

/** One direction of a connection: in order, with a delay and its jitter, and a place where everything may stall. */
export class StallingLine {
  readonly #world: VirtualWorld;
  readonly #delayMs: () => number;
  #stalledUntilMs = 0;
  #passedMs = 0;
  #lastMs = 0;

  /** `delayMs` is drawn for every message. */
  constructor(world: VirtualWorld, delayMs: () => number) {
    this.#world = world;
    this.#delayMs = delayMs;
  }

  /** What passes the place of the stall from now on waits there for this long. */
  stall(durationMs: number): void {
    this.#stalledUntilMs = this.#world.nowMs + durationMs;
  }

  /** `share` of the way (0..1) lies before the place where the line stalls. */
  send(run: () => void, share: number): void {
    const delayMs = this.#delayMs();
    this.#passedMs = Math.max(this.#passedMs, this.#world.nowMs + share * delayMs);
    this.#world.at(this.#passedMs, () => {
      const leavesMs = Math.max(this.#world.nowMs, this.#stalledUntilMs);
      this.#lastMs = Math.max(this.#lastMs, leavesMs + (1 - share) * delayMs);
      this.#world.at(this.#lastMs, run);
    });
  }
}
