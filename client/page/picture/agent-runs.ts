// Where on the axis the agent was heard, from what the player says of its position.

/** A report may lie so far off the line of those before and still be of the same run: stretched speech, late reports. */
const TOLERANCE_MS = 150;

/** A generation, and the utterance that it carries. */
type Carried = Pick<AgentRun, 'generation' | 'utterance'>;

/** An unbroken stretch of an utterance, as it was heard. */
export interface AgentRun {
  readonly generation: number;
  readonly utterance: number;
  readonly startMs: number;
  endMs: number;
  endContentMs: number;
}

/** Puts positions together to runs. A hold, an underrun or an outage ends one, and the next begins where it goes on. */
export class AgentRuns {
  readonly runs: AgentRun[] = [];

  /** At `atMs`, `contentMs` of a generation had been heard. Returns how much of that is news. */
  heard(carried: Carried, contentMs: number, atMs: number): number {
    const run = this.#runOf(carried.generation);
    const heardMs = contentMs - (run?.endContentMs ?? 0);
    const lengthMs = Math.max(0, heardMs);
    if (heardMs === 0) return 0;
    const isOnLine =
      run !== undefined && heardMs > 0 && Math.abs(run.endMs + heardMs - atMs) <= TOLERANCE_MS;
    if (isOnLine) {
      run.endMs = Math.max(run.endMs, atMs);
      run.endContentMs = contentMs;
    } else this.#begin(carried, contentMs, lengthMs, atMs);
    return lengthMs;
  }

  /** Forgets runs that ended before this. */
  dropBefore(ms: number): void {
    while (this.runs.length > 1 && this.runs[0]!.endMs < ms) this.runs.shift();
  }

  #begin(
    { generation, utterance }: Carried,
    contentMs: number,
    lengthMs: number,
    atMs: number,
  ): void {
    const startMs = Math.max(0, atMs - lengthMs);
    this.runs.push({ generation, utterance, startMs, endMs: atMs, endContentMs: contentMs });
  }

  #runOf(generation: number): AgentRun | undefined {
    const last = this.runs.at(-1);
    return last?.generation === generation ? last : undefined;
  }
}
