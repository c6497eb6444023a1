// How long a sample takes from Web Audio to the ear, as far as the browser knows.

import type { OutputLatencySource } from './call-statistics.ts';

/** What is assumed where the browser says nothing: a usual laptop's device buffer. */
const ASSUMED_MS = 40;

/** An AudioContext, in seconds, of a browser that may not know everything. */
interface LatencyTeller {
  readonly outputLatency?: number;
  readonly baseLatency?: number;
}

/** Firefox and Chromium have `outputLatency`; Safari has `baseLatency` alone, which leaves out the device. */
export function outputLatency(context: LatencyTeller): {
  readonly latencyMs: number;
  readonly source: OutputLatencySource;
} {
  for (const source of ['outputLatency', 'baseLatency'] as const) {
    const seconds = context[source];
    if (seconds !== undefined && seconds > 0) return { latencyMs: seconds * 1000, source };
  }
  return { latencyMs: ASSUMED_MS, source: 'assumed' };
}
