// What OpenAI Realtime can do besides answering: tools, a greeting, typed and given words, a prompt when nobody speaks.

import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { History, itemOf } from '../../../../durable-objects/agents/openai-realtime/history.ts';
import { OPENAI_REALTIME_OPTIONS } from '../../../../durable-objects/agents/openai-realtime/options.ts';
import { parseServerEvent } from '../../../../durable-objects/agents/openai-realtime/server-event.ts';
import { SpokenText } from '../../../../durable-objects/agents/openai-realtime/spoken-text.ts';
import { countingAnswer } from '../../../fakes/openai-realtime/counting-model.ts';
import type { FakeQuestion } from '../../../fakes/openai-realtime/fake-options.ts';
import { OpenAiStage, type StageOptions } from '../../../fakes/openai-realtime/stage.ts';
import { faultsOf } from '../../../fakes/openai-realtime/verdict.ts';
import { numbersIn } from '../../../fakes/openai-realtime/watermark.ts';
import { voiceScript } from '../../../support/voice-script.ts';

const words = (ms: number, seed = 1) => voiceScript([[0, ms]], seed);
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

const TOOLS = [{ name: 'clock', description: 'Tells the time.', url: 'https://example.com/clock' }];

/** Calls the clock in the first turn, and then speaks. */
const callsClock = (question: FakeQuestion) =>
  question.items.at(-1)?.type === 'function_call_output' || question.turn > 1
    ? countingAnswer(question)
    : { messages: [], call: { name: 'clock', args: '{"zone":"CET"}' } };

function withClock(afterMs: number, options: Partial<StageOptions> = {}): OpenAiStage {
  const stage = new OpenAiStage({
    agent: { tools: TOOLS },
    vendor: () => ({ answer: callsClock }),
    tool: () => ({ value: { time: '12:00' }, afterMs }),
    ...options,
  });
  stage.world.runTo(500);
  stage.speak(words(800));
  return stage;
}

describe('a tool', () => {
  it('[OR12] is called with what the model gave, and its result brings the answer', () => {
    const stage = withClock(200);
    stage.world.runTo(8000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.toolCalls).toMatchObject([{ name: 'clock', args: { zone: 'CET' } }]);
    expect(stage.tools).toEqual(['clock: called', 'clock: answered']);
    const [session] = stage.service.sessions;
    expect(session!.asked).toHaveLength(2);
    expect(session!.items.find(({ type }) => type === 'function_call_output')?.text).toBe(
      '{"time":"12:00"}',
    );
    expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 101)]);
    expect(stage.utterances).toHaveLength(1);
  });

  it('[OR12] that takes long is waited for with a soft sound, which the vendor never hears of', () => {
    const stage = withClock(3000);
    stage.world.runTo(12_000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.utterances.length).toBeGreaterThan(1);
    expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 101)]);
    expect(stage.service.sessions[0]!.truncations).toEqual([]);
  });

  it('[OR12] whose result comes while the caller speaks is told at once, and answered with their turn', () => {
    const stage = withClock(2000);
    stage.world.runTo(3000);
    stage.speak(words(1500, 2));
    stage.world.runTo(12_000);
    expect(faultsOf(stage)).toEqual([]);
    const [session] = stage.service.sessions;
    expect(session!.asked).toHaveLength(2);
    expect(session!.asked[1]!.items.map(({ type }) => type)).toEqual([
      'message',
      'function_call',
      'function_call_output',
      'message',
    ]);
    expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 201)]);
  });

  it('[OR12] whose result comes when the session has died reaches the next with its call', () => {
    const stage = withClock(2000);
    stage.world.runTo(2500);
    stage.cutLine();
    stage.world.runTo(12_000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.toolCalls).toHaveLength(1);
    const [, second] = stage.service.sessions;
    expect(second!.items.map(({ type }) => type)).toEqual([
      'message',
      'function_call',
      'function_call_output',
      'message',
    ]);
    expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 101)]);
  });

  it('[OR12] is called again under the same id when the memory was lost', () => {
    const stage = withClock(2000);
    stage.world.runTo(2500);
    stage.evict();
    stage.world.runTo(12_000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.toolCalls).toHaveLength(2);
    expect(stage.toolCalls[0]).toEqual(stage.toolCalls[1]);
    expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 101)]);
  });
});

