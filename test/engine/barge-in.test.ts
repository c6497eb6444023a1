// The caller speaks while the agent does: hold first, decide later.

import { expect, it } from 'vitest';
import { conversationConfig } from '../../core/conversation/config.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld, type EngineWorldOptions } from '../support/engine-world.ts';
import { ScriptedAgent, type ScriptedAgentOptions } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

const STORY = voiceScript([[0, 8000]], 11);

function storyAgainst(
  microphone: Int16Array,
  options: Partial<EngineWorldOptions> = {},
  agentOptions: ScriptedAgentOptions = {},
) {
  const world = new VirtualWorld();
  const agent = new ScriptedAgent({ greeting: STORY, ...agentOptions });
  const engine = new EngineWorld({ microphone, ...options, world, agent });
  return { world, engine, agent };
}

/** Times at which a control message of a type reached the client. */
function arrivals(engine: EngineWorld, type: string): number[] {
  return engine.received.filter(({ message }) => message.type === type).map(({ atMs }) => atMs);
}

it('[B20] holds the agent at the onset of speech, and tells it nothing yet', () => {
  const { world, engine, agent } = storyAgainst(voiceScript([[2000, 2300]]));
  world.runTo(2200);
  expect(engine.sent('hold')).toHaveLength(1);
  expect(agent.told).toEqual([]);
  const [heldAtMs] = arrivals(engine, 'hold');
  // Three windows of onset, one that was under way, and twice the way through the network.
  expect(heldAtMs!).toBeLessThanOrEqual(2000 + 4 * 32 + 2 * 20 + 20);
  expect(engine.heard.slice((heldAtMs! + 20) * 16).every((sample) => sample === 0)).toBe(true);
});

it('[B21] commits when speech has lasted long enough: clears, then tells the agent what was heard', () => {
  const { world, engine, agent } = storyAgainst(voiceScript([[2000, 4000]]));
  world.runTo(5500);
  expect(engine.sent('clear')).toHaveLength(1);
  expect(agent.kinds()).toEqual(['interrupted', 'turn-started', 'turn-ended']);
  const interrupted = agent.told.find(({ kind }) => kind === 'interrupted');
  const audible = engine.heard.filter((sample) => sample !== 0).length;
  expect(interrupted).toMatchObject({ heard: { source: 'reported', givenSamples: STORY.length } });
  const { heardSamples } = (interrupted as { heard: { heardSamples: number } }).heard;
  expect(Math.abs(heardSamples - audible)).toBeLessThanOrEqual(320);
  const [clearedAtMs] = arrivals(engine, 'clear');
  expect(clearedAtMs! - 2000).toBeLessThanOrEqual(500 + 32 + 3 * 20);
});

it('[B22] releases when the caller falls silent before that: the agent never hears of it, the story is whole', () => {
  const { world, engine, agent } = storyAgainst(voiceScript([[2000, 2350]]));
  world.runTo(11_000);
  expect(engine.sent('hold')).toHaveLength(1);
  expect(engine.sent('release')).toHaveLength(1);
  expect(engine.sent('clear')).toHaveLength(0);
  expect(engine.sent('turn').map(({ state }) => state)).toEqual(['started', 'dropped']);
  expect(agent.kinds()).toEqual(['completed']);
  expect(agent.positions).toEqual([]);
  const heard = new Set(engine.heard);
  expect(STORY.every((sample) => heard.has(sample))).toBe(true);
  expect(engine.player.status.underruns).toBe(0);
});

it('[B22] forgets a sound too short to be a turn without saying so', () => {
  const { world, engine, agent } = storyAgainst(voiceScript([[2000, 2110]]));
  world.runTo(11_000);
  expect(engine.sent('hold').length).toBe(engine.sent('release').length);
  expect(engine.sent('turn')).toEqual([]);
  expect(agent.kinds()).toEqual(['completed']);
});

it('[B23] gives the floor at once to a caller who presses the button', () => {
  const { world, engine, agent } = storyAgainst(new Int16Array(0));
  world.runTo(2000);
  engine.session.interrupt();
  world.runTo(2100);
  expect(engine.sent('clear')).toHaveLength(1);
  expect(agent.kinds()).toEqual(['interrupted']);
});

it('[B24] does not hold an utterance that is not interruptible, and tells the turn as usual', () => {
  const { world, engine, agent } = storyAgainst(
    voiceScript([[2000, 3000]]),
    {},
    { interruptible: false },
  );
  world.runTo(11_000);
  expect(engine.sent('hold')).toHaveLength(0);
  expect(engine.sent('clear')).toHaveLength(0);
  expect(agent.kinds()).toEqual(['turn-started', 'turn-ended', 'completed']);
});

it('[B25] stops an agent that has long finished generating', () => {
  const { world, engine, agent } = storyAgainst(voiceScript([[6000, 7000]]));
  world.runTo(9000);
  const interrupted = agent.told.find(({ kind }) => kind === 'interrupted') as {
    heard: { heardSamples: number };
  };
  expect(interrupted.heard.heardSamples).toBeGreaterThan(5500 * 16);
  expect(interrupted.heard.heardSamples).toBeLessThan(6300 * 16);
  expect(engine.heard.slice(6700 * 16).every((sample) => sample === 0)).toBe(true);
});

