// Makes a failing scenario smaller as long as it goes on failing.

import type { Fault, Scenario, Talk } from './scenario.ts';

/** A failure that cannot be made smaller in so many runs is small enough. */
const MOST_RUNS = 400;

/** A run ends so long after its last talk or fault. */
const END_MS = 4000;

/**
 * Returns the smallest scenario found that still fails: fewer faults and talks first, then a plainer network, clock and
 * agent, then shorter times. Greedy: what helps is kept.
 */
export function shrink(scenario: Scenario, fails: (smaller: Scenario) => boolean): Scenario {
  return smallestOf(scenario, candidates, fails);
}

/** The same for anything that can be made smaller in some ways. */
export function smallestOf<Case>(
  scenario: Case,
  smallerOnes: (scenario: Case) => Iterable<Case>,
  fails: (smaller: Case) => boolean,
): Case {
  let smallest = scenario;
  let runs = 0;
  for (;;) {
    let helped = false;
    for (const smaller of smallerOnes(smallest)) {
      if (runs++ >= MOST_RUNS) return smallest;
      if (!fails(smaller)) continue;
      smallest = smaller;
      helped = true;
      break;
    }
    if (!helped) return smallest;
  }
}

function* candidates(scenario: Scenario): Generator<Scenario> {
  yield* shortened(scenario);
  for (const faults of withoutSome(scenario.faults)) yield { ...scenario, faults };
  for (const talks of withoutSome(scenario.talks)) yield { ...scenario, talks };
  yield* plainer(scenario);
  for (const [index, fault] of scenario.faults.entries())
    for (const smaller of smallerFaults(fault))
      yield { ...scenario, faults: scenario.faults.with(index, smaller) };
  for (const [index, talk] of scenario.talks.entries())
    if (talk.forMs > 250) yield { ...scenario, talks: scenario.talks.with(index, halved(talk)) };
}

/** Ends soon after the last thing that happens. */
function* shortened(scenario: Scenario): Generator<Scenario> {
  const lastMs = Math.max(
    0,
    ...scenario.talks.map(({ atMs, forMs }) => atMs + forMs),
    ...scenario.faults.map(({ atMs }) => atMs),
  );
  const durationMs = 1000 * Math.ceil((lastMs + END_MS) / 1000);
  if (durationMs < scenario.durationMs) yield { ...scenario, durationMs };
}

/** The list without each half, each quarter and so on, down to each single one. */
function* withoutSome<Item>(list: readonly Item[]): Generator<Item[]> {
  for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < list.length; from += size)
      yield list.filter((_, index) => index < from || index >= from + size);
  }
}

function* plainer(scenario: Scenario): Generator<Scenario> {
  const { up, down, agent } = scenario;
  const changes: Partial<Scenario>[] = [
    { clock: 'virtual', timerLateMs: 0 },
    { driftPpm: 0 },
    { isElastic: false },
    { confirmationMs: 0 },
    { config: {} },
    { up: { ...up, jitterMs: 0 } },
    { down: { ...down, jitterMs: 0 } },
    { up: { ...up, kbitPerSecond: 0 } },
    { down: { ...down, kbitPerSecond: 0 } },
    { up: { ...up, delayMs: 20 } },
    { down: { ...down, delayMs: 20 } },
    { agent: { ...agent, greetingMs: 0 } },
    { agent: { ...agent, stubbornEvery: 0 } },
    { agent: { ...agent, thinksMs: 0 } },
    { agent: { ...agent, answersMs: agent.answersMs.slice(0, 1) } },
    { agent: { ...agent, answersMs: agent.answersMs.map((ms) => Math.ceil(ms / 2)) } },
    { agent: { ...agent, speed: 2, burstMs: 100 } },
  ];
  for (const change of changes) {
    const smaller = { ...scenario, ...change };
    if (JSON.stringify(smaller) !== JSON.stringify(scenario)) yield smaller;
  }
}

function* smallerFaults(fault: Fault): Generator<Fault> {
  if ('forMs' in fault && fault.forMs >= 40) yield { ...fault, forMs: Math.floor(fault.forMs / 2) };
  if (fault.kind !== 'cut') return;
  if (fault.isHalfOpen) yield { ...fault, isHalfOpen: false };
  if (fault.noticedMs > 0) yield { ...fault, noticedMs: 0 };
}

function halved(talk: Talk): Talk {
  return { ...talk, forMs: Math.floor(talk.forMs / 2) };
}
