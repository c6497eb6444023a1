// Work that can wait: done while nobody speaks and nothing plays, and at its deadline at the latest.

/** Deadlines of the jobs that wait, by name. */
export type DeferredWorkSnapshot = Readonly<Record<string, number>>;

/** A few jobs, known by name from the beginning; each waits at most once. */
export class DeferredWork<Name extends string> {
  readonly #names: readonly Name[];
  readonly #jobs: Readonly<Record<Name, () => void>>;
  /** Infinity for a job that does not wait. */
  readonly #deadlinesMs: Float64Array;

  constructor(jobs: Readonly<Record<Name, () => void>>) {
    this.#names = Object.keys(jobs) as Name[];
    this.#jobs = jobs;
    this.#deadlinesMs = new Float64Array(this.#names.length).fill(Number.POSITIVE_INFINITY);
  }

  /** When the next job is done whatever happens. */
  get nextDeadlineMs(): number {
    let earliestMs = Number.POSITIVE_INFINITY;
    for (let job = 0; job < this.#deadlinesMs.length; job++) {
      earliestMs = Math.min(earliestMs, this.#deadlinesMs[job]!);
    }
    return earliestMs;
  }

  /** Has a job wait; one that waits already keeps the earlier deadline. */
  defer(name: Name, deadlineMs: number): void {
    const job = this.#names.indexOf(name);
    this.#deadlinesMs[job] = Math.min(this.#deadlinesMs[job]!, deadlineMs);
  }

  /** A job was done by other means. */
  cancel(name: Name): void {
    this.#deadlinesMs[this.#names.indexOf(name)] = Number.POSITIVE_INFINITY;
  }

  /** Does every job that waits when it is quiet, else those whose deadlines have come. */
  run(isQuiet: boolean, nowMs: number): void {
    for (let job = 0; job < this.#names.length; job++) {
      const deadlineMs = this.#deadlinesMs[job]!;
      if (deadlineMs === Number.POSITIVE_INFINITY || !(isQuiet || nowMs >= deadlineMs)) continue;
      this.#deadlinesMs[job] = Number.POSITIVE_INFINITY;
      this.#jobs[this.#names[job]!]();
    }
  }

  snapshot(): DeferredWorkSnapshot {
    return Object.fromEntries(this.#names.map((name, job) => [name, this.#deadlinesMs[job]!]));
  }

  restore(snapshot: DeferredWorkSnapshot): void {
    this.#names.forEach((name, job) => {
      this.#deadlinesMs[job] = snapshot[name] ?? Number.POSITIVE_INFINITY;
    });
  }
}
