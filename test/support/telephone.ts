// What tests of telephone calls have in common: a call with an agent of the test, tones, and what was heard of them.

import { decodeMulaw, encodeMulaw, MULAW_SILENCE } from '../../core/media/mulaw.ts';
import { type TelephoneOptions, TelephoneWorld } from '../fakes/twilio/telephone-world.ts';
import { LevelScorer } from './level-scorer.ts';
import { ScriptedAgent } from './scripted-agent.ts';

/** Above the noise of µ-law, and below any tone. */
const AUDIBLE = 100;

/** A tone of this many milliseconds at 16 kHz. */
export function tone(ms: number): Int16Array {
  return Int16Array.from({ length: ms * 16 }, (_, n) => Math.round(8000 * Math.sin(n / 5)));
}

/** A caller who is loud in these spans of milliseconds: µ-law at 8 kHz. */
export function loud(...spans: readonly (readonly [number, number])[]): Uint8Array {
  const endMs = Math.max(0, ...spans.map(([, toMs]) => toMs));
  const voice = new Uint8Array(endMs * 8).fill(MULAW_SILENCE);
  for (const [fromMs, toMs] of spans) {
    for (let n = fromMs * 8; n < toMs * 8; n++) {
      voice[n] = encodeMulaw(Math.round(9000 * Math.sin(n / 3)));
    }
  }
  return voice;
}

/** A call that has begun, with an agent that speaks when the test says so. */
export function call(options: Partial<TelephoneOptions> = {}) {
  const agent = new ScriptedAgent();
  const createScorer: TelephoneOptions['createScorer'] = (listener) => new LevelScorer(listener);
  const world = new TelephoneWorld({ agent, createScorer, ...options });
  return { agent, world };
}

/** The agent says something now. */
export function say(world: TelephoneWorld, agent: ScriptedAgent, samples: Int16Array): void {
  world.event((engine, nowMs) => engine.outsideEvent(() => agent.say(samples), nowMs));
}

/** Spans of milliseconds in which the caller heard something. */
export function heardSpans({ fake }: TelephoneWorld): (readonly [number, number])[] {
  const spans: [number, number][] = [];
  fake.heard.forEach((byte, index) => {
    if (Math.abs(decodeMulaw(byte)) < AUDIBLE) return;
    const ms = index / 8;
    const last = spans.at(-1);
    if (last !== undefined && ms - last[1] < 5) last[1] = ms;
    else spans.push([ms, ms]);
  });
  return spans.map(([from, to]) => [Math.round(from), Math.round(to)]);
}
