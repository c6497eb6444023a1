// Lines of an observer's stream for tests, complete with what a test does not care about.

import type { CallStatistics } from '../../client/browser/call-statistics.ts';
import type { Moment } from '../../core/observation/observed-line.ts';

/** A moment in which nothing goes on. */
export function momentAt(atMs: number, changes: Partial<Moment> = {}): Moment {
  return {
    type: 'moment',
    atMs,
    endSample: 0,
    level: { fromSample: 0, peaks: [] },
    said: { fromSample: 0, peaks: [] },
    scores: { samples: [], percents: [] },
    thresholds: { enter: 0.5, leave: 0.35 },
    connected: true,
    muted: false,
    scorer: 'kernel',
    scoringLevel: 'full',
    waitingWindows: 0,
    backlogMs: 0,
    work: { units: 0, budgetUnits: 1000 },
    lead: { ms: 0, targetMs: 600 },
    client: {
      underruns: 0,
      concealedMs: 0,
      stretchMs: 0,
      bufferedMs: 0,
      lagMs: 0,
      roundTripMs: null,
      networkLags: 0,
      isolateLags: 0,
    },
    uplink: { packetsReceived: 0, packetsDuplicated: 0, overruns: 0, gapEvents: 0, gapSamples: 0 },
    isolate: { lagP99Ms: 0, lagMaxMs: 0, lagWarnings: 0 },
    ...changes,
  };
}

const NO_LAG = { count: 0, p50Ms: 0, p99Ms: 0, maxMs: 0 };

/** Statistics of a call in which nothing goes on. */
export function statisticsAt(
  atMs: number,
  changes: {
    readonly uplink?: Partial<CallStatistics['uplink']>;
    readonly playback?: Partial<CallStatistics['playback']>;
    readonly network?: Partial<CallStatistics['network']>;
  } = {},
): CallStatistics {
  return {
    atMs,
    pageTimeMs: atMs,
    uplink: {
      columns: [],
      levelDb: -120,
      muted: false,
      gaps: 0,
      gapSamples: 0,
      packetsKept: 0,
      packetsResent: 0,
      packetsOverwritten: 0,
      ...changes.uplink,
    },
    playback: {
      columns: [],
      generation: 0,
      playedMs: 0,
      receivedMs: 0,
      playing: false,
      bufferedMs: 0,
      targetLeadMs: 600,
      underruns: 0,
      overruns: 0,
      concealedMs: 0,
      stretchMs: 0,
      packetsDuplicated: 0,
      packetsCleared: 0,
      ...changes.playback,
    },
    network: {
      connections: 1,
      roundTripMs: 20,
      lagMs: 0,
      lagCause: null,
      lag: NO_LAG,
      lagByCause: { network: NO_LAG, isolate: NO_LAG },
      violations: 0,
      unknownMessages: 0,
      ...changes.network,
    },
    devices: {
      rateHz: 48_000,
      capture: { label: '', echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      captureDelayMs: 0,
      playbackDelayMs: 0,
      outputLatencyMs: 0,
      outputLatencySource: 'assumed',
    },
  };
}
