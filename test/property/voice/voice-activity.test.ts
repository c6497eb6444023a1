// Laws of voice activity: how the audio was packed, when scores come and when memory is lost makes no difference.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { conversationConfig } from '../../../core/conversation/config.ts';
import { EnergyScorer } from '../../../core/voice/energy-scorer.ts';
import type { ScorerFactory } from '../../../core/voice/scorer.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import type { TurnTaking } from '../../../core/voice/turn-detector.ts';
import { VoiceActivity } from '../../../core/voice/voice-activity.ts';
import type { WorkBudget } from '../../../core/voice/work-ledger.ts';
import { FREE_WORK } from '../../support/free-work.ts';
import { runs } from '../../support/runs.ts';
import { ScriptedScorer } from '../../support/scripted-scorer.ts';
import { TurnRecorder } from '../../support/turn-recorder.ts';

const SEED = { seed: 7, numRuns: runs(40) };
const CONFIG = conversationConfig({ maximumTurnMs: 4000, cutLookbackMs: 1000 });

/** A part of a call: a level that reads as a score and sounds as loud, silence, or a gap. */
type Part =
  | { readonly kind: 'audio'; readonly level: number; readonly samples: number }
  | { readonly kind: 'silence' | 'gap'; readonly samples: number };

const part: fc.Arbitrary<Part> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('audio' as const),
      level: fc.constantFrom(0, 100, 400, 700, 1000),
      samples: fc.integer({ min: 1, max: 12_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('silence' as const, 'gap' as const),
      samples: fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 40_000 })),
    }),
  },
);
const call = fc.array(part, { minLength: 5, maxLength: 40, size: 'max' });
/** Lengths into which a call is divided. */
const packets = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 3, maxLength: 12 });
const turnTaking = fc.constantFrom<TurnTaking>('automatic', 'automatic', 'manual');

function samplesOf(part: Part, from: number): Int16Array {
  // Alternating signs, so that an energy scorer hears it; the level is what a scripted scorer reads.
  const level = part.kind === 'audio' ? part.level : 0;
  return Int16Array.from({ length: part.samples }, (_, index) =>
    (from + index) % 2 === 0 ? level : -level,
  );
}

interface Ear {
  readonly voice: VoiceActivity;
  readonly recorder: TurnRecorder;
  readonly scorer: ScriptedScorer | null;
}

function ear(
  turns: TurnTaking,
  kind: 'scripted' | 'late' | 'energy' = 'scripted',
  budget: WorkBudget = FREE_WORK,
): Ear {
  const recorder = new TurnRecorder();
  let scorer: ScriptedScorer | null = null;
  const create: ScorerFactory = (listener) => {
    if (kind === 'energy') return new EnergyScorer(listener);
    scorer = new ScriptedScorer(listener, kind === 'late');
    return scorer;
  };
  const voice = new VoiceActivity({
    config: CONFIG,
    turnTaking: turns,
    createScorer: create,
    listener: recorder,
    budget,
  });
  if (turns === 'manual') {
    for (const edge of [5000, 90_000, 120_000])
      voice.manual(edge === 90_000 ? 'ended' : 'started', edge);
  }
  return { voice, recorder, scorer };
}

/** Feeds a call in pieces; `between` runs after each. A gap is given whole. */
function feed(
  parts: readonly Part[],
  lengths: readonly number[],
  listen: () => VoiceActivity,
  between: (piece: number) => void,
): number {
  let piece = 0;
  let position = 0;
  for (const part of parts) {
    const samples = samplesOf(part, position);
    for (let offset = 0; offset < part.samples; ) {
      const wanted = part.kind === 'gap' ? part.samples : lengths[piece % lengths.length]!;
      const length = Math.min(wanted, part.samples - offset);
      const voice = listen();
      if (part.kind === 'audio') voice.audio(samples, offset, length);
      else if (part.kind === 'silence') voice.silence(length);
      else voice.gap(length);
      offset += length;
      between(piece++);
    }
    position += part.samples;
  }
  return position;
}

it('[V11][T16] windows are bit-identical and edges equal, however the audio is packed', () => {
  let edges = 0;
  fc.assert(
    fc.property(call, packets, turnTaking, (parts, lengths, turns) => {
      const whole = ear(turns);
      const packed = ear(turns);
      const end = feed(
        parts,
        [1e9],
        () => whole.voice,
        () => {},
      );
      feed(
        parts,
        lengths,
        () => packed.voice,
        () => {},
      );
      expect(packed.scorer!.windows).toEqual(whole.scorer!.windows);
      expect(packed.scorer!.resets).toEqual(whole.scorer!.resets);
      expect(packed.recorder.edges).toEqual(whole.recorder.edges);
      expect(packed.voice.position).toBe(end);
      edges += whole.recorder.edges.length;
    }),
    SEED,
  );
  expect(edges).toBeGreaterThan(300);
});

it('[V11] without silence or gaps the windows are the audio', () => {
  fc.assert(
    fc.property(
      fc.int16Array({ minLength: 3000, maxLength: 9000, size: 'max' }),
      packets,
      (audio, lengths) => {
        const { voice, scorer } = ear('automatic');
        for (let offset = 0, piece = 0; offset < audio.length; piece++) {
          const length = Math.min(lengths[piece % lengths.length]!, audio.length - offset);
          voice.audio(audio, offset, length);
          offset += length;
        }
        const joined = scorer!.windows.flatMap((window) => [...window]);
        const whole = Math.floor(audio.length / WINDOW_SAMPLES) * WINDOW_SAMPLES;
        expect(joined).toEqual([...audio.subarray(0, whole)]);
      },
    ),
    SEED,
  );
});

