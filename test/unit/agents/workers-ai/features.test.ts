// Greeting, words of others, tools, usage, and what is refused.

import { describe, expect, it } from 'vitest';
import { AgentChoiceError, checkAgent } from '../../../../durable-objects/agents/catalogue.ts';
import { checkAgentAddresses } from '../../../../worker/agent-choice.ts';
import type { ServiceSettings } from '../../../../worker/settings.ts';
import { WorkersAiStage } from '../../../fakes/workers-ai/workers-ai-stage.ts';

const TOOLS = [{ name: 'weather', description: 'Tells the weather.' }];

describe('Workers AI, beside turns', () => {
  it('[WA1] options that do not go together are refused with a sentence', () => {
    checkAgent({ name: 'workers-ai' });
    checkAgent({ name: 'workers-ai', hearing: 'nova-3', voice: 'luna', speech: 'aura-1' });
    const wrong = { name: 'workers-ai', hearing: 'nova-3', turnDetection: 'vendor' };
    expect(() => checkAgent(wrong)).toThrow(AgentChoiceError);
    expect(() => checkAgent(wrong)).toThrow(/finds no turns/);
    expect(() => checkAgent({ name: 'workers-ai', model: 'llama' })).toThrow(/"model"/);
  });

  it('[WA1] a service without the binding refuses the agent with a sentence', () => {
    const settings = { development: false, secured: true } as ServiceSettings;
    const check = (env: object) => (): void =>
      checkAgentAddresses({ agent: { name: 'workers-ai' } }, env as Env, settings);
    expect(check({})).toThrow(/no binding "AI".*docs\/agents\/workers-ai\.md/);
    expect(check({ AI: {} })).not.toThrow();
  });

  it('[WA11] says its greeting first, word for word and once', () => {
    const stage = new WorkersAiStage({ agent: { greeting: 'Good morning. How can I help?' } });
    stage.run(3000);
    expect(stage.fake.speakers.map(({ text }) => text)).toEqual([
      'Good morning.',
      'How can I help?',
    ]);
    expect(stage.fake.writers).toHaveLength(0);
    stage.hear(1);
    stage.say(500);
    stage.run(500);
    expect(stage.fake.asked.map(({ role }) => role)).toEqual(['system', 'assistant', 'user']);
    expect(stage.fake.asked[1]?.content).toBe('Good morning. How can I help?');
  });

  it('[WA11] a greeting is said though the caller begins to speak before it sounds, and after a loss of memory', () => {
    const stage = new WorkersAiStage({ agent: { greeting: 'Good morning.' } });
    stage.run(40);
    stage.forget();
    stage.run(40);
    stage.startTurn();
    stage.speak(600);
    expect(stage.host.utterances).toHaveLength(1);
    stage.speak(400, false);
    stage.endTurn();
    stage.run(600);
    expect(stage.fake.asked.map(({ role }) => role)).toEqual(['system', 'assistant', 'user']);
    expect(stage.fake.speakers.filter(({ sentSamples }) => sentSamples > 0)[0]?.text).toBe(
      'Good morning.',
    );
  });

  it('[WA11] says words of the service as they are, after what it is saying', () => {
    const stage = new WorkersAiStage();
    stage.say(500);
    stage.run(700);
    stage.event((nowMs) =>
      stage.agent.sayText?.('One minute is left.', { interruptible: false }, nowMs),
    );
    stage.run(9000);
    expect(stage.host.utterances.map(({ interruptible }) => interruptible)).toEqual([true, false]);
    expect(stage.fake.speakers.at(-1)?.text).toBe('One minute is left.');
  });

  it('[WA11] typed words are answered, and what was being said falls silent', () => {
    const stage = new WorkersAiStage({ fake: { speed: 1 } });
    stage.say(500);
    stage.run(1500);
    stage.event((nowMs) => stage.agent.text('And tomorrow?', nowMs));
    expect(stage.host.at(1).open).toBe(false);
    stage.hear(1, 8000);
    stage.run(1000);
    expect(stage.fake.asked.at(-1)).toEqual({ role: 'user', content: 'And tomorrow?' });
    expect(stage.fake.violations).toEqual([]);
  });

  it('[WA11] with an idle prompt it says something of its own accord', () => {
    const stage = new WorkersAiStage({ agent: { idlePrompt: 'Ask whether somebody is there.' } });
    stage.run(100);
    stage.event((nowMs) => stage.agent.userIdle?.(10_000, nowMs));
    stage.run(3000);
    expect(stage.fake.asked.at(-1)).toEqual({
      role: 'system',
      content: 'Ask whether somebody is there.',
    });
    expect(stage.host.utterances).toHaveLength(1);
  });

  it.each(['workers-ai', 'chat-completions'] as const)(
    '[WA12] a tool is called and its answer given to a model that speaks like %s',
    (shape) => {
      const stage = new WorkersAiStage({
        agent: { tools: TOOLS },
        fake: {
          shape,
          react: (question) =>
            question === 1
              ? { kind: 'tool', name: 'weather', args: { city: 'Bern' } }
              : { kind: 'text', text: 'It rains in Bern today.' },
        },
      });
      stage.say(1000);
      stage.run(500);
      const [made] = stage.toolCalls;
      expect(made?.call).toMatchObject({ name: 'weather', args: { city: 'Bern' } });
      // A soft sound while it takes long.
      stage.run(1000);
      expect(stage.host.utterances).toHaveLength(1);
      stage.hear(1);
      stage.event((nowMs) => made?.done({ kind: 'result', value: { sky: 'rain' } }, nowMs));
      stage.run(4000);
      expect(stage.fake.asked.map(({ role }) => role)).toEqual([
        'system',
        'user',
        'assistant',
        'tool',
      ]);
      expect(stage.fake.asked.at(-1)?.content).toBe('{"sky":"rain"}');
      expect(stage.fake.speakers.map(({ text }) => text)).toEqual(['It rains in Bern today.']);
      expect(stage.host.tools).toEqual(['weather: called', 'weather: answered']);
      expect(stage.fake.violations).toEqual([]);
    },
  );

  it('[WA12] a tool that answers when the caller has gone on is told of with the next question', () => {
    const stage = new WorkersAiStage({
      agent: { tools: TOOLS },
      fake: {
        react: (question) =>
          question === 1
            ? { kind: 'tool', name: 'weather', args: {} }
            : { kind: 'text', text: 'It rains.' },
      },
    });
    stage.say(1000);
    stage.run(500);
    stage.startTurn();
    stage.speak(500);
    stage.event((nowMs) => stage.toolCalls[0]?.done({ kind: 'failed', sentence: 'No.' }, nowMs));
    stage.speak(400, false);
    expect(stage.fake.writers).toHaveLength(1);
    stage.endTurn();
    stage.run(2000);
    expect(stage.fake.writers).toHaveLength(2);
    expect(stage.fake.asked.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'user',
    ]);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[WA13] what cannot be read is passed over', () => {
    const stage = new WorkersAiStage({ fake: { isMalformed: true, shape: 'chat-completions' } });
    stage.say(1000);
    stage.run(5000);
    expect(stage.fake.speakers).toHaveLength(4);
    expect(stage.host.failures).toEqual([]);
  });

  it('[WA20] what each of the three has cost is reported', () => {
    const stage = new WorkersAiStage();
    stage.say(1000);
    stage.run(5000);
    const sum: Record<string, number> = {};
    for (const report of stage.host.usages) {
      for (const [name, amount] of Object.entries(report)) sum[name] = (sum[name] ?? 0) + amount;
    }
    const speechCharacters = stage.fake.speakers.reduce((all, { text }) => all + text.length, 0);
    expect(sum).toEqual({ listenedMs: 1400, inputTokens: 50, outputTokens: 20, speechCharacters });
  });
});
