// The shapes of which the picture of a call is made.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { msToSamples } from '../../core/media/units.ts';
import type { NumberedSpan } from './call-spans.ts';
import { waveformOutline } from './column-outline.ts';
import { COLUMNS, type Label, LEFT, placeLabels, type TimeScale } from './picture-layout.ts';
import { element, escaped } from './svg-element.ts';
import { seconds } from './timeline-event.ts';

/** A row with an extent. */
export interface Lane {
  readonly top: number;
  readonly height: number;
}

/** Half of what stays free in a lane when its waveform is loudest. */
const WAVE_MARGIN_PX = 3;

/** One path of all the lines given as path data; nothing when there are none. */
export function path(classes: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : element('path', { class: classes, d: lines.join('') });
}

/** A text at a baseline. */
export function words(
  classes: string,
  x: number,
  y: number,
  text: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  const place = anchor === 'start' ? { x, y } : { x, y, 'text-anchor': anchor };
  return element('text', { class: classes, ...place }, escaped(text));
}

/** What a row is called, left of the axis. */
export function rowName(classes: string, y: number, text: string): string {
  return words(classes, LEFT - 14, y, text, 'end');
}

/** The two names of a lane, one above the other in its middle. */
export function laneName(colour: string, { top, height }: Lane, name: string, what: string) {
  const middle = top + height / 2;
  return rowName(`name ${colour}`, middle - 2, name) + rowName('muted', middle + 13, what);
}

/** As many labels as there is room for. */
export function labelRow(classes: string, labels: readonly Label[], y: number): string {
  return placeLabels(labels)
    .map(({ x, text }) => words(classes, x, y, text))
    .join('');
}

/** Turns or utterances: boxes in a lane, that tell their times to whoever points at them. */
export function spanBoxes(
  colour: string,
  spans: readonly NumberedSpan[],
  { top, height }: Lane,
  scale: TimeScale,
): string {
  const boxes = spans.map(({ name, startMs, endMs }) => {
    const x = scale.x(startMs);
    const place = { x, y: top, width: Math.max(1, scale.x(endMs) - x), height, rx: 3 };
    const told = `${name}: ${seconds(startMs)} to ${seconds(endMs)}`;
    return element('rect', { class: `span ${colour}`, ...place }, element('title', {}, told));
  });
  return boxes.join('');
}

/** The names of turns or utterances, in a line of their own. */
export function spanNames(
  colour: string,
  spans: readonly NumberedSpan[],
  y: number,
  scale: TimeScale,
): string {
  const labels = spans.map(({ name, number, startMs }) => ({
    x: scale.x(startMs),
    wordings: [name, String(number)],
  }));
  return labelRow(colour, labels, y);
}

/** 16 kHz samples in a lane; past their end there is silence. */
export function waveform(
  colour: string,
  samples: Int16Array,
  fullScale: number,
  { top, height }: Lane,
  scale: TimeScale,
): string {
  const outline = waveformOutline(samples, {
    ...{ x: LEFT, zeroY: top + height / 2, unitPx: (height / 2 - WAVE_MARGIN_PX) / fullScale },
    ...{ columns: COLUMNS, valuesPerColumn: msToSamples(scale.callMs, ENGINE_RATE_HZ) / COLUMNS },
  });
  return path(`wave ${colour} ${colour}-line`, [outline]);
}
