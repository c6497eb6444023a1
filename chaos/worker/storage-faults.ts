// An object's storage that refuses, dies and delays when told to.

/** Text of SQLite for a disk that takes nothing more (sqlite.org/rescode.html#full). */
const FULL = 'database or disk is full: SQLITE_FULL';

/** When an object dies of a write: before the runtime can commit it, or in the next turn of its loop. */
export type AbortMoment = 'in-turn' | 'next-turn';

/**
 * Stands before the methods that write, on the very objects that the runtime hands out: what is written goes through
 * one place, `write`. As on the runtime, a synchronous method throws and an asynchronous one rejects.
 */
export class StorageFaults {
  readonly #abort: () => void;
  readonly #wrote: () => void;
  #refusedUntilMs = 0;
  /** A refusal that begins with the next write; 0 for none. */
  #comingMs = 0;
  #refused: () => void = () => {};
  #abortMoment: AbortMoment | null = null;
  readonly #setAlarm: (at: number) => Promise<void>;
  /** The alarm that this memory has set last. */
  #alarmAtMs = 0;
  #alarmDelayMs = 0;
  #alarmDelayed: () => void = () => {};

  /** `wrote` is called with each write that what is sent later rests on. */
  constructor(ctx: DurableObjectState, wrote: () => void) {
    this.#wrote = wrote;
    this.#abort = () => ctx.abort('chaos');
    const { storage } = ctx;
    const { kv } = storage;
    const put = storage.put.bind(storage) as (...args: unknown[]) => Promise<void>;
    const kvPut = kv.put.bind(kv);
    const setAlarm = storage.setAlarm.bind(storage);
    this.#setAlarm = (at) => setAlarm(at, { allowUnconfirmed: true });
    Object.defineProperty(storage, 'put', {
      value: async (...args: unknown[]) => this.#write(() => put(...args)),
    });
    Object.defineProperty(storage, 'setAlarm', {
      value: (at: number, options: DurableObjectSetAlarmOptions) => {
        this.#alarmAtMs = at + this.#takeAlarmDelay();
        return setAlarm(this.#alarmAtMs, options);
      },
    });
    Object.defineProperty(kv, 'put', {
      value: (key: string, value: unknown) => {
        this.#write(() => kvPut(key, value));
        this.#wrote();
      },
    });
    Object.defineProperty(storage, 'kv', { value: kv });
  }

  /** The next write finds the storage full, and so does every one for `durationMs`. Resolves when it has come. */
  refuseNext(durationMs: number): Promise<void> {
    this.#comingMs = durationMs;
    return new Promise((resolve) => {
      this.#refused = resolve;
    });
  }

  /** The next write is the last thing that this memory does: the promise rejects with it, and never resolves. */
  abortAtNextWrite(moment: AbortMoment): Promise<never> {
    this.#abortMoment = moment;
    return new Promise(() => {});
  }

  /** The alarm that stands, or the next that is set, comes so much later than asked for; resolves when that is sure. */
  delayAlarm(delayMs: number): Promise<void> {
    if (this.#alarmAtMs > Date.now()) {
      this.#alarmAtMs += delayMs;
      return this.#setAlarm(this.#alarmAtMs);
    }
    this.#alarmDelayMs = delayMs;
    return new Promise((resolve) => {
      this.#alarmDelayed = resolve;
    });
  }

  #takeAlarmDelay(): number {
    const delayMs = this.#alarmDelayMs;
    this.#alarmDelayMs = 0;
    this.#alarmDelayed();
    return delayMs;
  }

  #write<Result>(write: () => Result): Result {
    if (this.#comingMs > 0) {
      this.#refusedUntilMs = Date.now() + this.#comingMs;
      this.#comingMs = 0;
      this.#refused();
    }
    if (Date.now() < this.#refusedUntilMs) throw new Error(FULL);
    const result = write();
    const moment = this.#abortMoment;
    this.#abortMoment = null;
    if (moment === 'in-turn') queueMicrotask(this.#abort);
    if (moment === 'next-turn') setTimeout(this.#abort, 0);
    return result;
  }
}