describe('words of its own', () => {
  it('[OR16] greets before the caller has spoken, once', () => {
    const stage = new OpenAiStage({ agent: { greeting: 'Good day.', instructions: 'Be kind.' } });
    stage.world.runTo(5000);
    stage.cutLine();
    stage.world.runTo(6000);
    stage.evict();
    stage.world.runTo(12_000);
    expect(faultsOf(stage)).toEqual([]);
    const asked = stage.service.sessions.flatMap((session) => session.asked);
    expect(asked).toHaveLength(1);
    expect(asked[0]!.instructions).toContain('Be kind.');
    expect(asked[0]!.instructions).toContain('Good day.');
    expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 1)]);
  });

  it('[OR17] takes typed words for a turn: they cut in, and are answered', () => {
    const stage = new OpenAiStage();
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(3000);
    stage.event((agent, nowMs) => agent.text('Stop it.', nowMs));
    stage.world.runTo(10_000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.cuts).toHaveLength(1);
    const [session] = stage.service.sessions;
    expect(session!.asked.at(-1)!.items.at(-1)).toMatchObject({ role: 'user', text: 'Stop it.' });
    expect(stage.finals('agent').map(numbersIn).at(-1)).toEqual(upTo(12, 201));
  });

  it('[OR17] says given words after its own, not to be cut where they must not be', () => {
    const stage = new OpenAiStage();
    stage.world.runTo(500);
    const say = { interruptible: false };
    stage.event((agent, nowMs) => agent.sayText('This call is recorded.', say, nowMs));
    stage.world.runTo(1500);
    expect(stage.utterances[0]!.interruptible).toBe(false);
    stage.speak(words(800));
    stage.world.runTo(9000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.cuts).toEqual([]);
    expect(stage.service.sessions[0]!.asked[0]!.instructions).toContain('This call is recorded.');
    expect(stage.finals('agent').map((text) => numbersIn(text).length)).toEqual([12, 12]);
  });

  it('[OR18] prompts the model when nobody has spoken, where it was told to', () => {
    for (const idlePrompt of [null, 'Ask whether the caller is still there.']) {
      const stage = new OpenAiStage({ agent: { idlePrompt } });
      stage.world.runTo(10_000);
      stage.event((agent, nowMs) => agent.userIdle(10_000, nowMs));
      stage.world.runTo(16_000);
      const asked = stage.service.sessions[0]!.asked.map(({ instructions }) => instructions);
      expect(asked).toEqual(idlePrompt === null ? [] : [idlePrompt]);
    }
  });
});

describe('what is remembered', () => {
  it('[OR20] forgets the oldest beyond its bounds, and never keeps a result without its call', () => {
    const history = new History();
    history.called('call_0', 'clock', '{}');
    history.answered('call_0', 'x'.repeat(100));
    for (let turn = 0; turn < 200; turn++) history.callerTyped(`${turn} ${'y'.repeat(100)}`);
    expect(history.entries).toHaveLength(200);
    expect(history.entries[0]).toMatchObject({ kind: 'caller' });
    for (let turn = 0; turn < 50; turn++) history.callerTyped('z'.repeat(1000));
    const characters = history.entries.reduce(
      (sum, entry) => sum + (entry.kind === 'caller' ? (entry.text ?? '').length : 0),
      0,
    );
    expect(characters).toBeLessThanOrEqual(32_000);
    expect(history.entries.length).toBeGreaterThan(20);
  });

  it('[OR20] keeps no more audio than one longest turn, and says so where words are missing', () => {
    const history = new History();
    const first = history.callerSpoke('item_1', new Int16Array(40 * 16_000));
    const second = history.callerSpoke('item_2', new Int16Array(40 * 16_000));
    expect(first.audio).toBeNull();
    expect(second.audio).not.toBeNull();
    expect(itemOf(first)).toMatchObject({
      content: [{ text: expect.stringMatching(/not written/) }],
    });
  });

  it('[OR20] knows which words were heard, whether they come before their audio, after it, or all at once', () => {
    const leading = new SpokenText();
    const trailing = new SpokenText();
    for (const [index, word] of ['one', ' two', ' three', ' four'].entries()) {
      leading.add(word, index * 1000);
      trailing.add(word, (index + 1) * 1000);
    }
    const whole = new SpokenText();
    whole.complete('aaa bbb ccc ddd', 0);
    expect(leading.heard(2000, 4000)).toBe('one two');
    expect(trailing.heard(2000, 4000)).toBe('one two');
    expect(leading.heard(2900, 4000)).toBe('one two three');
    expect(leading.heard(2100, 4000)).toBe('one two');
    expect(leading.heard(0, 4000)).toBe('');
    expect(leading.heard(4000, 4000)).toBe('one two three four');
    expect(whole.heard(2000, 4000)).toBe('aaa bbb');
    expect(leading.begun(2000)).toBe('one two');
    expect(trailing.begun(4000)).toBe('one two three four');
    expect(SpokenText.restored(structuredClone(leading.snapshot())).heard(2000, 4000)).toBe(
      'one two',
    );
  });
});

describe('what is read and chosen', () => {
  it('[OR23] ignores events that it does not know, and takes nothing from those it cannot read', () => {
    expect(parseServerEvent('{"type":"response.new_thing","x":1}')).toEqual({ kind: 'unknown' });
    expect(parseServerEvent('{"type":"__proto__"}')).toEqual({ kind: 'unknown' });
    for (const text of ['', 'null', '[]', '{"type":7}', '{"type":"response.created"}']) {
      expect(parseServerEvent(text), text).toEqual({ kind: 'malformed' });
    }
    const bytes = new TextEncoder().encode(
      '{"type":"session.updated","session":{},"event_id":"e"}',
    );
    expect(parseServerEvent(bytes)).toMatchObject({ event: { type: 'session.updated' } });
  });

  it('[OR24] has defaults for every option, and refuses unknown ones', () => {
    expect(v.parse(OPENAI_REALTIME_OPTIONS, {})).toMatchObject({
      model: 'gpt-realtime-2.1',
      turnDetection: 'ours',
      interruptible: true,
      fallback: 'spoken',
    });
    for (const options of [{ temperature: 1 }, { turnDetection: 'theirs' }, { speed: 2 }]) {
      expect(v.safeParse(OPENAI_REALTIME_OPTIONS, options).success).toBe(false);
    }
  });
});
