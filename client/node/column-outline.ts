// Outlines of a long series in a picture with far fewer columns than the series has values.

import { decimal } from './svg-element.ts';

/** How a series lies in the picture. */
export interface OutlineOptions {
  /** Left edge of the first column; each column is one pixel wide. */
  readonly x: number;
  /** Where zero lies. */
  readonly zeroY: number;
  /** Height of one unit of the series, upwards. */
  readonly unitPx: number;
  readonly columns: number;
  /** How many values share a column; it need not be whole. */
  readonly valuesPerColumn: number;
}

/** Path data of the area between each column's least and greatest value: a waveform. Past its end the series is zero. */
export function waveformOutline(series: ArrayLike<number>, options: OutlineOptions): string {
  const { top, bottom } = edges(series, options);
  return `M${top.join('L')}L${bottom.reverse().join('L')}Z`;
}

/** Path data of the area between zero and each column's least value: a level that never fell lower. */
export function levelOutline(series: ArrayLike<number>, options: OutlineOptions): string {
  const { x, zeroY, columns } = options;
  const base = decimal(zeroY);
  return `M${decimal(x)} ${base}L${edges(series, options).bottom.join('L')}L${decimal(x + columns)} ${base}Z`;
}

/** One point per column for the greatest and one for the least value. */
function edges(series: ArrayLike<number>, options: OutlineOptions) {
  const { x, zeroY, unitPx, columns, valuesPerColumn } = options;
  const top: string[] = [];
  const bottom: string[] = [];
  for (let column = 0; column < columns; column++) {
    const from = Math.floor(column * valuesPerColumn);
    const to = Math.max(from + 1, Math.floor((column + 1) * valuesPerColumn));
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    for (let index = from; index < to; index++) {
      const value = series[index] ?? 0;
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
    const at = decimal(x + column + 0.5);
    top.push(`${at} ${decimal(zeroY - greatest * unitPx)}`);
    bottom.push(`${at} ${decimal(zeroY - least * unitPx)}`);
  }
  return { top, bottom };
}
