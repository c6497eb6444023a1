// Finds the turns of a recording again in what a microphone gave, by how loud each 10 ms was.

/** A turn in ms: of the recording, or of the call's axis. */
export interface SpokenTurn {
  readonly startMs: number;
  readonly endMs: number;
}

/** Of a column of the call's statistics. */
const COLUMN_MS = 10;

/** A turn that was told may end so far from where the recording's list has it. */
const SEARCHED_MS = 600;

/** It may begin later, where what is said first was not heard as speech. */
const LATE_MS = 2000;

/** Another sound than this one differs by more: a share of the turn's own loudness. */
const MOST_DIFFERENCE = 0.25;

const SAMPLES_PER_MS = 16;

/** A microphone may lose or repeat a little between two turns, so each is found for itself. */
export class VoiceFinder {
  /** The largest sample of each ms, 0 … 1. */
  readonly #peaks: Float32Array;
  readonly #turns: readonly SpokenTurn[];

  /** `voice` has 16 kHz; `turns` say where its turns sound. */
  constructor(voice: Int16Array, turns: readonly SpokenTurn[]) {
    this.#turns = turns;
    this.#peaks = Float32Array.from(
      { length: Math.floor(voice.length / SAMPLES_PER_MS) },
      (_, ms) => {
        const samples = voice.subarray(ms * SAMPLES_PER_MS, (ms + 1) * SAMPLES_PER_MS);
        return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / 32_768;
      },
    );
  }

  /**
   * Where the turn sounds, to the ms, of which the service says that it is at `told`. `columns[n]` is the largest sample of
   * the 10 ms from 10 n on. Null when it is none of the recording's.
   */
  find(columns: readonly number[], told: SpokenTurn): SpokenTurn | null {
    let found: SpokenTurn | null = null;
    let least = MOST_DIFFERENCE;
    for (const turn of this.#turns) {
      const near = Math.round(told.endMs - turn.endMs);
      if (Math.abs(told.startMs - turn.startMs - near) > LATE_MS) continue;
      for (let moved = near - SEARCHED_MS; moved <= near + SEARCHED_MS; moved++) {
        const difference = this.#difference(columns, turn, moved, least);
        if (difference >= least) continue;
        least = difference;
        found = { startMs: turn.startMs + moved, endMs: turn.endMs + moved };
      }
    }
    return found;
  }

  /** Of the columns and the turn when it is moved by so much; no more exact than whether it is at least `enough`. */
  #difference(columns: readonly number[], turn: SpokenTurn, moved: number, enough: number): number {
    const first = Math.ceil((turn.startMs + moved) / COLUMN_MS);
    const last = Math.floor((turn.endMs + moved) / COLUMN_MS);
    let difference = 0;
    let loudness = 0;
    for (let column = first; column < last; column++) {
      const peak = this.#peakOf(column * COLUMN_MS - moved);
      loudness += peak;
      difference += Math.abs(peak - (columns[column] ?? 0));
    }
    return loudness === 0 ? enough : difference / loudness;
  }

  #peakOf(fromMs: number): number {
    let peak = 0;
    for (let ms = fromMs; ms < fromMs + COLUMN_MS; ms++)
      peak = Math.max(peak, this.#peaks[ms] ?? 0);
    return peak;
  }
}
