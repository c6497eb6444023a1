// What happens when one of the three models is slow, silent, broken or gone, and when the memory is.

import { describe, expect, it } from 'vitest';
import type { Reaction } from '../../../fakes/workers-ai/fake-options.ts';
import { WorkersAiStage } from '../../../fakes/workers-ai/workers-ai-stage.ts';

const TEXT = 'This is a first sentence of it. This is the second one.';
const OK: Reaction = { kind: 'text', text: TEXT };

describe('Workers AI, when it fails', () => {
  it.each([
    ['is busy', { kind: 'busy' }, 'agent-unavailable'],
    ['never writes', { kind: 'silence' }, 'agent-timeout'],
    ['has no answer', { kind: 'text', text: '' }, 'agent-failed'],
    ['breaks off at once', { kind: 'death', text: TEXT, tokens: 0 }, 'agent-unavailable'],
  ] as const)(
    '[WA14] a model that %s is asked once more; then the caller is told, once',
    (_how, reaction, code) => {
      const stage = new WorkersAiStage({ fake: { react: () => reaction } });
      stage.say(1000);
      stage.run(25_000);
      expect(stage.fake.writers).toHaveLength(2);
      expect(stage.host.failures).toEqual([code]);
      stage.fake.options = { ...stage.fake.options, react: () => OK };
      stage.say(1000);
      stage.run(5000);
      expect(stage.fake.speakers).toHaveLength(2);
      expect(stage.host.failures).toEqual([code]);
    },
  );

  it('[WA14] a model that is busy for a moment is not told of', () => {
    const stage = new WorkersAiStage({
      fake: { react: (question) => (question === 1 ? { kind: 'busy' } : OK) },
    });
    stage.say(1000);
    stage.run(5000);
    expect(stage.host.failures).toEqual([]);
    expect(stage.fake.speakers).toHaveLength(2);
  });

  it('[WA14] what was said before a model broke off stays said, and in the history', () => {
    const stage = new WorkersAiStage({
      fake: {
        tokenMs: 60,
        react: (question) => (question === 1 ? { kind: 'death', text: TEXT, tokens: 12 } : OK),
      },
    });
    stage.say(1000);
    stage.run(5000);
    expect(stage.host.failures).toEqual(['agent-unavailable']);
    expect(stage.host.at(1).open).toBe(false);
    stage.hear(1);
    stage.say(500);
    stage.run(300);
    expect(stage.fake.asked[2]?.content).toBe('This is a first sentence of it.');
  });

  it.each([
    ['is refused', 'refused', 'agent-unavailable'],
    ['never comes', 'silent', 'agent-timeout'],
  ] as const)(
    '[WA15] a sentence that %s is tried once more; then the caller is told',
    (_how, how, code) => {
      const stage = new WorkersAiStage({ fake: { brokenSpeech: () => how } });
      stage.say(1000);
      stage.run(15_000);
      expect(stage.host.failures).toEqual([code]);
      expect(stage.host.utterances).toHaveLength(0);
      stage.fake.options = { ...stage.fake.options, brokenSpeech: () => 'whole' };
      stage.say(500);
      stage.run(5000);
      expect(stage.host.utterances).toHaveLength(1);
    },
  );

  it('[WA15] a sentence that fails once is not missed', () => {
    const stage = new WorkersAiStage({
      fake: { react: () => OK, brokenSpeech: (n) => (n === 1 || n === 3 ? 'refused' : 'whole') },
    });
    stage.say(1000);
    stage.run(5000);
    expect(stage.host.failures).toEqual([]);
    expect(stage.host.at(1).samples).toHaveLength(960 * (TEXT.length - 1));
  });

  it('[WA15] a voice that breaks off in mid-sentence ends the answer there', () => {
    const stage = new WorkersAiStage({
      fake: { react: () => OK, brokenSpeech: (n) => (n === 2 || n === 3 ? 'broken' : 'whole') },
    });
    stage.say(1000);
    stage.run(5000);
    expect(stage.host.failures).toEqual(['agent-unavailable']);
    expect(stage.host.at(1).open).toBe(false);
    stage.hear(1);
    stage.say(500);
    stage.run(300);
    expect(stage.fake.asked[2]?.content).toBe('This is a first sentence of it. This is the');
  });

  it('[WA16] an outage of the hearing is told once, and the next turn tries again', () => {
    const stage = new WorkersAiStage();
    stage.fake.isDown = true;
    stage.say(1000);
    stage.run(20_000);
    expect(stage.host.failures).toEqual(['agent-unavailable']);
    stage.fake.isDown = false;
    stage.say(1000);
    stage.run(4000);
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.host.failures).toHaveLength(1);
  });

  it('[WA16] one that opens and says nothing is given up', () => {
    const stage = new WorkersAiStage({ fake: { isListenerDeaf: true } });
    stage.say(1000);
    stage.run(10_000);
    expect(stage.host.failures).toEqual(['agent-timeout']);
  });

  it('[WA19] after the memory was lost in mid-turn, the turn is heard whole', () => {
    const stage = new WorkersAiStage();
    stage.startTurn();
    stage.speak(1000);
    stage.forget();
    stage.speak(500);
    stage.endTurn();
    stage.run(1000);
    expect(stage.fake.listeners.at(-1)?.audio).toHaveLength(1500 * 16);
    expect(stage.fake.asked[1]?.content).toBe('Turn 2 has 6 words.');
  });

  it('[WA19] an answer that was not begun is asked for again; one that was goes on', () => {
    const stage = new WorkersAiStage({ fake: { speed: 1 } });
    stage.say(1000);
    stage.run(200);
    stage.forget();
    stage.run(1500);
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.fake.asked.map(({ role }) => role)).toEqual(['system', 'user']);
    const given = stage.host.at(1).samples.length;
    expect(given).toBeGreaterThan(0);
    stage.forget();
    stage.run(400);
    expect(stage.host.at(1).open).toBe(false);
    expect(stage.fake.asked.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'system',
    ]);
    expect(stage.fake.asked.at(-1)?.content).toMatch(/Go on from there/);
    // What was heard of the first part is still told, and kept.
    stage.hear(1, Math.min(given, 8000));
    stage.run(3000);
    expect(stage.host.utterances).toHaveLength(2);
  });

  it('[WA19] a call of a tool is made again under its id, and a foreign state is ignored', () => {
    const stage = new WorkersAiStage({
      agent: { tools: [{ name: 'weather', description: 'Tells the weather.' }] },
      fake: { react: (n) => (n === 1 ? { kind: 'tool', name: 'weather', args: {} } : OK) },
    });
    stage.say(1000);
    stage.run(800);
    stage.forget();
    stage.run(100);
    expect(stage.toolCalls).toHaveLength(2);
    expect(stage.toolCalls[1]?.call.callId).toBe(stage.toolCalls[0]?.call.callId);
    stage.event((nowMs) => stage.toolCalls[1]?.done({ kind: 'result', value: 'rain' }, nowMs));
    stage.run(3000);
    expect(stage.fake.violations).toEqual([]);
    stage.forget({ history: 'none' });
    stage.say(500);
    stage.run(500);
    expect(stage.fake.asked).toHaveLength(2);
  });

  it('[WA21] a socket that nobody needs is closed, and nothing is due any more', () => {
    const stage = new WorkersAiStage();
    stage.say(1000);
    stage.run(6000);
    stage.hear(1);
    stage.run(35_000);
    expect(stage.fake.listeners[0]?.isClosed).toBe(true);
    expect(stage.agent.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    stage.agent.close('over');
    expect(stage.agent.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });
});
