// What tests of calls over the Realtime SFU have in common: a call with an agent of the test, a caller, and what was heard.

import { RealtimeWorld, type RealtimeWorldOptions } from '../fakes/realtime-sfu/realtime-world.ts';
import { LevelScorer } from './level-scorer.ts';
import { ScriptedAgent } from './scripted-agent.ts';

/** Softer than this nothing counts as heard. */
const AUDIBLE = 100;

/** A caller who is loud in these spans of milliseconds: mono at 48 kHz. */
export function loudTrack(...spans: readonly (readonly [number, number])[]): Int16Array {
  const endMs = Math.max(0, ...spans.map(([, toMs]) => toMs));
  const voice = new Int16Array(endMs * 48);
  for (const [fromMs, toMs] of spans) {
    for (let n = fromMs * 48; n < toMs * 48; n++) voice[n] = Math.round(9000 * Math.sin(n / 18));
  }
  return voice;
}

/** A call that has begun, with an agent that speaks when the test says so. */
export function realtimeCall(options: Partial<RealtimeWorldOptions> = {}) {
  const agent = new ScriptedAgent();
  const createScorer: RealtimeWorldOptions['createScorer'] = (listener) =>
    new LevelScorer(listener);
  const world = new RealtimeWorld({ agent, createScorer, ...options });
  return { agent, world };
}

/** The agent says something now. */
export function sayTo(world: RealtimeWorld, agent: ScriptedAgent, samples: Int16Array): void {
  world.event((engine, nowMs) => engine.outsideEvent(() => agent.say(samples), nowMs));
}

/** Spans of milliseconds in which the caller heard something of the agent's newest track. */
export function heardSpansOf({ ingest }: RealtimeWorld): (readonly [number, number])[] {
  const spans: [number, number][] = [];
  ingest.heard.forEach((sample, index) => {
    if (Math.abs(sample) < AUDIBLE) return;
    const ms = index / 48;
    const last = spans.at(-1);
    if (last !== undefined && ms - last[1] < 5) last[1] = ms;
    else spans.push([ms, ms]);
  });
  return spans.map(([from, to]) => [Math.round(from), Math.round(to)]);
}
