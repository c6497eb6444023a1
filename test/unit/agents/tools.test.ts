import { describe, expect, it } from 'vitest';
import type { ToolCall, ToolOutcome } from '../../../durable-objects/agents/agent-services.ts';
import { TOOL_HANDLERS, type ToolHandler } from '../../../durable-objects/agents/tool-handlers.ts';
import { Tools } from '../../../durable-objects/agents/tools.ts';

interface Posted {
  readonly url: string;
  readonly init: RequestInit;
}

function outcomeOf(
  call: Partial<ToolCall>,
  tool: object,
  answer: () => Promise<Response> = () => Promise.resolve(Response.json({ degrees: 21 })),
  handlers?: Record<string, ToolHandler>,
): Promise<{ outcome: ToolOutcome; posted: Posted[]; calls: number }> {
  const posted: Posted[] = [];
  let calls = 0;
  const tools = new Tools([{ name: 'weather', description: 'Tells it.', ...tool }], {
    conversation: 'conversation-1',
    fetch: (url, init) => {
      posted.push({ url, init });
      return answer();
    },
    sign: (body) => Promise.resolve({ 'Isochron-Signature': `signed ${body.length}` }),
    inEvent: (run) => run(5),
    handlers,
  });
  return new Promise((resolve) =>
    tools.call({ callId: 'call-1', name: 'weather', args: { city: 'Kiel' }, ...call }, (outcome) =>
      resolve({ outcome, posted, calls: ++calls }),
    ),
  );
}

describe('a developer’s tool', () => {
  it('[H15] is posted to its address, signed, and its JSON is the result', async () => {
    const { outcome, posted } = await outcomeOf({}, { url: 'https://tools.example/weather' });
    expect(outcome).toEqual({ kind: 'result', value: { degrees: 21 } });
    const [{ url, init }] = posted as [Posted];
    expect(url).toBe('https://tools.example/weather');
    expect(JSON.parse(String(init.body))).toEqual({
      type: 'tool',
      id: 'call-1',
      conversation: 'conversation-1',
      name: 'weather',
      args: { city: 'Kiel' },
    });
    expect(init.redirect).toBe('manual');
    expect(init.headers).toHaveProperty('Isochron-Signature');
  });

  it('[H15] is answered by a handler of its name where it has no address', async () => {
    const weather: ToolHandler = (args, { conversation }) => ({ args, conversation });
    const { outcome } = await outcomeOf({}, {}, undefined, { weather });
    expect(outcome).toEqual({
      kind: 'result',
      value: { args: { city: 'Kiel' }, conversation: 'conversation-1' },
    });
    expect(TOOL_HANDLERS['current_time']).toBeTypeOf('function');
  });

  it('[H15] fails with a sentence when it is unknown, refuses, throws, or takes too long', async () => {
    const url = 'https://tools.example/weather';
    const sentences = await Promise.all([
      outcomeOf({ name: 'other' }, {}),
      outcomeOf({}, {}, undefined, {}),
      outcomeOf({}, { url }, () => Promise.resolve(new Response('no', { status: 503 }))),
      outcomeOf({}, { url }, () => Promise.reject(new Error('secret detail'))),
      outcomeOf({}, { url, timeoutMs: 100 }, () => new Promise(() => {})),
      outcomeOf({}, { url }, () => Promise.resolve(new Response('x'.repeat(70_000)))),
    ]);
    expect(sentences.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'failed', sentence: 'There is no tool "other".' },
      { kind: 'failed', sentence: expect.stringMatching(/no "url", and no handler/) },
      { kind: 'failed', sentence: expect.stringMatching(/status 503/) },
      { kind: 'failed', sentence: 'The tool "weather" failed.' },
      { kind: 'failed', sentence: expect.stringMatching(/within 100 ms/) },
      { kind: 'failed', sentence: expect.stringMatching(/too long/) },
    ]);
  });
});
