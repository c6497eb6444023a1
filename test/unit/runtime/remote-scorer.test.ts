import { describe, expect, it } from 'vitest';
import { EnergyScorer } from '../../../core/voice/energy-scorer.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import {
  PATIENCE_MS,
  REST_MS,
  RemoteScorer,
  type ScoringLine,
} from '../../../durable-objects/runtime/remote-scorer.ts';
import type { Scores } from '../../../durable-objects/runtime/scoring-session.ts';

/** Probabilities of this model are below 0.01, which the energy scorer's never are for these windows. */
const OF_MODEL = 0.01;

/** The object elsewhere, its network and the clock, all in the test's hand. */
class Elsewhere {
  readonly calls: Call[] = [];
  readonly openings: Opening[] = [];
  readonly released: number[] = [];
  readonly away: string[] = [];
  readonly answers: { readonly index: number; readonly probability: number }[] = [];
  /** Answers that came outside of an event, and inside a submit. */
  unexpected = 0;
  readonly scorer: RemoteScorer;
  #timer: { readonly delayMs: number; readonly run: () => void } | null = null;
  #inEvent = false;

  constructor() {
    this.scorer = new RemoteScorer(
      {
        name: 'remote',
        open: () =>
          new Promise((resolve, reject) => {
            const line = this.#line(this.openings.length);
            this.openings.push({ succeed: () => resolve(line), fail: reject });
          }),
        inEvent: (run) => this.event(run),
        startTimer: (delayMs, run) => {
          const timer = { delayMs, run };
          this.#timer = timer;
          return () => {
            if (this.#timer === timer) this.#timer = null;
          };
        },
        onAway: (reason, windows) => this.away.push(`${reason} (${windows})`),
      },
      {
        onScore: (index, probability) => {
          if (!this.#inEvent) this.unexpected++;
          this.answers.push({ index, probability });
        },
      },
    );
  }

  event(run: () => void): void {
    expect(this.#inEvent).toBe(false);
    this.#inEvent = true;
    run();
    this.#inEvent = false;
  }

  /** Submits windows [from, to), each in an event of its own; the level of a window tells which it is. */
  submit(from: number, to: number): void {
    for (let index = from; index < to; index++) {
      this.event(() => this.scorer.submit(index, windowOf(index)));
    }
  }

  get waitsMs(): number | null {
    return this.#timer?.delayMs ?? null;
  }

  /** The time that the scorer waits for comes. */
  timeOut(): void {
    const timer = this.#timer;
    this.#timer = null;
    timer?.run();
  }

  /** Opens the latest session. */
  async open(): Promise<void> {
    this.openings.at(-1)!.succeed();
    await arrival();
  }

  /** The latest call is answered; the state says how many windows the stream has had. */
  async answer(): Promise<void> {
    const { windows, state, resolve } = this.calls.at(-1)!;
    const first = state[0] ?? 0;
    resolve({
      probabilities: Float32Array.from(windows, (_, index) => (first + index) / 100_000),
      state: Float32Array.of(first + windows.length),
    });
    await arrival();
  }

  async fail(): Promise<void> {
    this.calls.at(-1)!.reject(new Error('gone'));
    await arrival();
  }

  get indices(): number[] {
    return this.answers.map(({ index }) => index);
  }

  /** What the model has scored, as its number in the stream. */
  get modelled(): (number | null)[] {
    return this.answers.map(({ probability }) =>
      probability < OF_MODEL ? Math.round(probability * 100_000) : null,
    );
  }

  #line(session: number): ScoringLine {
    return {
      score: (samples, state) =>
        new Promise((resolve, reject) => {
          const windows = Array.from(
            { length: samples.length / WINDOW_SAMPLES },
            (_, index) => samples[index * WINDOW_SAMPLES]!,
          );
          this.calls.push({ session, windows, state: [...state], resolve, reject });
        }),
      release: () => this.released.push(session),
    };
  }
}

interface Opening {
  readonly succeed: () => void;
  readonly fail: (fault: Error) => void;
}

interface Call {
  readonly session: number;
  /** First sample of each window. */
  readonly windows: readonly number[];
  readonly state: readonly number[];
  readonly resolve: (scores: Scores) => void;
  readonly reject: (fault: Error) => void;
}

/** Lets what has been resolved arrive. */
async function arrival(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

function windowOf(index: number): Int16Array {
  const window = new Int16Array(WINDOW_SAMPLES);
  for (let sample = 0; sample < WINDOW_SAMPLES; sample++)
    window[sample] = sample % 2 === 0 ? index : 0;
  return window;
}

/** What the energy scorer makes of windows [0, count). */
function energyOf(count: number): number[] {
  const scores: number[] = [];
  const energy = new EnergyScorer({ onScore: (_index, score) => scores.push(score) });
  for (let index = 0; index < count; index++) energy.submit(index, windowOf(index));
  return scores;
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe('a remote scorer', () => {
  it('[D29] makes one call at a time, of all that waits and no more than 16 windows', async () => {
    const there = new Elsewhere();
    expect(there.openings).toHaveLength(0);
    there.submit(0, 1);
    expect(there.openings).toHaveLength(1);
    await there.open();
    there.submit(1, 40);
    expect(there.calls.map(({ windows }) => windows.length)).toEqual([1]);
    for (const call of [1, 2, 3]) {
      await there.answer();
      expect(there.calls).toHaveLength(call + 1);
    }
    await there.answer();
    expect(there.calls.map(({ windows }) => windows)).toEqual([
      [0],
      range(1, 17),
      range(17, 33),
      range(33, 40),
    ]);
    expect(there.openings).toHaveLength(1);
    expect(there.indices).toEqual(range(0, 40));
    expect(there.modelled).toEqual(range(0, 40));
    expect(there.unexpected).toBe(0);
  });

  it('[D29] never asks for two streams in one call', async () => {
    const there = new Elsewhere();
    there.submit(0, 3);
    there.scorer.reset();
    there.submit(3, 5);
    there.scorer.restore(Float32Array.of(-50, 0, 70));
    there.submit(5, 8);
    await there.open();
    for (let call = 0; call < 3; call++) await there.answer();
    expect(there.calls.map(({ windows, state }) => [windows, state])).toEqual([
      [[0, 1, 2], []],
      [[3, 4], []],
      [[5, 6, 7], [70]],
    ]);
    expect(there.modelled).toEqual([0, 1, 2, 0, 1, 70, 71, 72]);
  });

  it('[D30] makes a call that fails once more over a new session, and no score changes', async () => {
    const there = new Elsewhere();
    there.submit(0, 2);
    await there.open();
    await there.answer();
    there.submit(2, 3);
    there.submit(3, 5);
    await there.fail();
    expect(there.released).toEqual([0]);
    expect(there.openings).toHaveLength(2);
    await there.open();
    expect(there.calls.at(-1)).toMatchObject({ session: 1, windows: [2, 3, 4], state: [2] });
    await there.answer();
    expect(there.modelled).toEqual([0, 1, 2, 3, 4]);
    expect(there.away).toEqual([]);
    // Having answered, the new session is as good as the first.
    there.submit(5, 6);
    await there.fail();
    expect(there.openings).toHaveLength(3);
  });

  it.each(['no session', 'no answer', 'a session refused', 'two calls failed', 'nonsense'])(
    '[D31] answers with the energy scorer: %s',
    async (cause) => {
      const there = new Elsewhere();
      there.submit(0, 40);
      expect(there.answers).toEqual([]);
      expect(there.waitsMs).toBe(PATIENCE_MS);
      if (cause === 'no session') there.timeOut();
      else if (cause === 'a session refused') {
        there.openings[0]!.fail(new Error('gone'));
        await arrival();
      } else await there.open();
      if (cause === 'no answer') there.timeOut();
      for (let attempt = 0; attempt < 2; attempt++) {
        if (cause === 'two calls failed') await there.fail();
        if (cause === 'nonsense') {
          const probabilities = new Float32Array(16).fill(attempt === 0 ? 2 : Number.NaN);
          there.calls.at(-1)!.resolve({ probabilities, state: new Float32Array(1) });
          await arrival();
        }
        if (there.openings.length === 2) await there.open();
      }
      expect(there.away).toHaveLength(1);
      expect(there.away[0]).toContain('(40)');
      expect(there.indices).toEqual(range(0, 40));
      expect(there.answers.map(({ probability }) => probability)).toEqual(energyOf(40));
      expect(there.waitsMs).toBeNull();
      // Away: answered at once, in the event of the window itself.
      there.submit(40, 60);
      expect(there.indices).toEqual(range(0, 60));
      expect(there.answers.map(({ probability }) => probability)).toEqual(energyOf(60));
      expect(there.unexpected).toBe(0);
      // What comes too late changes nothing.
      for (const { succeed } of there.openings) succeed();
      for (const { resolve } of there.calls) {
        resolve({ probabilities: new Float32Array(16), state: Float32Array.of(9) });
      }
      await arrival();
      expect(there.indices).toEqual(range(0, 60));
      expect(there.released.length).toBe(
        there.openings.length - (cause === 'a session refused' ? 1 : 0),
      );
    },
  );

  it('[D31] tries again after 31 windows, then after twice as many, with a model that begins anew', async () => {
    const there = new Elsewhere();
    there.submit(0, 2);
    await there.open();
    await there.answer();
    await there.answer();
    there.submit(2, 3);
    expect(there.scorer.isStandingIn).toBe(false);
    there.timeOut();
    expect(there.away).toEqual(['no answer in time (1)']);
    expect(there.scorer.isStandingIn).toBe(true);
    there.submit(3, 33);
    expect(there.openings).toHaveLength(1);
    expect(there.indices).toEqual(range(0, 33));
    there.submit(33, 34);
    expect(there.openings).toHaveLength(2);
    there.timeOut();
    there.submit(34, 95);
    expect(there.openings).toHaveLength(2);
    there.submit(95, 97);
    expect(there.openings).toHaveLength(3);
    await there.open();
    expect(there.scorer.isStandingIn).toBe(true);
    await there.answer();
    expect(there.scorer.isStandingIn).toBe(false);
    expect(there.calls.at(-1)).toMatchObject({ windows: [95, 96], state: [] });
    expect(there.modelled.slice(-2)).toEqual([0, 1]);
    expect(there.indices).toEqual(range(0, 97));
  });

  it('[D31] waits for no more than 992 windows, however often it failed', async () => {
    const there = new Elsewhere();
    const openedAt: number[] = [];
    for (let index = 0; index < 4900; index++) {
      const before = there.openings.length;
      there.submit(index, index + 1);
      if (there.openings.length > before) {
        openedAt.push(index);
        there.timeOut();
      }
    }
    const distances = openedAt.slice(1).map((at, index) => at - openedAt[index]!);
    expect(distances).toEqual([31, 62, 124, 248, 496, 992, 992, 992]);
    expect(there.indices).toEqual(range(0, 4900));
  });

  it('[D31] has room for 128 windows; one more, and the energy scorer answers for all', async () => {
    const there = new Elsewhere();
    there.submit(0, 1);
    await there.open();
    there.submit(1, 128);
    expect(there.answers).toEqual([]);
    there.submit(128, 129);
    expect(there.away).toEqual(['too many windows wait (128)']);
    expect(there.indices).toEqual(range(0, 129));
    expect(there.answers.map(({ probability }) => probability)).toEqual(energyOf(129));
    expect(there.released).toEqual([0]);
  });

  it('[D32] lets a session go that was not used for five seconds, and begins another when needed', async () => {
    const there = new Elsewhere();
    there.submit(0, 1);
    await there.open();
    expect(there.waitsMs).toBe(PATIENCE_MS);
    await there.answer();
    expect(there.waitsMs).toBe(REST_MS);
    expect(REST_MS).toBe(5000);
    there.timeOut();
    expect(there.released).toEqual([0]);
    expect(there.waitsMs).toBeNull();
    there.submit(1, 2);
    await there.open();
    await there.answer();
    expect(there.calls.at(-1)).toMatchObject({ session: 1, windows: [1], state: [1] });
    expect(there.modelled).toEqual([0, 1]);
  });
});
