// Long series in few columns.

import { expect, it } from 'vitest';
import { levelOutline, waveformOutline } from '../../../client/node/column-outline.ts';

const options = { x: 10, zeroY: 50, unitPx: 2, columns: 3, valuesPerColumn: 2 };

it('[X25] draws a waveform from the least to the greatest value of each column, and silence behind its end', () => {
  // Greatest values from left to right, then the least ones back; y grows downwards.
  expect(waveformOutline([1, -3, 5, 4], options)).toBe(
    'M10.5 48L11.5 40L12.5 50L12.5 50L11.5 42L10.5 56Z',
  );
});

it('[X25] draws a level down to the least value of each column', () => {
  expect(levelOutline([1, 3, 5, 4], options)).toBe('M10 50L10.5 48L11.5 42L12.5 50L13 50Z');
});

it('[X25] gives each value to a column when their numbers do not divide, and each column a value', () => {
  const peaks = (columns: number, series: readonly number[]) =>
    waveformOutline(series, { ...options, columns, valuesPerColumn: series.length / columns })
      .split('L')
      .slice(0, columns)
      .map((point) => (50 - Number(point.split(' ')[1])) / 2);
  expect(peaks(3, [0, 7, 0, 0, 0, 0, 9])).toEqual([7, 0, 9]);
  expect(peaks(4, [6, 8])).toEqual([6, 6, 8, 8]);
});
