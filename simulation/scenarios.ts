// Draws scenarios: every seed is a conversation of its own.

import { oneOf, type Random, randomOf, wholeBetween } from './random.ts';
import type { AgentShape, Fault, LineShape, Scenario, Talk } from './scenario.ts';

/** Every so many seeds hear recorded speech through the real kernel. */
const KERNEL_EVERY = 50;

/** A conversation ends quietly: nothing begins in its last seconds. */
const QUIET_END_MS = 4000;

export function drawScenario(seed: number): Scenario {
  const random = randomOf(seed);
  const durationMs = 1000 * wholeBetween(random, 20, 60);
  const scorer = seed % KERNEL_EVERY === KERNEL_EVERY - 1 ? 'kernel' : 'scripted';
  const isCalm = random() < 0.3;
  const clock = oneOf(random, ['virtual', 'real', 'production'] as const);
  return {
    seed,
    durationMs,
    clock,
    originMs: 0,
    timerLateMs: clock === 'virtual' ? 0 : oneOf(random, [0.5, 1, 3]),
    driftPpm: wholeBetween(random, -500, 500),
    isElastic: random() < 0.1,
    deviceMs: oneOf(random, [10, 20]),
    confirmationMs: isCalm ? 0 : oneOf(random, [0, 0, 10, 50]),
    scorer,
    config: drawConfig(random),
    up: drawLine(random, isCalm),
    down: drawLine(random, isCalm),
    agent: drawAgent(random),
    talks: scorer === 'kernel' ? [] : drawTalks(random, durationMs - QUIET_END_MS),
    faults: drawFaults(random, durationMs - QUIET_END_MS, isCalm, scorer === 'kernel'),
  };
}

function drawConfig(random: Random): Scenario['config'] {
  return {
    leadMs: oneOf(random, [400, 600, 600, 600, 1000, 1500]),
    leadGrowthPct: oneOf(random, [0, 0, 25]),
    releaseBackUpMs: oneOf(random, [0, 300, 600, 600]),
    commitSpeechMs: 500,
    checkpointIntervalMs: oneOf(random, [1000, 4500]),
    deferredWorkMs: oneOf(random, [0, 500]),
  };
}

function drawLine(random: Random, isCalm: boolean): LineShape {
  const delayMs = wholeBetween(random, 5, 150);
  if (isCalm) return { delayMs, jitterMs: wholeBetween(random, 0, 5), kbitPerSecond: 0 };
  return {
    delayMs,
    jitterMs: oneOf(random, [0, 2, 10, 30, 80]),
    kbitPerSecond: oneOf(random, [0, 0, 0, 384, 1000]),
  };
}

function drawAgent(random: Random): AgentShape {
  const answers = wholeBetween(random, 1, 4);
  return {
    greetingMs: oneOf(random, [0, 1500, 4000]),
    answersMs: Array.from({ length: answers }, () => wholeBetween(random, 300, 9000)),
    speed: 1.3 + random() * 2.7,
    burstMs: oneOf(random, [60, 100, 120]),
    thinksMs: oneOf(random, [0, 50, 400]),
    stubbornEvery: oneOf(random, [0, 0, 0, 2, 3]),
  };
}

function drawTalks(random: Random, endMs: number): Talk[] {
  const talks: Talk[] = [];
  let atMs = wholeBetween(random, 300, 3000);
  for (;;) {
    // A word of assent, something in between, or a sentence.
    const forMs = oneOf(random, [
      wholeBetween(random, 120, 400),
      wholeBetween(random, 400, 1000),
      wholeBetween(random, 1000, 4000),
      wholeBetween(random, 1000, 2500),
    ]);
    if (atMs + forMs > endMs) return talks;
    talks.push({ atMs, forMs });
    atMs +=
      forMs + oneOf(random, [wholeBetween(random, 250, 900), wholeBetween(random, 900, 6000)]);
  }
}

function drawFaults(random: Random, endMs: number, isCalm: boolean, isKernel: boolean): Fault[] {
  const count = wholeBetween(random, 0, isCalm ? 3 : 8);
  const wildKinds = isKernel ? KERNEL_FAULTS : FAULTS;
  const kinds = isCalm ? CALM_FAULTS : wildKinds;
  const faults: Fault[] = [];
  for (let number = 0; number < count; number++) {
    const atMs = wholeBetween(random, 500, endMs);
    faults.push(drawFault(random, oneOf(random, kinds), atMs));
    // Races are what happens while something else is under way.
    if (random() < 0.4)
      faults.push(drawFault(random, oneOf(random, kinds), atMs + wholeBetween(random, 1, 300)));
  }
  return faults.sort((one, other) => one.atMs - other.atMs);
}

const CALM_FAULTS = ['replace', 'interrupt', 'agent-interrupt'] as const;

/** Those that leave the recording's positions where they were. */
const KERNEL_FAULTS = ['stall', 'cut', 'evict', 'replace', 'burn'] as const;

const FAULTS = [
  'stall',
  'stall',
  'cut',
  'cut',
  'evict',
  'evict',
  'replace',
  'burn',
  'interrupt',
  'agent-interrupt',
  'mute',
  'reload',
] as const;

function drawFault(random: Random, kind: Fault['kind'], atMs: number): Fault {
  switch (kind) {
    case 'stall':
      return {
        kind,
        direction: oneOf(random, ['up', 'down', 'both'] as const),
        atMs,
        forMs: oneOf(random, [100, 300, 1000, wholeBetween(random, 100, 4000)]),
      };
    case 'cut':
      return {
        kind,
        atMs,
        forMs: oneOf(random, [0, 300, wholeBetween(random, 300, 4000), 8000]),
        noticedMs: oneOf(random, [0, 100, 3000]),
        isHalfOpen: random() < 0.3,
      };
    case 'evict':
      return { kind, atMs, keepsSocket: random() < 0.6 };
    case 'burn':
      return { kind, atMs, forMs: wholeBetween(random, 20, 400) };
    case 'mute':
      return { kind, atMs, forMs: wholeBetween(random, 200, 4000) };
    default:
      return { kind, atMs };
  }
}