it('[V15][T16] edges are the same for a scorer that answers late', () => {
  let owed = 0;
  fc.assert(
    fc.property(
      call,
      packets,
      turnTaking,
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1 }),
      (parts, lengths, turns, answers) => {
        const prompt = ear(turns);
        const late = ear(turns, 'late');
        feed(
          parts,
          lengths,
          () => prompt.voice,
          () => {},
        );
        feed(
          parts,
          lengths,
          () => late.voice,
          (piece) => {
            late.scorer!.answer(answers[piece % answers.length]!);
            owed = Math.max(owed, late.scorer!.owed);
          },
        );
        late.scorer!.answer(late.scorer!.owed);
        expect(late.recorder.edges).toEqual(prompt.recorder.edges);
        expect(late.voice.detectorPosition).toBe(prompt.voice.detectorPosition);
        expect(late.voice.counters.windowsSkipped).toBe(0);
      },
    ),
    SEED,
  );
  expect(owed).toBeGreaterThan(20);
});

it.each(['scripted', 'energy'] as const)(
  '[V22][T18] restored at any points it goes on as if never interrupted (%s)',
  (kind) => {
    let edges = 0;
    fc.assert(
      fc.property(
        call,
        packets,
        turnTaking,
        fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
        (parts, lengths, turns, breaks) => {
          const whole = ear(turns, kind);
          let broken = ear(turns, kind);
          const heard: string[] = [];
          feed(
            parts,
            lengths,
            () => whole.voice,
            () => {},
          );
          feed(
            parts,
            lengths,
            () => broken.voice,
            (piece) => {
              heard.push(...broken.recorder.take());
              if (!breaks[piece % breaks.length]) return;
              const snapshot = structuredClone(broken.voice.snapshot());
              broken = ear('automatic', kind);
              broken.voice.configure(CONFIG, turns);
              broken.voice.restore(snapshot);
            },
          );
          expect(heard).toEqual(whole.recorder.edges);
          expect(broken.voice.snapshot()).toEqual(whole.voice.snapshot());
          edges += heard.length;
        },
      ),
      SEED,
    );
    expect(edges).toBeGreaterThan(300);
  },
);

/** So many windows may be scored until the next call. */
class Allowance implements WorkBudget {
  windows = 0;

  take(): boolean {
    return this.windows-- > 0;
  }
}

function workOff(voice: VoiceActivity, budget: Allowance, windows: number): void {
  budget.windows = windows;
  while (voice.work());
}

it('[V28] windows, restarts and edges are the same however long the windows wait', () => {
  let longest = 0;
  fc.assert(
    fc.property(
      call,
      packets,
      turnTaking,
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
      (parts, lengths, turns, allowances) => {
        const prompt = ear(turns);
        const budget = new Allowance();
        const waiting = ear(turns, 'scripted', budget);
        feed(
          parts,
          lengths,
          () => prompt.voice,
          () => {},
        );
        feed(
          parts,
          lengths,
          () => waiting.voice,
          (piece) => {
            longest = Math.max(longest, waiting.voice.waitingWindows);
            workOff(waiting.voice, budget, allowances[piece % allowances.length]!);
          },
        );
        workOff(waiting.voice, budget, 1e9);
        fc.pre(waiting.voice.counters.windowsSkipped === 0);
        expect(waiting.scorer!.windows).toEqual(prompt.scorer!.windows);
        expect(waiting.scorer!.resets).toEqual(prompt.scorer!.resets);
        expect(waiting.recorder.edges).toEqual(prompt.recorder.edges);
        expect(waiting.voice.detectorPosition).toBe(prompt.voice.detectorPosition);
      },
    ),
    SEED,
  );
  expect(longest).toBeGreaterThan(60);
});

it('[V22] restored at any points, with windows that wait and a newcomer on its way, it goes on as if never interrupted', () => {
  let waited = 0;
  let switches = 0;
  fc.assert(
    fc.property(
      call,
      packets,
      fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
      fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }),
      (parts, lengths, allowances, breaks) => {
        const run = (isBroken: boolean) => {
          const budget = new Allowance();
          const heard: string[] = [];
          let now = ear('automatic', 'scripted', budget);
          feed(
            parts,
            lengths,
            () => now.voice,
            (piece) => {
              now.voice.preferEnergy(piece % 60 >= 30);
              workOff(now.voice, budget, allowances[piece % allowances.length]!);
              heard.push(...now.recorder.take());
              if (!isBroken || !breaks[piece % breaks.length]) return;
              waited = Math.max(waited, now.voice.waitingWindows);
              const snapshot = structuredClone(now.voice.snapshot());
              now = ear('automatic', 'scripted', budget);
              now.voice.restore(snapshot);
            },
          );
          switches += now.voice.scorers.switches;
          return { heard, snapshot: now.voice.snapshot() };
        };
        expect(run(true)).toEqual(run(false));
      },
    ),
    SEED,
  );
  expect(waited).toBeGreaterThan(40);
  expect(switches).toBeGreaterThan(20);
});
