// Laws of the jitter buffer under any order, loss, duplication and burst.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  CAPACITY_FRAMES,
  FRAME_SAMPLES,
  FrameStream,
  REORDER_WAIT_MS,
  type SentFrame,
} from '../../support/frame-stream.ts';
import { runs } from '../../support/runs.ts';

const SEED = { seed: 3, numRuns: runs(200) };

/** Frames near one another in any order, some marked, some with silence before them, some nonsense. */
const frames = fc.array(
  fc.record({
    step: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -4, max: 5 }) },
      { weight: 1, arbitrary: fc.integer({ min: -60, max: 60 }) },
    ),
    silence: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: -400, max: 5000 }) },
    ),
    discontinuity: fc.oneof(
      { weight: 9, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    waitMs: fc.integer({ min: 0, max: 40 }),
  }),
  { minLength: 1, maxLength: 120, size: 'max' },
);

const start = fc.record({
  reliable: fc.boolean(),
  sequence: fc.oneof(fc.constant(0xffff_fff0), fc.integer({ min: 0, max: 0xffff_ffff })),
  timestamp: fc.oneof(fc.constant(0xffff_f000), fc.integer({ min: 0, max: 0xffff_ffff })),
});

type Start = { readonly reliable: boolean; readonly sequence: number; readonly timestamp: number };
type Step = {
  readonly step: number;
  readonly silence: number;
  readonly discontinuity: boolean;
  readonly waitMs: number;
};

function* sent(steps: readonly Step[]): Generator<Required<SentFrame>> {
  let newest = 0;
  let silence = 0;
  let nowMs = 0;
  for (const { step, silence: more, discontinuity, waitMs } of steps) {
    const number = newest + step;
    nowMs += waitMs;
    silence += Math.max(0, more);
    const position = number * FRAME_SAMPLES + silence + Math.min(0, more);
    newest = Math.max(newest, number);
    yield { number, position, discontinuity, nowMs };
  }
}

const open = ({ reliable, sequence, timestamp }: Start) =>
  new FrameStream(reliable, sequence, timestamp);

it('[J11] nothing is lost from the books, the buffer is bounded, and what leaves is one line', () => {
  let delivered = 0;
  fc.assert(
    fc.property(start, frames, (begin, steps) => {
      const stream = open(begin);
      for (const frame of sent(steps)) {
        stream.send(frame);
        const { received, ...fates } = stream.buffer.counters;
        const { delivered: out, duplicate, late, overrun, overlap } = fates;
        const { backlogFrames } = stream.buffer;
        expect(received).toBe(out + duplicate + late + overrun + overlap + backlogFrames);
        expect(backlogFrames).toBeLessThanOrEqual(CAPACITY_FRAMES);
      }
      let end = 0;
      for (const left of stream.left) {
        const [, kind, span, position] = /(\w+) (-?\d+)@(\d+)/.exec(left)!;
        expect(Number(position)).toBe(end);
        end += kind === 'frame' ? FRAME_SAMPLES : Number(span);
      }
      expect(stream.buffer.endPosition).toBe(end);
      delivered += stream.buffer.counters.delivered;
    }),
    SEED,
  );
  expect(delivered).toBeGreaterThan(3000);
});

it('[J4][J6] on a reliable wire every frame leaves once and in order, however they come', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(
        Array.from({ length: CAPACITY_FRAMES - 1 }, (_, n) => n + 1),
        { minLength: CAPACITY_FRAMES - 1 },
      ),
      fc.array(fc.integer({ min: 0, max: CAPACITY_FRAMES - 1 })),
      (order, again) => {
        const stream = new FrameStream(true, 0xffff_fff8);
        stream.send({ number: 0 });
        for (const number of order) stream.send({ number });
        for (const number of again) expect(stream.send({ number })).toBe('duplicate');
        expect(stream.left).toEqual(
          [0, ...order.toSorted((a, b) => a - b)].map((n) => `frame ${n}@${n * FRAME_SAMPLES}`),
        );
      },
    ),
    SEED,
  );
});

it('[J8] on an unreliable wire nothing waits longer than the reorder time', () => {
  let gaps = 0;
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 3, maxLength: 80, size: 'max' }), (arrives) => {
      const stream = new FrameStream(false);
      stream.send({ number: 0, nowMs: 0 });
      for (const [index, here] of arrives.entries()) {
        const nowMs = (index + 1) * 20;
        if (here) stream.send({ number: index + 1, nowMs });
        else stream.pull(nowMs);
        expect(stream.buffer.nextDeadlineMs).toBeGreaterThan(nowMs);
        expect(stream.buffer.backlogFrames).toBeLessThanOrEqual(REORDER_WAIT_MS / 20);
      }
      gaps += stream.buffer.counters.gapEvents;
    }),
    SEED,
  );
  expect(gaps).toBeGreaterThan(1000);
});

it('[J12] a buffer restored at any points goes on as if never interrupted', () => {
  let interrupted = 0;
  fc.assert(
    fc.property(
      start,
      frames,
      fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }),
      (begin, steps, breaks) => {
        const whole = open(begin);
        const broken = open(begin);
        for (const [index, frame] of [...sent(steps)].entries()) {
          expect(broken.insert(frame)).toBe(whole.insert(frame));
          if (breaks[index]) {
            broken.interrupt();
            if (broken.buffer.backlogFrames > 0) interrupted++;
          }
          expect(broken.buffer.nextDeadlineMs).toBe(whole.buffer.nextDeadlineMs);
          expect(broken.pull(frame.nowMs)).toEqual(whole.pull(frame.nowMs));
          expect(broken.buffer.counters).toEqual(whole.buffer.counters);
        }
      },
    ),
    SEED,
  );
  expect(interrupted).toBeGreaterThan(1000);
});
