// The vendor's sessions die, expire, fall silent or cannot be had; the conversation with OpenAI Realtime goes on.

import { describe, expect, it } from 'vitest';
import type { FakeOptions } from '../../../fakes/openai-realtime/fake-options.ts';
import { OpenAiStage } from '../../../fakes/openai-realtime/stage.ts';
import { faultsOf } from '../../../fakes/openai-realtime/verdict.ts';
import { numbersIn } from '../../../fakes/openai-realtime/watermark.ts';
import { voiceScript } from '../../../support/voice-script.ts';

const words = (ms: number, seed = 1) => voiceScript([[0, ms]], seed);
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);
/** The first session is a special one, all others are healthy. */
const first = (options: FakeOptions) => (session: number) => (session === 0 ? options : {});

const heardNumbers = (stage: OpenAiStage) => stage.finals('agent').flatMap(numbersIn);

describe('a session that dies', () => {
  it('[OR7] in mid-utterance: what was given is said, the rest is asked for once, nothing is heard twice or missing', () => {
    const stage = new OpenAiStage({ vendor: first({ diesAfterAudioMs: 1200 }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(9000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.service.sessions).toHaveLength(2);
    expect(stage.service.sessions.map(({ asked }) => asked.length)).toEqual([1, 1]);
    expect(heardNumbers(stage)).toEqual(upTo(12, 101));
    expect(stage.heard.length).toBe(12 * 240 * 16);
    expect(stage.failures).toEqual([]);
  });

  it('[OR7] knows in the next what was said in the last, also of turns long past', () => {
    const stage = new OpenAiStage({ vendor: first({ diesAfterAudioMs: 2880 + 1200 }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(6000);
    stage.speak(words(900, 2));
    stage.world.runTo(14_000);
    expect(faultsOf(stage)).toEqual([]);
    const [, second] = stage.service.sessions;
    const texts = second!.asked[0]!.items.map(({ role, text }) => `${role}: ${text}`);
    expect(texts[0]).toBe('user: said for 800 ms');
    expect(numbersIn(texts[1]!)).toEqual(upTo(12, 101));
    expect(second!.callerAudio.map(({ length }) => length)).toEqual([900 * 24]);
    expect(heardNumbers(stage)).toEqual([...upTo(12, 101), ...upTo(12, 201)]);
  });

  it('[OR8] before it has answered: the same turn is asked again, from its audio, once', () => {
    const silentDeath = first({ firstAudioMs: 400, diesAfterAudioMs: 1 });
    const stage = new OpenAiStage({ vendor: silentDeath, agent: { patienceMs: 8000 } });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(9000);
    expect(stage.service.violations).toEqual([]);
    expect(stage.service.sessions).toHaveLength(2);
    expect(stage.service.sessions[1]!.callerAudio.map(({ length }) => length)).toEqual([800 * 24]);
    expect(stage.service.sessions[1]!.asked).toHaveLength(1);
    expect(stage.finals('caller')).toEqual(['said for 800 ms']);
  });

  it.each(['ours', 'server_vad'])(
    '[OR8] while the caller speaks: the turn reaches the next whole (%s)',
    (turnDetection) => {
      const stage = new OpenAiStage({ agent: { turnDetection } });
      stage.world.runTo(500);
      stage.speak(words(2000));
      stage.world.runTo(1500);
      stage.cutLine();
      stage.world.runTo(9000);
      expect(faultsOf(stage)).toEqual([]);
      const [, second] = stage.service.sessions;
      expect(stage.service.sessions).toHaveLength(2);
      expect(second!.asked).toHaveLength(1);
      const [spoken] = second!.callerAudio;
      expect(spoken!.length).toBeGreaterThanOrEqual(2000 * 24);
      expect(spoken!.length).toBeLessThanOrEqual(2900 * 24);
      expect(heardNumbers(stage)).toEqual(upTo(12, 101));
    },
  );

  it('[OR8] with a turn that its own detection had found, and not answered', () => {
    const stage = new OpenAiStage({
      agent: { turnDetection: 'server_vad' },
      vendor: first({ firstAudioMs: 5000 }),
    });
    stage.world.runTo(500);
    stage.speak(words(1000));
    stage.world.runTo(2600);
    expect(stage.service.sessions[0]!.asked).toHaveLength(1);
    stage.cutLine();
    stage.world.runTo(9000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.service.sessions[1]!.asked).toHaveLength(1);
    expect(heardNumbers(stage)).toEqual(upTo(12, 101));
  });

  it('[OR9] is followed by one that learns how much was heard of what the last had given', () => {
    const stage = new OpenAiStage({ vendor: first({ speed: 20 }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(2500);
    stage.cutLine();
    stage.world.runTo(3000);
    stage.speak(words(700, 2));
    stage.world.runTo(10_000);
    expect(faultsOf(stage)).toEqual([]);
    const [cut] = stage.cuts;
    const [, second] = stage.service.sessions;
    expect(second!.truncations).toEqual([]);
    const said = second!.asked[0]!.items.map(({ role, text }) => ({ role, text }));
    expect(said.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    const told = numbersIn(said[1]!.text ?? '');
    expect(told).toEqual(upTo(told.length, 101));
    expect(Math.abs(told.length - cut!.heardMs / 240)).toBeLessThanOrEqual(1);
  });

  it('[OR7] again and again: after the third time the caller is told', async () => {
    const stage = new OpenAiStage({ vendor: () => ({ diesAfterAudioMs: 1 }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(20_000);
    expect(stage.service.sessions.filter(({ asked }) => asked.length > 0)).toHaveLength(3);
    expect(stage.failures).toEqual(['agent-failed']);
    const before = stage.utterances.length;
    await new Promise(setImmediate);
    expect(stage.utterances.length).toBe(before + 1);
  });
});

describe('a session that ends', () => {
  it('[OR11] after 55 minutes in a quiet moment: another takes its place before anybody speaks', () => {
    const stage = new OpenAiStage();
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(56 * 60_000);
    expect(stage.service.sessions).toHaveLength(2);
    stage.speak(words(800, 2));
    stage.world.runTo(56 * 60_000 + 6000);
    expect(faultsOf(stage)).toEqual([]);
    expect(heardNumbers(stage)).toEqual([...upTo(12, 101), ...upTo(12, 201)]);
  });

  it('[OR11] at its limit, in mid-utterance: like one that dies', () => {
    const limit = { sessionLimitMs: 3000, speed: 1 };
    const stage = new OpenAiStage({ vendor: first(limit) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(9000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.service.sessions).toHaveLength(2);
    expect(heardNumbers(stage)).toEqual(upTo(12, 101));
    expect(stage.failures).toEqual([]);
  });
});

describe('a memory that is lost', () => {
  it.each([1000, 1400, 1800, 2300, 3400])(
    '[OR10] at %i ms: the conversation goes on, once',
    (atMs) => {
      const stage = new OpenAiStage({ agent: { greeting: 'Hello.' } });
      stage.world.runTo(50);
      stage.world.runTo(5000);
      stage.speak(words(800));
      stage.world.runTo(5000 + atMs);
      stage.evict();
      stage.world.runTo(16_000);
      expect(faultsOf(stage)).toEqual([]);
      expect(heardNumbers(stage)).toEqual([...upTo(12, 1), ...upTo(12, 101)]);
    },
  );

  it('[OR10] a state of another kind is no state', () => {
    const stage = new OpenAiStage();
    stage.event((agent, nowMs) => agent.restore({ kind: 'listening' }, nowMs));
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(6000);
    expect(heardNumbers(stage)).toEqual(upTo(12, 101));
  });
});

describe('a vendor that cannot be had', () => {
  it.each(['silent', 'malformed'] as const)(
    '[OR13] is %s: it is asked again in another session, then the caller is told',
    async (mode) => {
      const stage = new OpenAiStage({ vendor: () => ({ mode }), agent: { patienceMs: 2000 } });
      stage.world.runTo(500);
      stage.speak(words(800));
      stage.world.runTo(20_000);
      expect(stage.service.sessions.filter(({ asked }) => asked.length > 0)).toHaveLength(3);
      expect(stage.failures).toEqual(['agent-failed']);
      await new Promise(setImmediate);
      expect(stage.utterances).toHaveLength(1);
    },
  );

  it('[OR13] is silent for a while: the next session answers, and nobody is told', () => {
    const stage = new OpenAiStage({ vendor: first({ mode: 'silent' }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(20_000);
    expect(heardNumbers(stage)).toEqual(upTo(12, 101));
    expect(stage.failures).toEqual([]);
  });

  it('[OR13] is slow, and is waited for', () => {
    const slow = { firstAudioMs: 5000, speed: 0.8 };
    const stage = new OpenAiStage({ vendor: () => slow });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(20_000);
    expect(stage.service.sessions).toHaveLength(1);
    expect(heardNumbers(stage)).toEqual(upTo(12, 101));
  });

  it('[OR14] cannot be reached: dialled again at growing distances, told of after the patience, answered when it is back', () => {
    const refuses = (dial: number) => dial < 8;
    const stage = new OpenAiStage({ refuses, agent: { patienceMs: 3000 } });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(6000);
    expect(stage.failures).toEqual(['agent-unreachable']);
    stage.world.runTo(40_000);
    expect(stage.service.sessions).toHaveLength(1);
    expect(heardNumbers(stage)).toEqual(upTo(12, 101));
    expect(stage.service.violations).toEqual([]);
  });

  it('[OR14] is given up after 30 s, and dialled again when the caller speaks', () => {
    let isThere = false;
    const stage = new OpenAiStage({ refuses: () => !isThere });
    stage.world.runTo(60_000);
    expect(stage.failures).toEqual(['agent-unreachable']);
    isThere = true;
    stage.world.runTo(90_000);
    expect(stage.service.sessions).toHaveLength(0);
    stage.speak(words(800));
    stage.world.runTo(100_000);
    expect(heardNumbers(stage)).toEqual(upTo(12, 101));
  });

  it('[OR14] has no key: the client is told, and nothing is dialled', () => {
    const stage = new OpenAiStage({ variables: {} });
    stage.world.runTo(1000);
    stage.speak(words(800));
    stage.world.runTo(20_000);
    expect(stage.failures).toEqual(['agent-not-configured']);
    expect(stage.service.sessions).toEqual([]);
  });

  it('[OR14] refuses the settings: the client is told, and it is not asked again', () => {
    const outgoing = (event: Record<string, unknown>) =>
      event['type'] === 'session.update' ? { ...event, session: { type: 'beta' } } : event;
    const stage = new OpenAiStage({ sabotage: { outgoing } });
    stage.world.runTo(20_000);
    expect(stage.failures).toEqual(['agent-misconfigured']);
    expect(stage.service.sessions).toHaveLength(1);
  });

  it('[OR15] limits the rate: told once, not asked again', async () => {
    const stage = new OpenAiStage({ vendor: () => ({ failsWith: 'rate_limit_exceeded' }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(10_000);
    expect(stage.failures).toEqual(['agent-rate-limited']);
    expect(stage.service.sessions[0]!.asked).toHaveLength(1);
    await new Promise(setImmediate);
    expect(stage.utterances).toHaveLength(1);
  });

  it('[OR15] fails otherwise: asked twice more, then told', () => {
    const stage = new OpenAiStage({ vendor: () => ({ failsWith: 'server_error' }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(10_000);
    expect(stage.failures).toEqual(['agent-failed']);
    expect(stage.service.sessions[0]!.asked).toHaveLength(3);
  });

  it('[OR14] says nothing aloud where the fallback is silent', async () => {
    const stage = new OpenAiStage({ variables: {}, agent: { fallback: 'silent' } });
    stage.world.runTo(1000);
    await new Promise(setImmediate);
    expect(stage.failures).toEqual(['agent-not-configured']);
    expect(stage.utterances).toEqual([]);
  });
});
