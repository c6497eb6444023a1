// What `bench:browser` found, in words.

import type { Figures } from '../barge-in/figures.ts';
import { AIMS, type Aim, missedAims, type Scenes } from './browser-result.ts';

const WHAT_WIDTH = 60;
const VALUE_WIDTH = 12;
const AIM_WIDTH = 15;

export function browserReport(chromium: string, scenes: Scenes): string {
  const { talk, interrupt } = scenes;
  const { stages } = talk.turnLatencyMs;
  const missed = missedAims(scenes);
  const faults = [...talk.faults, ...interrupt.faults];
  return [
    `Chromium ${chromium}: ${talk.turns} turns with the parrot in ${talk.minutes} min, the page blocked ${talk.blocks} times` +
      `${talk.hidden ? ', half of the time hidden' : ', never hidden (this browser does not do that)'};`,
    `${interrupt.interruptions} interruptions of the storyteller, ${interrupt.missed} without effect, ${interrupt.unplaced} that cannot be judged.`,
    '',
    ...AIMS.map((aim) => row(aim, scenes)),
    '',
    `Stages of an answer (median): to the deciding packet ${ms(stages.decideMs)}, until the page is told ${ms(stages.tellMs)}, until the first sample ${ms(stages.answerMs)}.`,
    `Times end where the page hands its sound to the device, which says that it takes another ${talk.deviceLatencyMs.toFixed(0)} ms.`,
    ...faults.map((fault) => `The call told of a fault: ${fault}`),
    missed.length === 0 ? 'Nothing was missed.' : `Missed: ${missed.join(', ')}.`,
  ].join('\n');
}

function row({ what, unit, atMost, digits, value, spread }: Aim, scenes: Scenes): string {
  const measured = value(scenes);
  const shown = measured === null ? 'too short' : measured.toFixed(digits);
  const isMissed = measured !== null && !(measured <= atMost);
  const aim = `≤ ${atMost} ${unit}`.trimEnd();
  const apart = spread === undefined ? '' : spreadOf(spread(scenes));
  const line = `  ${what.padEnd(WHAT_WIDTH)}${shown.padStart(VALUE_WIDTH)}  ${aim.padEnd(AIM_WIDTH)}`;
  return `${line}${isMissed ? 'MISSED ' : ''}${apart}`.trimEnd();
}

function spreadOf(values: Figures): string {
  const { median, p95, max, count } = values;
  return `median ${number(median)}, p95 ${number(p95)}, max ${number(max)} (${count})`;
}

function ms({ median }: Figures): string {
  return `${number(median)} ms`;
}

function number(value: number | null): string {
  return value === null ? '–' : value.toFixed(0);
}
