// Laws of the turn detector for any scores, settings and events from outside.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { conversationConfig } from '../../../core/conversation/config.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import { TurnDetector, type TurnTaking } from '../../../core/voice/turn-detector.ts';
import { passMissing, passSilence } from '../../../core/voice/unscored-time.ts';
import { runs } from '../../support/runs.ts';
import { TurnRecorder } from '../../support/turn-recorder.ts';

const SEED = { seed: 11, numRuns: runs(200) };

const config = fc
  .record({
    onsetMs: fc.integer({ min: 32, max: 300 }),
    pauseMs: fc.integer({ min: 32, max: 400 }),
    hangoverMs: fc.integer({ min: 400, max: 3000 }),
    hangoverMaximumMs: fc.integer({ min: 0, max: 3000 }),
    minimumSpeechMs: fc.integer({ min: 0, max: 500 }),
    preRollMs: fc.integer({ min: 0, max: 1000 }),
    maximumTurnMs: fc.integer({ min: 2000, max: 6000 }),
    cutLookbackMs: fc.integer({ min: 200, max: 3000 }),
  })
  .map(conversationConfig);

const step = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('score' as const),
      probability: fc.constantFrom(0, 0.04, 0.2, 0.4, 0.6, 0.9, 1),
      windows: fc.integer({ min: 1, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('silence' as const, 'missing' as const),
      samples: fc.integer({ min: 1, max: 30_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('no-audio' as const, 'client-gone' as const, 'drop' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('turns' as const),
      turns: fc.constantFrom<TurnTaking>('automatic', 'automatic', 'manual'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('started' as const, 'ended' as const),
      ahead: fc.integer({ min: -3000, max: 20_000 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const steps = fc.array(step, { minLength: 10, maxLength: 80, size: 'max' });

interface Call {
  readonly detector: TurnDetector;
  position: number;
}

function take(call: Call, step: Step, settings: ReturnType<typeof conversationConfig>): void {
  const { detector } = call;
  switch (step.kind) {
    case 'score':
      for (let window = 0; window < step.windows; window++) {
        detector.window(call.position, WINDOW_SAMPLES, step.probability, true);
        call.position += WINDOW_SAMPLES;
      }
      break;
    case 'silence':
      passSilence(detector, call.position, call.position + step.samples);
      call.position += step.samples;
      break;
    case 'missing':
      passMissing(detector, call.position, call.position + step.samples);
      call.position += step.samples;
      break;
    case 'drop':
      detector.dropTurn();
      break;
    case 'turns':
      detector.configure(settings, step.turns);
      break;
    case 'started':
    case 'ended':
      detector.manual(step.kind, Math.max(0, call.position + step.ahead));
      break;
    default:
      detector.endTurn(step.kind);
  }
}

it('[T17] turns count from 1 and never overlap; speech starts and stops alternately', () => {
  let turns = 0;
  fc.assert(
    fc.property(config, steps, (settings, script) => {
      const recorder = new TurnRecorder();
      const call: Call = {
        detector: new TurnDetector(settings, 'automatic', recorder),
        position: 0,
      };
      let speaking = false;
      let lastTurn = 0;
      let lastEnd = 0;
      recorder.onEdge = (edge) => {
        const [kind, ...rest] = edge.split(' ');
        if (kind === 'speech' || kind === 'silence') {
          expect(speaking).toBe(kind === 'silence');
          speaking = kind === 'speech';
        } else if (kind === 'turn') {
          expect(Number(rest[0])).toBe(lastTurn + 1);
          expect(Number(rest[2])).toBeGreaterThanOrEqual(lastEnd);
          lastTurn++;
          turns++;
        } else if (kind === 'end') {
          const [startSample, endSample] = rest[1]!.split('-').map(Number);
          expect(Number(rest[0])).toBe(lastTurn);
          expect(startSample).toBeGreaterThanOrEqual(lastEnd);
          expect(endSample).toBeGreaterThanOrEqual(startSample!);
          expect(endSample).toBeLessThanOrEqual(call.detector.position);
          lastEnd = endSample!;
        }
      };
      for (const each of script) take(call, each, settings);
      expect(call.detector.position).toBe(call.position);
    }),
    SEED,
  );
  expect(turns).toBeGreaterThan(500);
});

it('[T18] a detector restored at any points tells the same edges', () => {
  let edges = 0;
  fc.assert(
    fc.property(
      config,
      steps,
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      (settings, script, breaks) => {
        const recorders = [new TurnRecorder(), new TurnRecorder()] as const;
        const whole: Call = {
          detector: new TurnDetector(settings, 'automatic', recorders[0]),
          position: 0,
        };
        let broken: Call = {
          detector: new TurnDetector(settings, 'automatic', recorders[1]),
          position: 0,
        };
        for (const [index, each] of script.entries()) {
          take(whole, each, settings);
          take(broken, each, settings);
          if (!breaks[index % breaks.length]) continue;
          const snapshot = structuredClone(broken.detector.snapshot());
          const detector = new TurnDetector(settings, broken.detector.turnTaking, recorders[1]);
          detector.restore(snapshot);
          broken = { detector, position: broken.position };
        }
        expect(recorders[1].edges).toEqual(recorders[0].edges);
        edges += recorders[0].edges.length;
      },
    ),
    SEED,
  );
  expect(edges).toBeGreaterThan(1000);
});
