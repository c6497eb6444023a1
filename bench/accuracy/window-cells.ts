// How many 10 ms cells of speech and of anything else lie in each window: the grid on which scores are judged.

import { SCORER_RATE_HZ, WINDOW_SAMPLES } from '../../core/voice/scorer.ts';
import type { LabelledFile } from './labelled-folder.ts';

const CELLS_PER_SECOND = 100;
const CELL_SAMPLES = SCORER_RATE_HZ / CELLS_PER_SECOND;

/** Cells of each window, those of unknown label left out. */
export interface WindowCells {
  readonly speech: Uint8Array;
  readonly other: Uint8Array;
}

/** Windows of a recording; the last one may be filled up with silence. */
export function windowCount(samples: Int16Array): number {
  return Math.ceil(samples.length / WINDOW_SAMPLES);
}

/** The recording in whole windows: silence fills the last one up. */
export function paddedToWindows(samples: Int16Array): Int16Array {
  const padded = new Int16Array(windowCount(samples) * WINDOW_SAMPLES);
  padded.set(samples);
  return padded;
}

/** A cell has the label, and the score of the window, in which its centre lies. */
export function windowCells({ samples, spans }: LabelledFile): WindowCells {
  const speech = new Uint8Array(windowCount(samples));
  const other = new Uint8Array(speech.length);
  for (const { fromSeconds, toSeconds, label } of spans) {
    if (label === 'unknown') continue;
    const counts = label === 'speech' ? speech : other;
    // Rounding puts the edge of a span between the centres on either side of it.
    const endCell = Math.round(toSeconds * CELLS_PER_SECOND);
    for (let cell = Math.round(fromSeconds * CELLS_PER_SECOND); cell < endCell; cell++) {
      const window = Math.floor(((cell + 0.5) * CELL_SAMPLES) / WINDOW_SAMPLES);
      if (window < counts.length) counts[window]!++;
    }
  }
  return { speech, other };
}
