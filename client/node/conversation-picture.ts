// Draws a call as an SVG picture: what was said and what was heard on one time axis, and how each led to the other.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { samplesToMs } from '../../core/media/units.ts';
import { HEIGHT, LEFT, RIGHT, ROWS, TimeScale, WIDTH } from './picture-layout.ts';
import { agentRow, callerRow, leadRow, type PicturedCall, replyRow } from './picture-rows.ts';
import { path, words } from './picture-shapes.ts';
import { PICTURE_STYLE } from './picture-style.ts';
import { describeCall, headline, underrunWords } from './picture-words.ts';
import { decimal, element, escaped } from './svg-element.ts';

/** A self-contained SVG file without scripts, legible on light and on dark screens. */
export function conversationPicture(call: PicturedCall): string {
  const { title, record } = call;
  const callMs = samplesToMs(record.heard.length, ENGINE_RATE_HZ);
  const scale = new TimeScale(callMs);
  const picture = element(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${HEIGHT}` },
      ...{ width: WIDTH, height: HEIGHT, role: 'img', 'aria-labelledby': 'call-title call-words' },
    },
    element('title', { id: 'call-title' }, escaped(title)),
    element('desc', { id: 'call-words' }, escaped(describeCall(record, callMs))),
    element('style', {}, PICTURE_STYLE),
    element('rect', { class: 'paper', width: WIDTH, height: HEIGHT, rx: 6 }),
    heading(call),
    timeAxis(scale),
    callerRow(call, scale),
    agentRow(call, scale),
    replyRow(call, scale),
    leadRow(call, scale),
  );
  return `${picture}\n`;
}

function heading({ title, record }: PicturedCall): string {
  const { underruns } = record.summary;
  const numbers = element(
    'text',
    { class: 'muted', x: RIGHT, y: ROWS.heading, 'text-anchor': 'end' },
    escaped(`${headline(record.summary)} · `),
    element('tspan', { class: underruns > 0 ? 'fault' : 'muted' }, underrunWords(underruns)),
  );
  return words('heading ink', LEFT, ROWS.heading, title) + numbers;
}

function timeAxis(scale: TimeScale): string {
  const bottom = ROWS.lead.top + ROWS.lead.height;
  const ticks = scale.ticksS().map((atS) => ({ atS, x: scale.x(1000 * atS) }));
  const lines = ticks.map(({ x }) => `M${decimal(x)} ${ROWS.caller.top}V${bottom + 5}`);
  const figures = ticks.map(({ atS, x }) =>
    words('muted', x, ROWS.seconds, atS === 0 ? '0 s' : String(atS), 'middle'),
  );
  return path('rule-line line', lines) + figures.join('');
}
