// Scorers in other Workers and processes, and the trap: what can only be seen with real sockets and real time.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallRecord, holdConversation } from '../../client/node/conversation-client.ts';
import type { Service } from '../../client/node/service-api.ts';
import { SCORER_RATE_HZ, type ScorerFactory, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { KernelScorer } from '../../durable-objects/runtime/kernel-scorer.ts';
import { RemoteScorer } from '../../durable-objects/runtime/remote-scorer.ts';
import truth from '../../samples/conversation.json' with { type: 'json' };
import { describeScorer } from '../contract/scorer-contract.ts';
import { readConversationSample } from '../support/conversation-sample.ts';
import { LinkedWorkers } from '../support/linked-workers.ts';
import { RIGID } from '../support/rigid-player.ts';
import { loadKernel } from '../vad/kernel-files.ts';

const ONNX_CONFIG = 'scorers/onnx/wrangler.toml';
const ONNX = 'isochron-onnx';
const HALF = 'isochron-onnx-half';
/** The service once more, for its shards. */
const SECOND = 'isochron-second';

const linked = new LinkedWorkers();
const away: string[] = [];
let service: Service;

beforeAll(async () => {
  const [url] = await Promise.all([
    linked.start('wrangler.toml', {
      shards: { ONNX_SHARD: ONNX, VAD_SHARD: SECOND },
      vars: { ISOCHRON_DEVELOPMENT: '1', ISOCHRON_SECRET: '' },
    }),
    linked.start(ONNX_CONFIG),
    linked.start(ONNX_CONFIG, { name: HALF, entrypoint: 'scorers/onnx/half.ts' }),
    linked.start('wrangler.toml', { name: SECOND }),
  ]);
  service = { url };
});
afterAll(() => linked.stop());

/** A scorer in this process that has its windows scored by a script in another. */
async function remoteTo(
  script: string,
  binding: 'ONNX_SHARD' | 'VAD_SHARD' = 'ONNX_SHARD',
): Promise<ScorerFactory> {
  const line = await linked.lineTo(script, binding);
  const options = {
    name: script,
    open: async () => line,
    inEvent: (run: () => void) => run(),
    // A loaded machine is no reason to give up here.
    startTimer: () => () => undefined,
    onAway: (reason: string) => away.push(reason),
  };
  return (listener) => new RemoteScorer(options, listener);
}

/** Scores the first four seconds. */
async function scoresOf(create: ScorerFactory): Promise<number[]> {
  const samples = readConversationSample();
  const scores: number[] = [];
  const count = 120;
  await new Promise<void>((resolve) => {
    const scorer = create({
      onScore: (_index, probability) => {
        if (scores.push(probability) === count) resolve();
      },
    });
    for (let index = 0; index < count; index++) {
      scorer.submit(index, samples.slice(index * WINDOW_SAMPLES, (index + 1) * WINDOW_SAMPLES));
    }
  });
  return scores;
}

let createOnnx: ScorerFactory;

describeScorer({
  name: 'onnx',
  prepare: async () => {
    createOnnx = await remoteTo(ONNX);
    return createOnnx;
  },
  conversation: readConversationSample,
  tolerance: 1e-6,
  endsWithinMs: 200,
});

const kernel = loadKernel('vad-f32-plain.wasm');
const createKernel: ScorerFactory = (listener) => new KernelScorer(kernel, listener);

/** A call of six seconds with a scorer: its first turn must end where it does in truth. */
async function hearFirstTurn(scorer: string): Promise<void> {
  const from = 0.5 * SCORER_RATE_HZ;
  const record = await holdConversation(service, {
    voice: readConversationSample().slice(from, from + 6 * SCORER_RATE_HZ),
    settleMs: 200,
    conversation: { agent: { name: 'silent' }, scorer },
  });
  expect(record.summary).toMatchObject({ turns: 1, scorer });
  const ended = record.events.find((event) => event.kind === 'turn-ended');
  expect(Math.abs(ended!.endMs + 500 - truth.turns[0]!.endMs)).toBeLessThanOrEqual(200);
}

describe('the kernel in another process', () => {
  it('[D34] scores bit by bit as in this one', async () => {
    expect(await scoresOf(await remoteTo(SECOND, 'VAD_SHARD'))).toEqual(
      await scoresOf(createKernel),
    );
    expect(away).toEqual([]);
  });

  it('[D34] tells the turns of a conversation', () => hearFirstTurn('remote'));
});

describe('onnxruntime in a Worker of its own', () => {
  it('[D35] scores as the kernel does', async () => {
    const expected = await scoresOf(createKernel);
    const found = await scoresOf(createOnnx);
    const differences = found.map((score, index) => Math.abs(score - expected[index]!));
    expect(Math.max(...expected)).toBeGreaterThan(0.9);
    expect(Math.max(...differences)).toBeLessThanOrEqual(1e-4);
    expect(away).toEqual([]);
  });

  it('[D35] takes another model', async () => {
    const expected = await scoresOf(createKernel);
    const found = await scoresOf(await remoteTo(HALF));
    expect(found).not.toEqual(expected);
    const flips = found.filter((score, index) => score >= 0.5 !== expected[index]! >= 0.5);
    expect(flips.length).toBeLessThanOrEqual(2);
    expect(away).toEqual([]);
  });

  it('[D35] tells the turns of a conversation in another process', () => hearFirstTurn('onnx'));
});

describe('the trap', () => {
  /**
   * Two and a half seconds in which the storyteller speaks to a caller who is heard in a quiet room, with a player that
   * does not make up for what is late.
   */
  const listen = (scorer: string): Promise<CallRecord> =>
    holdConversation(service, {
      voice: readConversationSample().slice(7 * SCORER_RATE_HZ, 10 * SCORER_RATE_HZ),
      maximumMs: 2500,
      player: RIGID,
      conversation: {
        agent: { name: 'storyteller' },
        scorer,
        settings: { leadMs: 100, leadGrowthPct: 0 },
      },
    });

  it('[D36] makes the numbers speak, where the kernel beside it has nothing to say', async () => {
    const { summary: kernel } = await listen('kernel');
    const { summary: trap } = await listen('trap');
    expect([kernel.scorer, trap.scorer]).toEqual(['kernel', 'trap']);
    expect(kernel.underruns).toBeLessThanOrEqual(5);
    expect(trap.underruns).toBeGreaterThan(50);
    expect(kernel.lagMs.p99).toBeLessThan(100);
    expect(trap.lagMs.p99).toBeGreaterThan(300);
    expect(trap.lagByCause.isolate.count).toBeGreaterThan(trap.lagByCause.network.count);
  });
});
