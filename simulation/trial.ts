// One scenario tried: run, and for some seeds run again in ways that must make no difference.

import type { Violation } from './oracle/violations.ts';
import { randomOf, wholeBetween } from './random.ts';
import { type Outcome, runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';

/** One scenario in so many is run a second time for each law about that. */
const AGAIN_EVERY = 20;

/** A power of two: deadlines between two milliseconds are rounded alike. */
const SHIFT_MS = 2 ** 16;

/** Snapshots taken and restored where nobody may notice. */
const REPLACEMENTS = 5;

export function tryScenario(scenario: Scenario): Outcome {
  const outcome = runScenario(scenario);
  if (outcome.violations.length > 0) return outcome;
  const turn = scenario.seed % AGAIN_EVERY;
  if (turn === 0) return compared(outcome, scenario, scenario, 'L9', 'run a second time');
  if (turn === 1) {
    const shifted = { ...scenario, originMs: scenario.originMs + SHIFT_MS };
    return compared(outcome, scenario, shifted, 'L8', 'run at another time');
  }
  if (turn === 2) {
    const plain = withoutChance(scenario);
    return compared(runScenario(plain), plain, withReplacements(plain), 'L16', 'restored');
  }
  return outcome;
}

function compared(
  outcome: Outcome,
  scenario: Scenario,
  other: Scenario,
  law: Violation['law'],
  how: string,
): Outcome {
  const again = runScenario(other);
  const simulatedMs = outcome.simulatedMs + again.simulatedMs;
  const { hash } = outcome;
  if (again.hash === hash) return { ...outcome, simulatedMs };
  const sentence = `Scenario ${scenario.seed}, ${how}, differs.`;
  const violations = [...outcome.violations, ...again.violations, { law, atMs: 0, sentence }];
  return { violations, simulatedMs, hash };
}

/** Keeps messages from coming at the very moment of a timer: which of the two is first depends on when it was set. */
const UNTIED_MS = 0.37;

/** Nothing in it depends on how many events and messages there are. */
function withoutChance(scenario: Scenario): Scenario {
  return {
    ...scenario,
    clock: 'virtual',
    timerLateMs: 0,
    up: {
      ...scenario.up,
      delayMs: scenario.up.delayMs + UNTIED_MS,
      jitterMs: 0,
      kbitPerSecond: 0,
    },
    down: { ...scenario.down, jitterMs: 0, kbitPerSecond: 0 },
  };
}

function withReplacements(scenario: Scenario): Scenario {
  const random = randomOf(scenario.seed ^ 0x2e9);
  const faults = [...scenario.faults];
  for (let number = 0; number < REPLACEMENTS; number++)
    faults.push({ kind: 'replace', atMs: wholeBetween(random, 1, scenario.durationMs) });
  return { ...scenario, faults: faults.sort((one, other) => one.atMs - other.atMs) };
}
