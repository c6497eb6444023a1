// What a relay gives its agent when its place and the audio in memory do not meet.

import { describe, expect, it } from 'vitest';
import { TurnRelay } from '../../../core/conversation/turn-relay.ts';
import { SampleRing } from '../../../core/media/sample-ring.ts';
import type { VoiceActivity } from '../../../core/voice/voice-activity.ts';
import { ScriptedAgent } from '../../support/scripted-agent.ts';

const START = { turn: 1, startSample: 0, continues: null };

/** A relay in an open turn, with what was heard in [from, to): each sample is its position. */
function relayOf(from: number, to: number, settledPosition: number, givenTo: number) {
  const heard = new SampleRing(4096);
  heard.restartAt(from);
  heard.append(
    Int16Array.from({ length: to - from }, (_, index) => from + index),
    0,
    to - from,
  );
  const agent = new ScriptedAgent();
  const relay = new TurnRelay(agent, {
    heard,
    settledPosition,
    keptPosition: from,
  } as VoiceActivity);
  relay.restore({ phase: { kind: 'told', start: START }, givenTo });
  return { agent, relay };
}

describe('a relay', () => {
  it('[C8] waits for audio that was settled and is not there', () => {
    const { agent, relay } = relayOf(0, 700, 2000, 0);
    relay.feed(0);
    expect(agent.positions).toHaveLength(640);
    expect(agent.samples).toEqual(agent.positions);
  });

  it('[C8] goes on behind audio that memory has let go of', () => {
    const { agent, relay } = relayOf(1000, 1700, 1700, 320);
    relay.ended({ turn: 1, startSample: 0, endSample: 1690, reason: 'silence' }, 0);
    expect(agent.positions[0]).toBe(1000);
    expect(agent.positions).toHaveLength(690);
    expect(agent.samples).toEqual(agent.positions);
  });
});
