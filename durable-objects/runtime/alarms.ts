// Many named deadlines on the one alarm of an object.

/** What the alarms need of their surroundings. */
export interface AlarmPorts {
  /** Sets the one alarm; costs a row. */
  readonly setAlarm: (atMs: number) => void;
  /** A handler has thrown; it is called again later. */
  readonly failed: (name: string, fault: unknown) => void;
}

/** Called when a deadline has come, perhaps late and perhaps twice; what is still to be done it wants again. */
export type AlarmHandler = (nowMs: number) => void | Promise<void>;

interface Deadline {
  readonly handler: AlarmHandler;
  atMs: number;
  /** Times in a row that the handler has thrown. */
  failures: number;
}

/** Wait after a handler has thrown; it doubles with every further fault, up to the longest. */
const FIRST_BACK_OFF_MS = 1000;
const LONGEST_BACK_OFF_MS = 300_000;

/** An alarm that has not come so long after its time is taken for lost, and set again (cloudflare-docs#18324). */
const STUCK_MS = 5000;

/** The runtime loses an alarm that is set to the present from inside the handler (workerd#6866). */
const LEAST_AHEAD_MS = 5;

/**
 * The deadlines are in memory: whoever wants one says so again after a wake-up, before the first `settle`. The alarm is
 * moved only to be earlier; a later deadline is found when it fires. Only before the object sleeps is it moved to be later,
 * because it would wake the object for nothing, and be set again then for the same price.
 */
export class Alarms<Name extends string> {
  readonly #ports: AlarmPorts;
  readonly #deadlines = new Map<Name, Deadline>();
  /** The alarm that stands; Infinity for none that is known of. */
  #alarmAtMs = Number.POSITIVE_INFINITY;

  constructor(ports: AlarmPorts, handlers: Readonly<Record<Name, AlarmHandler>>) {
    this.#ports = ports;
    for (const [name, handler] of Object.entries<AlarmHandler>(handlers)) {
      const deadline = { handler, atMs: Number.POSITIVE_INFINITY, failures: 0 };
      this.#deadlines.set(name as Name, deadline);
    }
  }

  /** Has the handler of this name called at `atMs` or soon after, Infinity for never, in place of what was wanted before. */
  want(name: Name, atMs: number): void {
    this.#deadlines.get(name)!.atMs = atMs;
  }

  /** Sets the alarm where that is needed; called at the end of every event. `isLast`: the object may sleep from now on. */
  settle(nowMs: number, isLast = false): void {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (const { atMs } of this.#deadlines.values()) earliestMs = Math.min(earliestMs, atMs);
    if (earliestMs === Number.POSITIVE_INFINITY) return;
    // An alarm takes whole milliseconds; compared with a fraction, it would be set again in every event.
    earliestMs = Math.ceil(earliestMs);
    const isStuck = nowMs > this.#alarmAtMs + STUCK_MS;
    const isEarlier = earliestMs < this.#alarmAtMs;
    const isLater = earliestMs > this.#alarmAtMs;
    if (!isEarlier && !isStuck && !(isLast && isLater)) return;
    this.#alarmAtMs = Math.ceil(Math.max(earliestMs, nowMs + LEAST_AHEAD_MS));
    this.#ports.setAlarm(this.#alarmAtMs);
  }

  /**
   * The alarm has fired: calls the handlers whose deadlines have come. Never rejects, because an alarm whose handler keeps
   * throwing is given up by the runtime; whoever has thrown is called again after a while.
   */
  async fired(nowMs: number): Promise<void> {
    this.#alarmAtMs = Number.POSITIVE_INFINITY;
    for (const [name, deadline] of this.#deadlines) {
      if (deadline.atMs > nowMs) continue;
      deadline.atMs = Number.POSITIVE_INFINITY;
      try {
        await deadline.handler(nowMs);
        deadline.failures = 0;
      } catch (fault) {
        this.#ports.failed(name, fault);
        const waitMs = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** deadline.failures);
        deadline.failures++;
        deadline.atMs = Math.min(deadline.atMs, nowMs + waitMs);
      }
    }
    this.settle(nowMs);
  }
}
