// The latency of each answer as a bar of its stages.

import { type AnswerLatency, STAGES } from '../picture/spans.ts';
import { made } from '../place.ts';

/** Bars shown: the latest. */
const SHOWN = 8;
/** The bars fill the width at this many ms, or at the longest. */
const FULL_MS = 1200;

/** Draws only when an answer has come. */
export class AnswerBars {
  readonly #list: HTMLElement;
  #shown = '';

  constructor(list: HTMLElement) {
    this.#list = list;
  }

  show(answers: readonly AnswerLatency[]): void {
    const latest = answers.slice(-SHOWN);
    const shown = latest.map(({ turn, atMs }) => `${turn}@${atMs}`).join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    const fullMs = Math.max(FULL_MS, ...latest.map(lengthOf));
    this.#list.replaceChildren(...latest.map((answer) => barOf(answer, fullMs)).reverse());
  }
}

function barOf(answer: AnswerLatency, fullMs: number): HTMLElement {
  const item = made('li', '', 'answer');
  const bar = made('div', '', 'answer-bar');
  const words = answer.stages.map(
    ({ name, ms }) => `${name} ${ms === null ? '–' : Math.round(ms)}`,
  );
  for (const name of STAGES) {
    const ms = answer.stages.find((stage) => stage.name === name)?.ms ?? 0;
    const part = made('span', '', `stage stage-${name}`);
    part.style.width = `${(100 * Math.max(0, ms)) / fullMs}%`;
    bar.append(part);
  }
  const total = answer.totalMs === null ? '' : `${Math.round(answer.totalMs)} ms`;
  item.title = words.join(' · ');
  item.append(made('span', `turn ${answer.turn}`, 'answer-name'), bar);
  item.append(made('span', total, 'answer-total'), made('span', words.join(' · '), 'answer-words'));
  return item;
}

function lengthOf({ stages }: AnswerLatency): number {
  return stages.reduce((sum, { ms }) => sum + Math.max(0, ms ?? 0), 0);
}
