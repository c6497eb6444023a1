// What every scorer promises, whoever computes the scores and wherever: a suite to run over each of them.

import { beforeAll, describe, expect, it, vi } from 'vitest';
import { conversationConfig } from '../../core/conversation/config.ts';
import { type Scorer, type ScorerFactory, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import { VoiceActivity } from '../../core/voice/voice-activity.ts';
import { ConversationEdges } from '../support/conversation-edges.ts';

/** Windows given at once: a scorer that answers later may take them together, and has room for them. */
const BURST_WINDOWS = 48;

/** A stretch of the conversation with the end of a pause and the beginning of speech. */
const FROM_WINDOW = 20;
const SHORT_WINDOWS = 40;

/** What the suite needs to know. */
export interface ContractOptions {
  readonly name: string;
  /** Called once, before the first test. */
  readonly prepare: () => ScorerFactory | Promise<ScorerFactory>;
  /** The bundled conversation at 16 kHz. */
  readonly conversation: () => Int16Array;
  /** Largest difference of a score that was made again: 0 where the same code runs on the same machine. */
  readonly tolerance: number;
  /** Largest distance of a turn's end from the truth. */
  readonly endsWithinMs: number;
}

/** Runs the suite over a scorer. */
export function describeScorer(options: ContractOptions): void {
  describe(`the scorer ${options.name}`, () => {
    let create: ScorerFactory;
    let conversation: Int16Array;
    beforeAll(async () => {
      create = await options.prepare();
      conversation = options.conversation();
    }, 60_000);

    const windowAt = (index: number): Int16Array =>
      conversation.slice(index * WINDOW_SAMPLES, (index + 1) * WINDOW_SAMPLES);
    const speech = (count: number): Int16Array[] =>
      Array.from({ length: count }, (_, index) => windowAt(FROM_WINDOW + index));
    const start = (): Run => new Run(create);
    const expectClose = (found: readonly number[], expected: readonly number[]): void => {
      expect(found).toHaveLength(expected.length);
      expect(largestDifference(found, expected)).toBeLessThanOrEqual(options.tolerance);
    };

    it('[D25] answers every window once, in order, with a probability', async () => {
      const run = start();
      for (const [index, window] of speech(SHORT_WINDOWS).entries()) {
        run.scorer.submit(1000 + 3 * index, window);
        // The array belongs to the caller again.
        window.fill(32_767);
        if (index % 7 === 6) await run.answered(index + 1);
      }
      await run.answered(SHORT_WINDOWS);
      expect(run.indices).toEqual(speech(SHORT_WINDOWS).map((_, index) => 1000 + 3 * index));
      for (const probability of run.scores) {
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
      expect(Math.max(...run.scores)).toBeGreaterThan(0.8);
      const calm = start();
      await calm.submit(speech(SHORT_WINDOWS));
      expectClose(run.scores, calm.scores);
    });

    it('[D25] scores digital silence below 0.5', async () => {
      const run = start();
      await run.submit(Array.from({ length: BURST_WINDOWS }, () => new Int16Array(WINDOW_SAMPLES)));
      expect(run.scores).toHaveLength(BURST_WINDOWS);
      expect(Math.max(...run.scores)).toBeLessThan(0.5);
    });

    it('[D26] begins a new stream after a reset, whatever is owed', async () => {
      const fresh = start();
      await fresh.submit(speech(SHORT_WINDOWS));
      const run = start();
      run.give(speech(25));
      run.scorer.reset();
      run.give(speech(SHORT_WINDOWS));
      await run.answered(25 + SHORT_WINDOWS);
      expectClose(run.scores.slice(0, 25), fresh.scores.slice(0, 25));
      expectClose(run.scores.slice(25), fresh.scores);
    });

    it('[D27] goes on from a snapshot with the same scores', async () => {
      const whole = start();
      await whole.submit(speech(SHORT_WINDOWS));
      const before = start();
      await before.submit(speech(18));
      const after = start();
      // What it has heard before makes no difference.
      await after.submit(speech(5));
      after.scorer.restore(before.scorer.snapshot());
      await after.submit(speech(SHORT_WINDOWS).slice(18));
      expectClose(after.scores.slice(5), whole.scores.slice(18));
      // Without the past the scores are others, so the state does matter.
      const without = start();
      await without.submit(speech(SHORT_WINDOWS).slice(18));
      expect(largestDifference(without.scores, whole.scores.slice(18))).toBeGreaterThan(1e-3);
    });

    it('[D27] takes a state of another length for none', async () => {
      const fresh = start();
      await fresh.submit(speech(SHORT_WINDOWS));
      for (const length of [0, 3, 7]) {
        const run = start();
        await run.submit(speech(SHORT_WINDOWS));
        run.scorer.restore(new Float32Array(length).fill(1));
        await run.submit(speech(SHORT_WINDOWS));
        expectClose(run.scores.slice(SHORT_WINDOWS), fresh.scores);
      }
    });

    it('[D28] finds the turns of the bundled conversation', async () => {
      const edges = new ConversationEdges();
      const voice = new VoiceActivity({
        config: conversationConfig(),
        turnTaking: 'automatic',
        createScorer: create,
        budget: { take: () => true },
        listener: edges,
      });
      const burst = BURST_WINDOWS * WINDOW_SAMPLES;
      for (let from = 0; from < conversation.length; from += burst) {
        voice.audio(conversation, from, Math.min(burst, conversation.length - from));
        await until(() => voice.backlogWindows === 0);
      }
      expect(voice.counters.windowsScored).toBe(Math.floor(conversation.length / WINDOW_SAMPLES));
      edges.expectTruth(options.endsWithinMs);
    });
  });
}

/** A scorer with what it has answered. */
class Run {
  readonly indices: number[] = [];
  readonly scores: number[] = [];
  readonly scorer: Scorer;
  #submitted = 0;

  constructor(create: ScorerFactory) {
    this.scorer = create({
      onScore: (index, probability) => {
        this.indices.push(index);
        this.scores.push(probability);
      },
    });
  }

  /** Submits without waiting. */
  give(windows: readonly Int16Array[]): void {
    for (const window of windows) this.scorer.submit(this.#submitted++, window);
  }

  async submit(windows: readonly Int16Array[]): Promise<void> {
    this.give(windows);
    await this.answered(this.#submitted);
  }

  /** Resolves with the `count`th answer. */
  answered(count: number): Promise<void> {
    return until(() => this.scores.length >= count);
  }
}

function largestDifference(found: readonly number[], expected: readonly number[]): number {
  return Math.max(...found.map((score, index) => Math.abs(score - expected[index]!)));
}

/** Most scorers have answered already; the others need real time. */
async function until(isDone: () => boolean): Promise<void> {
  if (!isDone()) await vi.waitUntil(isDone, { interval: 1, timeout: 20_000 });
}
