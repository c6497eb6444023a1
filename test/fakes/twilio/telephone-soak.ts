// A long telephone call in virtual time, with answers that are heard out and others that the caller cuts short.

import { call, loud, say, tone } from '../../support/telephone.ts';

const MINUTE_MS = 60_000;
/** A short and a long answer, and the caller in the middle of the long one. */
const ROUND_MS = 20_000;
const FIRST_MS = 1000;
const CUT_MS = 10_000;
/** Every so many frames of the caller one is lost in the network. */
const LOST_EVERY = 997;
const FRAME_MS = 20;
const FRAME_SAMPLES = 320;

/** What went wrong in a call, and how much happened in it. */
export interface TelephoneSoakReport {
  /** One sentence each; none in a call that went well. */
  readonly complaints: readonly string[];
  readonly rounds: number;
  /** Sizes of the state that was attached to the socket, the largest. */
  readonly mostKept: number;
  readonly keptCount: number;
  readonly mostBufferedMs: number;
}

/** Holds the call and judges it; `minutes` is a whole number. */
export function soakTelephone(minutes: number): TelephoneSoakReport {
  const endMs = minutes * MINUTE_MS;
  const rounds = endMs / ROUND_MS;
  const cutsAtMs = Array.from({ length: rounds - 1 }, (_, round) => CUT_MS + round * ROUND_MS);
  const report = { mostKept: 0, keptCount: 0 };
  const { agent, world } = call({
    twilio: {
      voice: loud(...cutsAtMs.map((ms) => [ms, ms + 2000] as const)),
      keepsHeard: false,
      loses: (frame) => frame % LOST_EVERY === LOST_EVERY - 1,
    },
    delayMs: (sentMs) => 20 + ((sentMs * 31) % 37),
    keep: ({ speaker }) => {
      report.keptCount++;
      report.mostKept = Math.max(report.mostKept, speaker.runs.length + speaker.marks.length);
    },
  });
  const [short, long] = [tone(3000), tone(9000)];
  for (let round = 0; round < rounds; round++) {
    world.runTo(FIRST_MS + round * ROUND_MS);
    say(world, agent, short);
    say(world, agent, long);
  }
  world.runTo(endMs);
  const { statistics } = world.engine.state(endMs);
  const expected = {
    turnsEnded: rounds - 1,
    utterancesCompleted: rounds + 1,
    utterancesInterrupted: rounds - 1,
    violations: 0,
    claimsClamped: 0,
    clientUnderruns: 0,
    gapSamples: Math.floor(endMs / FRAME_MS / LOST_EVERY) * FRAME_SAMPLES,
  };
  const wrong = (Object.keys(expected) as (keyof typeof expected)[]).filter(
    (name) => statistics[name] !== expected[name],
  );
  return {
    complaints: [
      ...world.fake.violations,
      ...wrong.map((name) => `${name} is ${statistics[name]}, not ${expected[name]}.`),
    ],
    rounds,
    ...report,
    mostBufferedMs: world.fake.mostBufferedSamples / 8,
  };
}
