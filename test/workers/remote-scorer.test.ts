// The scorer that has its windows scored in another object: over real RPC, by a real shard.

import { abortAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { SCORER_RATE_HZ, type ScorerFactory, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { KernelScorer } from '../../durable-objects/runtime/kernel-scorer.ts';
import { RemoteScorer, type ScoringLine } from '../../durable-objects/runtime/remote-scorer.ts';
import { openLine } from '../../durable-objects/runtime/scorer-pool.ts';
import { isolateVadKernel } from '../../durable-objects/runtime/vad-module.ts';
import { readWave } from '../../durable-objects/runtime/wave.ts';
import recording from '../../samples/conversation.wav?inline';
import { describeScorer } from '../contract/scorer-contract.ts';
import { Caller, FRAME_SAMPLES, packetOf } from './caller.ts';
import { create, objectOf } from './service.ts';

const away: string[] = [];
const lines: ScoringLine[] = [];
afterAll(() => {
  for (const line of lines) line.release();
});

const createRemote: ScorerFactory = (listener) =>
  new RemoteScorer(
    {
      name: 'remote',
      open: async () => {
        const line = await openLine(env.VAD_SHARD, env.CONVERSATION.newUniqueId().toString());
        lines.push(line);
        return line;
      },
      inEvent: (run) => run(),
      // A loaded machine is no reason to give up here.
      startTimer: () => () => undefined,
      onAway: (reason) => away.push(reason),
    },
    listener,
  );

/** The bundled conversation, which Vite has put into this file. */
function conversation(): Int16Array {
  const text = atob(recording.slice(recording.indexOf(',') + 1));
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return readWave(bytes.buffer, SCORER_RATE_HZ);
}

describeScorer({
  name: 'remote',
  prepare: () => createRemote,
  conversation,
  tolerance: 0,
  endsWithinMs: 200,
});

describe('a pool of shards', () => {
  /** Scores windows [0, count) of the conversation; `disturb` is called before some of them. */
  async function scoresOf(
    createScorer: ScorerFactory,
    count: number,
    disturb: () => Promise<void> = async () => {},
  ): Promise<number[]> {
    const samples = conversation();
    const scores: number[] = [];
    const scorer = createScorer({ onScore: (_index, probability) => scores.push(probability) });
    for (let index = 0; index < count; index++) {
      if (index % 30 === 29) await disturb();
      const from = index * WINDOW_SAMPLES;
      scorer.submit(index, samples.slice(from, from + WINDOW_SAMPLES));
      if (index % 10 === 9) await vi.waitUntil(() => scores.length > index, { interval: 1 });
    }
    return scores;
  }

  it('[D34] scores as the kernel does in the isolate, also when its objects are lost', async () => {
    const expected = await scoresOf(
      (listener) => new KernelScorer(isolateVadKernel(), listener),
      120,
    );
    expect(expected.some((score) => score > 0.9)).toBe(true);
    let losses = 0;
    const found = await scoresOf(createRemote, 120, async () => {
      losses += 1;
      await abortAllDurableObjects();
    });
    expect(losses).toBe(4);
    expect(found).toEqual(expected);
    expect(away).toEqual([]);
  });

  it('[D34] takes what is no state of its model for a new stream', async () => {
    const line = await openLine(env.VAD_SHARD, env.CONVERSATION.newUniqueId().toString());
    const windows = conversation().slice(20 * WINDOW_SAMPLES, 24 * WINDOW_SAMPLES);
    const fresh = await line.score(windows, new Float32Array(0));
    expect(fresh.probabilities).toHaveLength(4);
    expect(fresh.state).toHaveLength(320);
    const odd = await line.score(windows, new Float32Array(7).fill(1));
    expect(odd.probabilities).toEqual(fresh.probabilities);
    const next = await line.score(windows, fresh.state);
    expect(next.probabilities).not.toEqual(fresh.probabilities);
    line.release();
  });

  it('[D33] tells the turns of a conversation whose scores come later', async () => {
    const created = await create({ agent: 'silent', scorer: 'remote' });
    const caller = await Caller.greeted(created);
    const samples = conversation();
    const frames = Math.floor((7 * 16_000) / FRAME_SAMPLES);
    for (let frame = 0; frame < frames; frame++) {
      const from = frame * FRAME_SAMPLES;
      caller.sendRaw(packetOf(frame, samples.slice(from, from + FRAME_SAMPLES)));
      if (frame % 50 === 49) await caller.next('echo', ({ sequence }) => sequence === frame);
    }
    const ended = await caller.next('turn', ({ state }) => state === 'ended');
    expect(ended).toMatchObject({ turn: 1, reason: 'silence' });
    const windows = Math.floor((frames * FRAME_SAMPLES) / WINDOW_SAMPLES);
    await vi.waitUntil(async () => {
      const state = await objectOf(created.conversation).state();
      expect(state?.scorer).toBe('remote');
      return state?.statistics.windowsScored === windows;
    });
    await objectOf(created.conversation).end(false);
  });
});
