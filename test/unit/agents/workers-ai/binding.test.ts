// Runs of models behind the platform's binding: what is asked of it, and what the agent hears.

import { describe, expect, it } from 'vitest';
import {
  platformAi,
  type StreamListener,
  type WorkersAi,
} from '../../../../durable-objects/runtime/workers-ai.ts';

const WRITING = { messages: [{ role: 'user', content: 'Hello?' }], max_tokens: 10 } as const;
const SPEAKING = {
  text: 'Hello.',
  encoding: 'linear16',
  container: 'none',
  sample_rate: 16_000,
} as const;

interface Run {
  readonly model: string;
  readonly inputs: unknown;
  readonly options: { readonly signal: AbortSignal; readonly returnRawResponse?: boolean };
}

/** A binding whose runs answer as told, and what was heard of them. */
function bound(answer: () => unknown) {
  const runs: Run[] = [];
  const heard: string[] = [];
  const gone = new AbortController();
  const binding = {
    run: async (model: string, inputs: unknown, options: Run['options']) => {
      runs.push({ model, inputs, options });
      return answer();
    },
  };
  const listener: StreamListener = {
    chunk: (bytes) => heard.push(new TextDecoder().decode(bytes)),
    ended: () => heard.push('ended'),
    failed: () => heard.push('failed'),
  };
  const ai: WorkersAi = platformAi(binding as unknown as Ai, {
    inEvent: (run) => run(1),
    gone: gone.signal,
    sign: async () => ({}),
  });
  return { ai, runs, heard, gone, listener };
}

function streamOf(parts: readonly string[], isEndless = false): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      if (!isEndless) controller.close();
    },
  });
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Models behind the binding', () => {
  it('[WA13] a text model is asked to stream, and its stream is heard to the end', async () => {
    const { ai, runs, heard, listener } = bound(() => streamOf(['one', 'two']));
    ai.write('@cf/some/model', WRITING, listener);
    await settled();
    expect(heard).toEqual(['one', 'two', 'ended']);
    expect(runs[0]).toMatchObject({
      model: '@cf/some/model',
      inputs: { ...WRITING, stream: true },
    });
  });

  it('[WA15] a voice is asked for its raw answer, of which a refusal is a failure', async () => {
    const good = bound(() => new Response(streamOf(['sound'])));
    good.ai.speak('@cf/deepgram/aura-2-en', SPEAKING, good.listener);
    const bad = bound(() => new Response('busy', { status: 429 }));
    bad.ai.speak('@cf/deepgram/aura-2-en', SPEAKING, bad.listener);
    await settled();
    expect(good.heard).toEqual(['sound', 'ended']);
    expect(good.runs[0]?.inputs).toEqual(SPEAKING);
    expect(good.runs[0]?.options.returnRawResponse).toBe(true);
    expect(bad.heard).toEqual(['failed']);
  });

  it('[WA14] a run that is refused has failed', async () => {
    const { ai, heard, listener } = bound(() => {
      throw new Error('3040: Capacity temporarily exceeded');
    });
    ai.write('@cf/some/model', WRITING, listener);
    await settled();
    expect(heard).toEqual(['failed']);
  });

  it('[WA8] one that is stopped is aborted and heard of no more, before and after it has begun', async () => {
    let isCancelled = false;
    const endless = new ReadableStream({
      cancel() {
        isCancelled = true;
      },
    });
    const { ai, runs, heard, listener } = bound(() => endless);
    const stream = ai.write('@cf/some/model', WRITING, listener);
    stream.cancel();
    await settled();
    expect(runs[0]?.options.signal.aborted).toBe(true);
    expect(isCancelled).toBe(true);
    const later = bound(() => streamOf(['one'], true));
    const begun = later.ai.write('@cf/some/model', WRITING, later.listener);
    await settled();
    begun.cancel();
    await settled();
    expect(later.heard).toEqual(['one']);
    expect(heard).toEqual([]);
  });

  it('[WA19] with the memory of the conversation its runs end', async () => {
    const { ai, runs, heard, gone, listener } = bound(() => streamOf(['one'], true));
    ai.write('@cf/some/model', WRITING, listener);
    await settled();
    gone.abort();
    await settled();
    expect(runs[0]?.options.signal.aborted).toBe(true);
    expect(heard).toEqual(['one']);
  });
});
