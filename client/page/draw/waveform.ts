// Draws a waveform: for each pixel the lowest and highest sample of its columns.

import { COLUMN_MS, type SoundColumns } from '../picture/sound-columns.ts';
import type { View } from './view.ts';

/** Quiet speech is to be seen as well: sizes are drawn as a power of theirs, like on a mixer's meter. */
const SHOWN_POWER = 0.65;

export function drawWaveform(
  context: CanvasRenderingContext2D,
  columns: SoundColumns,
  view: View,
  row: { readonly topPx: number; readonly heightPx: number; readonly widthPx: number },
): void {
  const { topPx, heightPx, widthPx } = row;
  const middle = topPx + heightPx / 2;
  const half = heightPx / 2 - 1;
  const msPerPx = view.spanMs / widthPx;
  // Columns belong to pixels by their own numbers, so that a picture that scrolls does not flicker.
  const step = Math.max(1, Math.round(msPerPx / COLUMN_MS));
  const first = Math.floor(view.startMs / COLUMN_MS / step) * step;
  const last = Math.min(columns.endMs, view.endMs) / COLUMN_MS;
  const barPx = Math.max(1, (step * COLUMN_MS) / msPerPx);
  for (let column = Math.max(0, first); column < last; column += step) {
    let low = 0;
    let high = 0;
    for (let each = column; each < column + step; each++) {
      low = Math.min(low, columns.lowAt(each));
      high = Math.max(high, columns.highAt(each));
    }
    const top = Math.max(0.5, high ** SHOWN_POWER * half);
    const bottom = Math.max(0.5, (-low) ** SHOWN_POWER * half);
    const x = view.x(column * COLUMN_MS, widthPx);
    context.fillRect(x, middle - top, barPx + 0.3, top + bottom);
  }
}