it('[B26] tells the turn when everything had been heard by the time the floor was contested', () => {
  const short = voiceScript([[0, 2050]], 12);
  const { world, agent } = storyAgainst(voiceScript([[2000, 2350]]), {}, { greeting: short });
  world.runTo(6000);
  expect(agent.kinds().sort()).toEqual(['completed', 'turn-ended', 'turn-started']);
});

it('[B27] takes a manual turn as a decision: the agent is cut at once', () => {
  const { world, engine, agent } = storyAgainst(voiceScript([[2000, 2300]]), {
    turnTaking: 'manual',
  });
  world.runTo(2000);
  engine.session.turn('started', world.nowMs);
  world.runTo(2300);
  engine.session.turn('ended', world.nowMs);
  world.runTo(3000);
  expect(engine.sent('clear')).toHaveLength(1);
  expect(agent.kinds()).toEqual(['turn-started', 'interrupted', 'turn-ended']);
});

it('[B28] never lets hold, release or clear wait for a checkpoint of the same event', () => {
  const { world, engine } = storyAgainst(voiceScript([[2000, 4000]]));
  world.runTo(5500);
  const kinds = engine.happenings.map((each) =>
    each.kind === 'control' ? each.message.type : each.kind,
  );
  const speech = kinds.indexOf('speech');
  const hold = kinds.indexOf('hold');
  expect(hold).toBeGreaterThanOrEqual(0);
  expect(hold).toBeLessThan(speech);
  const clear = kinds.indexOf('clear');
  const next = kinds.indexOf('checkpoint', clear);
  expect(kinds.slice(hold + 1, clear).filter((kind) => kind === 'audio')).toEqual([]);
  expect(next).toBeGreaterThan(clear);
});

it('[B29] holds an agent that begins while the caller is already speaking', () => {
  const world = new VirtualWorld();
  const agent = new ScriptedAgent();
  const engine = new EngineWorld({ world, agent, microphone: voiceScript([[1000, 6000]]) });
  world.runTo(1500);
  engine.event((conversation, nowMs) => conversation.outsideEvent(() => agent.say(STORY), nowMs));
  world.runTo(2300);
  expect(engine.engine.state(world.nowMs).statistics).toMatchObject({ holds: 1 });
  expect(engine.heard.slice(2300 * 16).every((sample) => sample === 0)).toBe(true);
  world.runTo(8000);
  expect(agent.kinds()).toEqual(['turn-started', 'interrupted', 'turn-ended']);
});

it('[B30] goes on with a turn that the agent knows of when a contest within it is refused', () => {
  const world = new VirtualWorld();
  const agent = new ScriptedAgent();
  const microphone = voiceScript([
    [1000, 1400],
    [1800, 2000],
  ]);
  const engine = new EngineWorld({ world, agent, microphone });
  world.runTo(1700);
  engine.event((conversation, nowMs) => conversation.outsideEvent(() => agent.say(STORY), nowMs));
  world.runTo(12_000);
  expect(engine.sent('hold')).toHaveLength(1);
  expect(engine.sent('release')).toHaveLength(1);
  expect(agent.kinds()).toEqual(['turn-started', 'turn-ended', 'completed']);
  expect(engine.sent('turn').map(({ state }) => state)).toEqual(['started', 'ended']);
});

it('[B31] does not let talk without the button hold the agent where turns are manual', () => {
  const { world, engine, agent } = storyAgainst(voiceScript([[2000, 4000]]), {
    turnTaking: 'manual',
  });
  world.runTo(11_000);
  expect(engine.sent('hold')).toHaveLength(0);
  expect(agent.kinds()).toEqual(['completed']);
});

it('[B37] does not give the floor to speech that fades away', () => {
  const fading = voiceScript([[2000, 3000]]);
  for (let index = 2500 * 16; index < fading.length; index++)
    fading[index] = Math.round(fading[index]! * 10 ** (-(index - 2500 * 16) / 16_000));
  const commits = (commitFadeDb: number) => {
    const { world, engine } = storyAgainst(fading, {
      config: { commitFadeDb, commitSpeechMs: 900 },
    });
    world.runTo(4000);
    return engine.sent('clear').length;
  };
  expect([commits(6), commits(60)]).toEqual([0, 1]);
});

it('[B38] takes another commitSpeechMs in the middle of a contest', () => {
  const { world, engine } = storyAgainst(voiceScript([[2000, 4500]]), {
    config: { commitSpeechMs: 2500 },
  });
  world.runTo(2800);
  expect([engine.sent('hold').length, engine.sent('clear').length]).toEqual([1, 0]);
  engine.event((conversation, nowMs) =>
    conversation.configure(conversationConfig({ commitSpeechMs: 300 }), nowMs),
  );
  world.runTo(2900);
  expect(engine.sent('clear')).toHaveLength(1);
});
