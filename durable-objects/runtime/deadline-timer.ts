// Wakes the conversation at its next deadline: by a timer when that is near, by the object's alarm when it is far.

/**
 * A deadline this far away goes on the alarm, so that the object can sleep: the runtime lets it after ten idle seconds,
 * but never while a timer is pending.
 */
const NEAR_MS = 5000;

/**
 * Timers die with the memory. While one is pending, an alarm stands behind it at most this far away, so that a
 * conversation whose client never comes back still reaches its end. One write a minute.
 */
const SAFETY_NET_MS = 60_000;

/** The part of the object's storage that keeps the alarm. */
export interface AlarmStorage {
  setAlarm(scheduledMs: number, options: { readonly allowUnconfirmed: boolean }): Promise<void>;
}

/** What the timer needs of its surroundings. */
export interface DeadlineTimerPorts {
  readonly alarms: AlarmStorage;
  /** Called when a deadline may have come; the owner calls `arm` again afterwards. */
  readonly wake: () => void;
  /** Sees to a promise that nobody waits for. */
  readonly background: (name: string, work: Promise<void>) => void;
}

/** One timer and one alarm. Either may fire early: the owner finds that nothing is due, and arms again. */
export class DeadlineTimer {
  readonly #ports: DeadlineTimerPorts;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerAtMs = Number.POSITIVE_INFINITY;
  /** The alarm that stands; Infinity for none that is known of. */
  #alarmAtMs = Number.POSITIVE_INFINITY;

  constructor(ports: DeadlineTimerPorts) {
    this.#ports = ports;
  }

  /** Whether a timer is pending, which keeps the object awake. */
  get isNear(): boolean {
    return this.#timer !== null;
  }

  /** Sees that `wake` is called at the deadline (Infinity for none). Cheap when the deadline has not moved to be earlier. */
  arm(deadlineMs: number, nowMs: number): void {
    if (deadlineMs - nowMs > NEAR_MS) {
      this.#clearTimer();
      this.#setAlarmBy(deadlineMs);
      return;
    }
    this.#setTimerBy(deadlineMs, nowMs);
    if (this.#alarmAtMs > nowMs + SAFETY_NET_MS) this.#setAlarmBy(nowMs + SAFETY_NET_MS);
  }

  /** The alarm has fired: none stands any more. */
  alarmFired(): void {
    this.#alarmAtMs = Number.POSITIVE_INFINITY;
  }

  /** A timer is moved only to be earlier; one that fires too early costs less than a new one for every frame. */
  #setTimerBy(deadlineMs: number, nowMs: number): void {
    if (this.#timer !== null && this.#timerAtMs <= deadlineMs) return;
    this.#clearTimer();
    this.#timerAtMs = deadlineMs;
    // Rounded up, because the runtime cuts fractions off and would wake before the deadline.
    this.#timer = setTimeout(() => this.#timerFired(), Math.max(0, Math.ceil(deadlineMs - nowMs)));
  }

  #timerFired(): void {
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
    this.#ports.wake();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerAtMs = Number.POSITIVE_INFINITY;
  }

  /** An alarm, too, is moved only to be earlier. Unconfirmed: audio must not wait until it is on disk. */
  #setAlarmBy(deadlineMs: number): void {
    if (deadlineMs >= this.#alarmAtMs) return;
    this.#alarmAtMs = deadlineMs;
    const set = this.#ports.alarms.setAlarm(Math.ceil(deadlineMs), { allowUnconfirmed: true });
    this.#ports.background('set-alarm', set);
  }
}
