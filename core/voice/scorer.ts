// The port behind which every voice activity scorer stands: the WASM kernel, the energy scorer, and others later.

/** Rate at which every scorer works, in Hz. */
export const SCORER_RATE_HZ = 16_000;

/** Samples of one scored window (32 ms at 16 kHz), the hop of Silero VAD. */
export const WINDOW_SAMPLES = 512;

/** Hears the scores, in the order of submission; may be called from inside `submit` or in a later event. */
export interface ScoreListener {
  /** `index` is the number that was given to `submit`; `probability` of speech lies in 0..1. */
  onScore(index: number, probability: number): void;
}

/**
 * Scores windows of one stream. An implementation belongs to one conversation and is driven by one caller at a time.
 * It may answer inside `submit` or in a later event, but always in order and exactly once per window.
 */
export interface Scorer {
  /** Short name shown in statistics. */
  readonly name: string;
  /** Declared cost of one window, in thousand multiply-adds. */
  readonly unitsPerWindow: number;
  /** The answer just given is loudness compared with the noise, because the model is away; never, where this is missing. */
  readonly isStandingIn?: boolean | undefined;
  /** Takes a window of WINDOW_SAMPLES samples at SCORER_RATE_HZ; the array belongs to the caller again after the call. */
  submit(index: number, window: Int16Array): void;
  /** Forgets the past: the next window submitted starts a new stream. Answers still owed come as they would have. */
  reset(): void;
  /** A copy of the model's state, for `restore` of the same kind of scorer. */
  snapshot(): Float32Array;
  /** Takes a state made by `snapshot`; a state of another length means `reset`. */
  restore(state: Float32Array): void;
}

/** Makes the scorer of one conversation. */
export type ScorerFactory = (listener: ScoreListener) => Scorer;
