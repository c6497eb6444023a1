// The one time axis of a picture: ms of the caller's sound. The engine's clock is placed on it.

/** Engine rate: positions on a timeline are samples of it. */
const SAMPLES_PER_MS = 16;

/** A capture stream of the client: between two of them nobody captured, and the axis stands still. */
interface Stretch {
  readonly fromAtMs: number;
  readonly rateHz: number;
  readonly baseSample: number;
  /** Least known distance from sound to the engine's clock: that of the packet that came fastest; null before any did. */
  offsetMs: number | null;
}

/** Where a position of the caller's audio lies on the axis. */
export function soundMs(sample: number): number {
  return sample / SAMPLES_PER_MS;
}

/** Learns, from every line that tells both, how the engine's clock lies beside the caller's sound. */
export class CallAxis {
  readonly #stretches: Stretch[] = [];

  /** A capture stream begins at this time of the engine's clock. */
  stream(atMs: number, rateHz: number, baseSample: number): void {
    const last = this.#stretches.at(-1);
    if (last !== undefined && last.baseSample === baseSample && last.rateHz === rateHz) return;
    this.#stretches.push({ fromAtMs: atMs, rateHz, baseSample, offsetMs: null });
  }

  /** The caller's sound up to `sample` was known at `atMs`. */
  known(atMs: number, sample: number): void {
    const stretch = this.#stretchAt(atMs);
    if (stretch === null || sample < stretch.baseSample) return;
    const offsetMs = atMs - soundMs(sample);
    stretch.offsetMs = Math.min(stretch.offsetMs ?? offsetMs, offsetMs);
  }

  /** Where a time of the engine's clock lies; never before the stream's first sample. */
  at(atMs: number): number {
    const stretch = this.#stretchAt(atMs);
    if (stretch === null) return Math.max(0, atMs);
    const startMs = soundMs(stretch.baseSample);
    // Until any is known, sound is taken to begin with the stream.
    return Math.max(startMs, atMs - (stretch.offsetMs ?? stretch.fromAtMs - startMs));
  }

  /** Where a media timestamp of the stream lies; streams count from 0. */
  atTimestamp(atMs: number, timestamp: number): number | null {
    const stretch = this.#stretchAt(atMs);
    if (stretch === null) return null;
    return soundMs(stretch.baseSample) + (timestamp * 1000) / stretch.rateHz;
  }

  /** Where the newest stream begins. */
  get streamStartMs(): number {
    return soundMs(this.#stretches.at(-1)?.baseSample ?? 0);
  }

  #stretchAt(atMs: number): Stretch | null {
    for (let index = this.#stretches.length - 1; index >= 0; index--) {
      const stretch = this.#stretches[index]!;
      if (stretch.fromAtMs <= atMs || index === 0) return stretch;
    }
    return null;
  }
}
