// What an isochronous exit is put through: a stream, and the network and ticks that it has. A run follows from it alone.

import { oneOf, type Random, randomOf, wholeBetween } from '../random.ts';

/** What would arrive within this time arrives at its end. */
export interface Stall {
  readonly atMs: number;
  readonly forMs: number;
}

export interface PlayoutScenario {
  /** Of everything that is drawn while the trace is made. */
  readonly seed: number;
  readonly rateHz: number;
  readonly frameMs: number;
  readonly pullMs: number;
  readonly capacityFrames: number;
  /** When the stream begins, on the listener's clock. */
  readonly originMs: number;
  readonly firstSequence: number;
  readonly firstTimestamp: number;
  /** How much faster than the listener's the sender's clock runs. */
  readonly driftPpm: number;
  /** Whether the sender leaves out frames of silence. */
  readonly omitsSilence: boolean;
  /** Most that is added to the delay of a packet, evenly distributed. */
  readonly jitterMs: number;
  readonly keepsOrder: boolean;
  /** Share of the packets that is lost, in runs of so many on average. */
  readonly lossShare: number;
  readonly lossRun: number;
  readonly duplicateShare: number;
  readonly stalls: readonly Stall[];
  /** Mean lateness of ticks, at most six times that. */
  readonly tickLateMs: number;
  /** For so long the network is as above; then nothing disturbs it any more for `cleanMs`. */
  readonly roughMs: number;
  readonly cleanMs: number;
}

/** Time in which delay has returned (SPEC I12). */
export const RETURN_MS = 45_000;

/** In so many runs one sees whether it has. */
const RETURN_EVERY = 3;

/** Jitter that nobody hears. */
const CALM_MS = 10;

export function drawPlayoutScenario(seed: number): PlayoutScenario {
  const random = randomOf(seed ^ 0x15ac_4e57);
  const isCalm = random() < 0.25;
  const frameMs = oneOf(random, [10, 20, 20]);
  const roughMs = 1000 * wholeBetween(random, 8, 30);
  return {
    seed,
    rateHz: oneOf(random, [8000, 16_000, 16_000, 16_000, 24_000]),
    frameMs,
    pullMs: oneOf(random, [10, 10, 20]),
    capacityFrames: oneOf(random, [64, 256, 512]),
    originMs: 0,
    firstSequence: oneOf(random, [0, 2 ** 32 - wholeBetween(random, 1, 400)]),
    firstTimestamp: oneOf(random, [0, 2 ** 32 - wholeBetween(random, 1, 400_000)]),
    driftPpm: oneOf(random, [0, wholeBetween(random, -1000, 1000)]),
    omitsSilence: random() < 0.3,
    ...(isCalm ? drawCalm(random) : drawRough(random, roughMs)),
    roughMs,
    cleanMs: seed % RETURN_EVERY === 0 ? RETURN_MS + 3000 : 2000,
  };
}

function drawCalm(random: Random) {
  return {
    jitterMs: wholeBetween(random, 0, CALM_MS),
    keepsOrder: random() < 0.5,
    lossShare: 0,
    lossRun: 1,
    duplicateShare: oneOf(random, [0, 0.05]),
    stalls: [],
    tickLateMs: 0,
  };
}

function drawRough(random: Random, roughMs: number) {
  return {
    jitterMs: oneOf(random, [2, 10, 40, 120]),
    keepsOrder: random() < 0.5,
    lossShare: oneOf(random, [0, 0, 0.01, 0.05, 0.2]),
    lossRun: oneOf(random, [1, 2.5, 6]),
    duplicateShare: oneOf(random, [0, 0, 0.02, 0.2]),
    stalls: Array.from({ length: wholeBetween(random, 0, 5) }, () => ({
      atMs: wholeBetween(random, 200, roughMs),
      forMs: oneOf(random, [60, 150, 400, wholeBetween(random, 100, 3000)]),
    })),
    tickLateMs: oneOf(random, [0, 0, 1, 5]),
  };
}

/**
 * Whether nothing may be concealed: no packet is lost or left out, and none is later than the least target. A late tick
 * makes packets late, and a clock that drifts through pulls of 20 ms does so by a whole pull at once.
 */
export function promisesWholeAudio(scenario: PlayoutScenario): boolean {
  const { jitterMs, tickLateMs, lossShare, stalls, omitsSilence, pullMs } = scenario;
  const isSteady = tickLateMs === 0 && pullMs <= 10 && jitterMs <= CALM_MS;
  return isSteady && lossShare === 0 && stalls.length === 0 && !omitsSilence;
}

/** The scenario made plainer in one way each; those that are like it already are left out. */
export function* plainerPlayouts(scenario: PlayoutScenario): Generator<PlayoutScenario> {
  const { stalls, roughMs } = scenario;
  const changes: Partial<PlayoutScenario>[] = [
    ...stalls.map((_, index) => ({ stalls: stalls.filter((_stall, other) => other !== index) })),
    { roughMs: Math.max(1000, Math.floor(roughMs / 2)) },
    { cleanMs: 2000 },
    { lossShare: 0 },
    { duplicateShare: 0 },
    { jitterMs: 0 },
    { tickLateMs: 0 },
    { driftPpm: 0 },
    { keepsOrder: true },
    { omitsSilence: false },
    { firstSequence: 0 },
    { firstTimestamp: 0 },
    { rateHz: 16_000, frameMs: 20, pullMs: 10, capacityFrames: 512 },
  ];
  for (const change of changes) {
    const plainer = { ...scenario, ...change };
    if (JSON.stringify(plainer) !== JSON.stringify(scenario)) yield plainer;
  }
}
