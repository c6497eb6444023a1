// What the benchmark of collections runs: one end of a call that takes a frame every 20 ms and answers turns.

export const FRAME_MS = 20;

/** Samples of a frame, at 16 kHz. */
export const FRAME_SAMPLES = 320;

/** An answer of three seconds: a hum, because nobody listens. */
export const ANSWER = Int16Array.from(
  { length: 48_000 },
  (_, index) => 3000 * Math.sin(index / 20),
);

export interface CallUnderTest {
  /** Takes `voice[offset … offset + FRAME_SAMPLES)` and does everything that is due. */
  frame(voice: Int16Array, offset: number, nowMs: number): void;
  /** The answer to a turn is being played. */
  readonly isAnswering: boolean;
  /** Turns answered so far. */
  readonly turns: number;
}
