// One scorer takes over from the other at any time, and no edge tells of it.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { conversationConfig } from '../../../core/conversation/config.ts';
import {
  type ScoreListener,
  type Scorer,
  type ScorerFactory,
  WINDOW_SAMPLES,
} from '../../../core/voice/scorer.ts';
import { VoiceActivity } from '../../../core/voice/voice-activity.ts';
import { FREE_WORK } from '../../support/free-work.ts';
import { TurnRecorder } from '../../support/turn-recorder.ts';

/** Scores a window by one of its samples, in thousandths. */
class SampleScorer implements Scorer {
  readonly name = 'sample';
  readonly unitsPerWindow = 1;
  readonly #listener: ScoreListener;
  readonly #sample: number;

  constructor(listener: ScoreListener, sample: number) {
    this.#listener = listener;
    this.#sample = sample;
  }

  submit(index: number, window: Int16Array): void {
    this.#listener.onScore(index, window[this.#sample]! / 1000);
  }

  reset(): void {}

  snapshot(): Float32Array {
    return new Float32Array(0);
  }

  restore(): void {}
}

const scorerOf =
  (sample: number): ScorerFactory =>
  (listener) =>
    new SampleScorer(listener, sample);

/** What the two scorers say of one window, in thousandths. */
type Scores = readonly [chosen: number, energy: number];

const level = fc.constantFrom(0, 0, 0, 300, 400, 600, 1000);
const stretch = fc
  .record({ chosen: level, energy: level, windows: fc.integer({ min: 1, max: 45 }) })
  .map(({ chosen, energy, windows }): Scores[] => new Array(windows).fill([chosen, energy]));
const audio = fc
  .array(stretch, { minLength: 10, maxLength: 50, size: 'max' })
  .map((stretches) => stretches.flat());
const wishes = fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 3, maxLength: 20 });

// A turn starts where the speech does, not at the end of the turn before.
const CONFIG = conversationConfig({ preRollMs: 0, maximumTurnMs: 60_000 });

interface Told {
  readonly window: number;
  readonly edge: string;
}

/** Hears audio window by window; returns the edges, and the windows after which one scorer took over from the other. */
function hear(
  audio: readonly Scores[],
  createScorer: ScorerFactory,
  prefersEnergy: (window: number) => boolean,
): { readonly told: Told[]; readonly takeOvers: number[] } {
  const recorder = new TurnRecorder();
  const voice = new VoiceActivity({
    config: CONFIG,
    turnTaking: 'automatic',
    createScorer,
    createEnergy: scorerOf(1),
    listener: recorder,
    budget: FREE_WORK,
  });
  const told: Told[] = [];
  const takeOvers: number[] = [];
  const samples = new Int16Array(WINDOW_SAMPLES);
  for (const [window, scores] of audio.entries()) {
    samples.set(scores);
    voice.audio(samples, 0, WINDOW_SAMPLES);
    voice.preferEnergy(prefersEnergy(window));
    while (voice.work());
    for (const edge of recorder.take()) told.push({ window, edge: withoutNumber(edge) });
    if (voice.scorers.switches > takeOvers.length) takeOvers.push(window);
  }
  return { told, takeOvers };
}

/** Turns are counted over the whole stream. */
function withoutNumber(edge: string): string {
  return edge.replace(/^(turn|end) \d+/, '$1');
}

it('[V30] edges are those of the one scorer alone up to each take-over, and those of the other alone after it', () => {
  let takeOvers = 0;
  let edges = 0;
  let held = 0;
  fc.assert(
    fc.property(audio, wishes, (audio, wishes) => {
      const changes = wishes.map((_, index) =>
        wishes.slice(0, index + 1).reduce((sum, windows) => sum + windows, 0),
      );
      const prefersEnergy = (window: number) =>
        changes.filter((change) => change <= window).length % 2 === 1;
      const switched = hear(audio, scorerOf(0), prefersEnergy);
      const alone = [0, 1].map((sample) => hear(audio, scorerOf(sample), () => false).told);
      const bounds = [-1, ...switched.takeOvers, Number.POSITIVE_INFINITY];
      const expected = bounds.slice(1).flatMap((until, index) => {
        const after = bounds[index]!;
        return alone[index % 2]!.filter(({ window }) => window > after && window <= until);
      });
      expect(switched.told).toEqual(expected);
      takeOvers += switched.takeOvers.length;
      edges += expected.length;
      held += switched.takeOvers.filter((window) => !changes.includes(window)).length;
    }),
    { seed: 30, numRuns: 150 },
  );
  expect(takeOvers).toBeGreaterThan(100);
  expect(held).toBeGreaterThan(30);
  expect(edges).toBeGreaterThan(1000);
});
