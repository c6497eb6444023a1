// Reads what is known of a call from the text of an observer's messages, or of a file.

import { type ObservedLine, parseObservedLine } from '../../../core/observation/observed-line.ts';
import { soundMs } from './call-axis.ts';
import { COLUMN_MS } from './sound-columns.ts';

/** The lines in their order; what this version does not know is left out. */
export function parseLines(text: string): ObservedLine[] {
  return text
    .split('\n')
    .map(parseObservedLine)
    .filter((line) => line !== null);
}

/** A power of two that holds the columns of all the caller's sound. */
export function columnsOf(lines: readonly ObservedLine[]): number {
  const lastMs = lines.reduce((latest, line) => Math.max(latest, endMsOf(line)), 0);
  return 2 ** Math.ceil(Math.log2(Math.max(1, lastMs / COLUMN_MS + 1)));
}

function endMsOf(line: ObservedLine): number {
  if (line.type === 'moment' || line.type === 'end') return soundMs(line.endSample);
  return 'atMs' in line ? line.atMs : 0;
}
