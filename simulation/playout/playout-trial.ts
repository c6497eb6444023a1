// One stream through an isochronous buffer: run, and for some seeds run again in ways that must make no difference.

import { IsochronousBuffer } from '../../core/jitter/isochronous-buffer.ts';
import { randomOf } from '../random.ts';
import type { Outcome } from '../run.ts';
import { PlayoutOracle, UNTOUCHED } from './playout-oracle.ts';
import type { PlayoutScenario } from './playout-scenario.ts';
import { makeTraffic, onGrid } from './playout-traffic.ts';

/** One scenario in so many is run a second time for each way of running it again. */
const AGAIN_EVERY = 10;

/** A power of two, so that times keep their last bits. */
const SHIFT_MS = 2 ** 16;

/** Samples around a pull that it must leave alone. */
const MARGIN = 3;

/** Ticks are late by six times the mean at most. */
const MOST_LATENESS = 6;

/** Longer than all that is kept and concealed takes to play. */
const DRAIN_FACTOR = 1.3;
const DRAIN_MS = 10_000;

export function tryPlayout(scenario: PlayoutScenario): Outcome {
  const outcome = runPlayout(scenario);
  if (outcome.violations.length > 0) return outcome;
  const other = againDifferently(scenario);
  if (other === null) return outcome;
  const again = runPlayout(other);
  const simulatedMs = outcome.simulatedMs + again.simulatedMs;
  if (again.hash === outcome.hash) return { ...outcome, simulatedMs };
  const sentence = `Playout ${scenario.seed}, run again, differs.`;
  const violations = [...again.violations, { law: 'L25', atMs: 0, sentence } as const];
  return { ...outcome, violations, simulatedMs };
}

function againDifferently(scenario: PlayoutScenario): PlayoutScenario | null {
  switch (scenario.seed % AGAIN_EVERY) {
    case 0:
      return scenario;
    case 1:
      return { ...scenario, originMs: scenario.originMs + SHIFT_MS };
    case 2:
      return { ...scenario, firstSequence: 2 ** 32 - 100, firstTimestamp: 2 ** 32 - 100_000 };
    default:
      return null;
  }
}

export function runPlayout(scenario: PlayoutScenario): Outcome {
  const { rateHz, pullMs, capacityFrames, originMs } = scenario;
  const traffic = makeTraffic(scenario);
  const oracle = new PlayoutOracle(scenario, traffic);
  const { frameSamples, positions, samples, arrivals } = traffic;
  const buffer = new IsochronousBuffer({ rateHz, frameSamples, capacityFrames, probe: oracle });
  const lateness = latenessOf(scenario);
  const pullSamples = (rateHz * pullMs) / 1000;
  // Wider than samples are: concealment may have any value of 16 bits, and what was left out must not look like one.
  const out = new Int32Array(pullSamples + 2 * MARGIN) as unknown as Int16Array;
  const lastMs = arrivals.at(-1)?.atMs ?? 0;
  const mostMs = lastMs + DRAIN_FACTOR * capacityFrames * scenario.frameMs + DRAIN_MS;
  let next = 0;
  let nowMs = 0;
  for (let dueMs = 0; dueMs < mostMs; dueMs += pullMs) {
    nowMs = Math.max(nowMs, onGrid(dueMs + lateness(dueMs)));
    for (; next < arrivals.length && arrivals[next]!.atMs <= nowMs; next++) {
      const { frame, atMs } = arrivals[next]!;
      const position = positions[frame]!;
      const sequence = (scenario.firstSequence + frame) >>> 0;
      const timestamp = (scenario.firstTimestamp + position) >>> 0;
      const clockMs = originMs + atMs;
      const outcome = buffer.insert(sequence, timestamp, samples, position, frameSamples, clockMs);
      oracle.arrived(frame, outcome, atMs);
    }
    if (next === arrivals.length) oracle.streamEnded();
    out.fill(UNTOUCHED);
    buffer.pull(out, MARGIN, pullSamples, originMs + nowMs);
    oracle.pulled(out, MARGIN, pullSamples, nowMs);
    oracle.counted(buffer.counters, buffer.backlogFrames);
    if (next === arrivals.length && buffer.backlogFrames === 0) break;
  }
  oracle.finish(buffer.counters, buffer.backlogFrames);
  return { violations: oracle.violations.list, simulatedMs: nowMs, hash: oracle.hash.value };
}

/** Late ticks come one after the other; once the network is clean they are in time. */
function latenessOf({ seed, tickLateMs, roughMs }: PlayoutScenario): (dueMs: number) => number {
  const random = randomOf(seed ^ 0x71c4);
  return (dueMs) => {
    const lateMs = -Math.log(1 - random()) * tickLateMs;
    return dueMs < roughMs ? Math.min(lateMs, MOST_LATENESS * tickLateMs) : 0;
  };
}
