// Where times and labels go in a picture.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEFT, placeLabels, RIGHT, TimeScale, WIDTH } from '../../../client/node/picture-layout.ts';

/** Wider than the characters of the label fonts are in the mean. */
const CHARACTER_PX = 6.2;

describe('the time axis', () => {
  it('[X25] spans the call and keeps times outside it at its ends', () => {
    const scale = new TimeScale(20_000);
    const places = [-5, 0, 10_000, 20_000, 99_999].map((atMs) => scale.x(atMs));
    expect(places).toEqual([LEFT, LEFT, (LEFT + RIGHT) / 2, RIGHT, RIGHT]);
  });

  it.each([
    [0, [0]],
    [3000, [0, 1, 2, 3]],
    [60_000, [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60]],
    [600_000, [0, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600]],
  ])('[X25] marks a call of %d ms at round times', (callMs, ticksS) => {
    expect(new TimeScale(callMs).ticksS()).toEqual(ticksS);
  });
});

describe('labels', () => {
  it('[X28] take the longest wording for which there is room', () => {
    const wordings = ['utterance 1', '1'];
    const place = (...xs: number[]) => placeLabels(xs.map((x) => ({ x, wordings })));
    expect(place(100, 300).map(({ text }) => text)).toEqual(['utterance 1', 'utterance 1']);
    expect(place(100, 130, 135, 300).map(({ x, text }) => [x, text])).toEqual([
      [100, '1'],
      [135, 'utterance 1'],
      [300, 'utterance 1'],
    ]);
  });

  it('[X28] keep clear of a place without words', () => {
    const labels = [
      { x: 100, wordings: ['held, cleared'] },
      { x: 150, wordings: [] },
    ];
    expect(placeLabels(labels)).toEqual([]);
  });

  it('[X28] never run into each other or out of the picture', () => {
    const label = fc.record({
      x: fc.integer({ min: LEFT, max: RIGHT }),
      wordings: fc.array(fc.string({ minLength: 1, maxLength: 30 }), { maxLength: 3 }),
    });
    let placed = 0;
    fc.assert(
      fc.property(fc.array(label, { maxLength: 12 }), (labels) => {
        const row = placeLabels(labels);
        placed += row.length;
        for (const [index, { x, text }] of row.entries()) {
          const limit = row[index + 1]?.x ?? WIDTH;
          expect(x + text.length * CHARACTER_PX).toBeLessThanOrEqual(limit);
        }
      }),
      { seed: 2406, numRuns: 200 },
    );
    expect(placed).toBeGreaterThan(200);
  });
});
