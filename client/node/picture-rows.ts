// The rows of the picture of a call: the caller, the replies, the agent, the lead.

import { BLOCK_MS } from './block-clock.ts';
import { type HoldSpan, holdSpans, speechSpans, turnSpans, utteranceSpans } from './call-spans.ts';
import { levelOutline } from './column-outline.ts';
import type { CallRecord } from './conversation-client.ts';
import { COLUMNS, LEFT, RIGHT, ROWS, type TimeScale } from './picture-layout.ts';
import {
  labelRow,
  laneName,
  path,
  rowName,
  spanBoxes,
  spanNames,
  waveform,
} from './picture-shapes.ts';
import { replies } from './reply-latency.ts';
import { decimal, element } from './svg-element.ts';

/** A call that is to be drawn. */
export interface PicturedCall {
  readonly title: string;
  /** What the caller said, at 16 kHz, from the first sample that the microphone captured on; silence follows it. */
  readonly said: Int16Array;
  readonly record: Pick<CallRecord, 'events' | 'heard' | 'trace' | 'summary'>;
}

/** Least full scale of the waveforms, −20 dBFS: silence is not blown up into noise. */
const LEAST_FULL_SCALE = 3277;

/** Least full scale of the lead. */
const LEAST_LEAD_MS = 100;

const UNDERRUN_PX = 9;

/** What was sent, with the turns and the speech that the service found in it. */
export function callerRow({ said, record }: PicturedCall, scale: TimeScale): string {
  const turns = turnSpans(record.events, scale.callMs);
  const speech = speechSpans(record.events, scale.callMs).map(
    ({ startMs, endMs }) =>
      `M${decimal(scale.x(startMs))} ${ROWS.speech}H${decimal(scale.x(endMs))}`,
  );
  return (
    laneName('caller', ROWS.caller, 'caller', 'sent') +
    spanBoxes('caller', turns, ROWS.caller, scale) +
    spanNames('caller', turns, ROWS.turnNames, scale) +
    waveform('caller', said, fullScale(said, record.heard), ROWS.caller, scale) +
    rowName('muted', ROWS.speech + 4, 'speech') +
    path('line strong caller-line', speech)
  );
}

/** What was heard, with the utterances, the holds and the underruns. */
export function agentRow({ said, record }: PicturedCall, scale: TimeScale): string {
  const { top, height } = ROWS.agent;
  const utterances = utteranceSpans(record.events, scale.callMs);
  const columns = new Set(record.trace.underrunsAtMs.map((atMs) => Math.floor(scale.x(atMs))));
  const y = top + height - UNDERRUN_PX;
  const underruns = [...columns].map((x) => `M${x + 0.5} ${y}v${UNDERRUN_PX}`);
  return (
    laneName('agent', ROWS.agent, 'agent', 'heard') +
    spanBoxes('agent', utterances, ROWS.agent, scale) +
    spanNames('agent', utterances, ROWS.utteranceNames, scale) +
    waveform('agent', record.heard, fullScale(said, record.heard), ROWS.agent, scale) +
    holds(record.events, scale) +
    path('line fault-line', underruns)
  );
}

/** A dimension line for each turn that was answered, from the last speech sample's leaving to the first sound. */
export function replyRow({ record }: PicturedCall, scale: TimeScale): string {
  const y = ROWS.replies;
  const answered = replies(record.events);
  const lines = answered.map(({ leftAtMs, audibleAtMs }) => {
    const [fromX, toX] = [decimal(scale.x(leftAtMs)), decimal(scale.x(audibleAtMs))];
    return `M${fromX} ${ROWS.speech + 4}V${y + 4}M${fromX} ${y}H${toX}M${toX} ${y - 4}V${ROWS.agent.top}`;
  });
  const labels = answered.map(({ leftAtMs, audibleAtMs }) => ({
    x: scale.x(audibleAtMs) + 5,
    wordings: [`${Math.round(audibleAtMs - leftAtMs)} ms`],
  }));
  return (
    rowName('muted', y + 4, 'reply after') +
    path('line ink-line', lines) +
    labelRow('ink', labels, y + 4)
  );
}

/** How much speech the player had in hand. */
export function leadRow({ record }: PicturedCall, scale: TimeScale): string {
  const { top, height } = ROWS.lead;
  const { leadMs } = record.trace;
  const fullMs = leadMs.reduce((most, each) => Math.max(most, each), LEAST_LEAD_MS);
  const outline = levelOutline(leadMs, {
    ...{ x: LEFT, zeroY: top + height, unitPx: height / fullMs, columns: COLUMNS },
    valuesPerColumn: scale.callMs / BLOCK_MS / COLUMNS,
  });
  return (
    laneName('lead', ROWS.lead, 'lead', `≤ ${Math.ceil(fullMs)} ms`) +
    path('level lead', [outline]) +
    path('line rule-line', [`M${LEFT} ${top + height}H${RIGHT}`])
  );
}

/** Holds as bands between two lines, with words above the lane that keep clear of the dimension lines. */
function holds(events: PicturedCall['record']['events'], scale: TimeScale): string {
  const { top, height } = ROWS.agent;
  const spans = holdSpans(events, scale.callMs);
  const bands = spans.map(({ startMs, endMs }) => {
    const x = scale.x(startMs);
    return element('rect', { class: 'band hold', x, y: top, width: scale.x(endMs) - x, height });
  });
  const edges = spans
    .flatMap(({ startMs, endMs }) => [startMs, endMs])
    .map((atMs) => scale.x(atMs));
  const lines = edges.map((x) => `M${decimal(x)} ${top}v${height}`);
  const labels = spans.map((span) => ({ x: scale.x(span.startMs), wordings: holdWordings(span) }));
  for (const { audibleAtMs } of replies(events))
    labels.push({ x: scale.x(audibleAtMs), wordings: [] });
  return bands.join('') + path('line hold-line', lines) + labelRow('hold', labels, ROWS.holdNames);
}

function holdWordings({ startMs, endMs, ending }: HoldSpan): string[] {
  if (ending === null) return ['held'];
  const word = ending === 'clear' ? 'cleared' : 'released';
  const heldMs = Math.round(endMs - startMs);
  return heldMs === 0 ? [word] : [`held, ${word} after ${heldMs} ms`, `held, ${word}`, word];
}

/** One for both waveforms, so that their loudness can be compared. */
function fullScale(...recordings: readonly Int16Array[]): number {
  let peak = LEAST_FULL_SCALE;
  for (const samples of recordings) {
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  }
  return peak;
}
