// A long call over the SFU in virtual time, with answers that are heard out and others that the caller cuts short.

import { LevelScorer } from '../../support/level-scorer.ts';
import { loudTrack, sayTo } from '../../support/realtime-call.ts';
import { ScriptedAgent } from '../../support/scripted-agent.ts';
import { tone } from '../../support/telephone.ts';
import { RealtimeWorld } from './realtime-world.ts';

const FRAME_SAMPLES = 320;
const MINUTE_MS = 60_000;
/** A short and a long answer, and the caller in the middle of the long one. */
const ROUND_MS = 20_000;
const FIRST_MS = 7000;
const CUT_MS = 10_000;
/** Every so many packets of the caller one is lost. */
const LOST_EVERY = 997;
const LOST_AT = 560;
/** What the bridge keeps at the SFU, and what the network's jitter adds. */
const BUFFER_MS = 160 + 37 + 2;

/** What went wrong in a call, and how much happened in it. */
export interface RealtimeSoakReport {
  /** One sentence each; none in a call that went well. */
  readonly complaints: readonly string[];
  readonly rounds: number;
  /** Sizes of the state that was attached to the socket, the largest. */
  readonly mostKept: number;
  readonly keptCount: number;
}

/** Holds the call and judges it; `minutes` is a whole number. */
export function soakRealtime(minutes: number): RealtimeSoakReport {
  const endMs = minutes * MINUTE_MS;
  const rounds = endMs / ROUND_MS;
  const cutsAtMs = Array.from({ length: rounds - 1 }, (_, round) => CUT_MS + round * ROUND_MS);
  const agent = new ScriptedAgent();
  const report = { mostKept: 0, keptCount: 0 };
  let lostPackets = 0;
  const world = new RealtimeWorld({
    agent,
    createScorer: (listener) => new LevelScorer(listener),
    egress: {
      voice: loudTrack(...cutsAtMs.map((ms) => [ms, ms + 2000] as const)),
      firstSequence: 0xffff_f000,
      loses: (packet) => {
        const isLost = packet % LOST_EVERY === LOST_AT;
        if (isLost) lostPackets++;
        return isLost;
      },
      // A browser sends nothing while its user says nothing.
      isQuiet: (ms) => ms > 20_000 && (ms + 10_500) % ROUND_MS > 4500,
    },
    ingest: () => ({ keepsHeard: false }),
    delayMs: (sentMs) => 20 + ((sentMs * 31) % 37),
    keep: (state) => {
      report.keptCount++;
      report.mostKept = Math.max(report.mostKept, state.agent.runs.length);
    },
  });
  const [short, long] = [tone(1000), tone(9000)];
  for (let round = 0; round < rounds; round++) {
    world.runTo(FIRST_MS + round * ROUND_MS);
    sayTo(world, agent, short);
    sayTo(world, agent, long);
  }
  world.runTo(endMs);
  return { complaints: complaintsAbout(world, { rounds, endMs, lostPackets }), rounds, ...report };
}

function complaintsAbout(
  { engine, ingest, ingests }: RealtimeWorld,
  { rounds, endMs, lostPackets }: Readonly<Record<'rounds' | 'endMs' | 'lostPackets', number>>,
): string[] {
  const { statistics } = engine.state(endMs);
  const expected = {
    turnsEnded: rounds - 1,
    utterancesCompleted: rounds + 1,
    utterancesInterrupted: rounds - 1,
    violations: 0,
    claimsClamped: 0,
    clientUnderruns: 0,
    gapSamples: lostPackets * FRAME_SAMPLES,
  };
  const wrong = (Object.keys(expected) as (keyof typeof expected)[]).filter(
    (name) => statistics[name] !== expected[name],
  );
  const bufferedMs = ingest.mostBufferedSamples / 48;
  return [
    ...ingests.flatMap(({ violations }) => violations),
    ...wrong.map((name) => `${name} is ${statistics[name]}, not ${expected[name]}.`),
    ...(ingests.length > 1 ? ['The track of the agent was lost.'] : []),
    ...(ingest.underruns > 0 ? [`The SFU ran dry ${ingest.underruns} times.`] : []),
    ...(bufferedMs > BUFFER_MS ? [`${bufferedMs} ms lay at the SFU.`] : []),
  ];
}
