// What the worklet tells that looks at everything the page gives to its sound device.

/** Name under which its processor is registered. */
export const TAP_PROCESSOR = 'bench-tap';

/** The largest sample of each ms, 0 … 1. */
export interface OutputPeaks {
  /** The context's time at which the first ms begins. */
  readonly fromMs: number;
  readonly peaks: readonly number[];
}
