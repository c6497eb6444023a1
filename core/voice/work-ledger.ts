// Decides what computing may be done now, in declared work: so much in one event, and so much per time in one isolate.

/**
 * Units (thousand multiply-adds) that all conversations of an isolate may spend in a millisecond: 8 windows of the kernel
 * (354 units each). At 50 µs a window that is 42 % of the thread; what is left moves frames.
 */
export const ISOLATE_UNITS_PER_MS = 3000;

/**
 * Units that may be spent in one go after a rest, by however many conversations: 84 windows of the kernel. At 50 µs a
 * window a frame waits 4 ms for them at most, less than half of what counts as lag.
 */
export const ISOLATE_BURST_UNITS = 30_000;

/** What a voice asks before it computes. */
export interface WorkBudget {
  /** Whether `units` may be spent now, in an event that may spend `mostPerEvent`; when true, they are. */
  take(units: number, mostPerEvent: number): boolean;
}

/**
 * One account per event, and one for the isolate that all its conversations share. Both go by the clock at the head of
 * each event alone, because the platform's clock stands still inside; the events of one isolate never overlap.
 */
export class WorkLedger implements WorkBudget {
  readonly #unitsPerMs: number;
  readonly #burstUnits: number;
  #balanceUnits: number;
  #eventUnits = 0;
  #isClosed = false;
  #nowMs = Number.NEGATIVE_INFINITY;

  constructor(unitsPerMs = ISOLATE_UNITS_PER_MS, burstUnits = ISOLATE_BURST_UNITS) {
    this.#unitsPerMs = unitsPerMs;
    this.#burstUnits = burstUnits;
    this.#balanceUnits = burstUnits;
  }

  /** An event begins. Each object has a clock of its own kind of lateness: one that lags behind earns nothing. */
  enter(nowMs: number): void {
    this.#eventUnits = 0;
    this.#isClosed = false;
    if (nowMs <= this.#nowMs) return;
    const earnedUnits = (nowMs - this.#nowMs) * this.#unitsPerMs;
    this.#balanceUnits = Math.min(this.#burstUnits, this.#balanceUnits + earnedUnits);
    this.#nowMs = nowMs;
  }

  /** Nothing more may be spent in this event: others wait behind it that are more urgent. */
  closeEvent(): void {
    this.#isClosed = true;
  }

  /** Units spent in this event so far. */
  get eventUnits(): number {
    return this.#eventUnits;
  }

  /** At least half of what may be spent in one go is there: the isolate has work to give away. */
  get hasRoom(): boolean {
    return this.#balanceUnits >= this.#burstUnits / 2;
  }

  /** Spends units on work that cannot wait, such as a codec's; what exceeds the balance leaves a debt. */
  charge(units: number): void {
    this.#eventUnits += units;
    this.#balanceUnits -= units;
  }

  /**
   * The first work of an event may exceed what an event may spend, and work that exceeds the balance leaves a debt: so
   * that a scorer that costs more than either can be used at all, as seldom as its cost asks for.
   */
  take(units: number, mostPerEvent: number): boolean {
    if (this.#isClosed || this.#balanceUnits <= 0) return false;
    if (this.#eventUnits > 0 && this.#eventUnits + units > mostPerEvent) return false;
    this.#eventUnits += units;
    this.#balanceUnits -= units;
    return true;
  }
}
