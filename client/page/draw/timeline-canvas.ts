// Draws the picture of a call on a canvas: both voices on one axis, and all that happened.

import { isHeard } from '../picture/glitch.ts';
import type { PictureModel } from '../picture/picture-model.ts';
import type { Palette } from './palette.ts';
import { ROWS, rowLayout } from './rows.ts';
import type { View } from './view.ts';
import { drawWaveform } from './waveform.ts';

const FONT = '11px system-ui, sans-serif';
/** Least width of a span that has a name in it. */
const NAMED_PX = 34;

/** One frame of the picture; nothing is kept between two. */
export class TimelineCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #palette: Palette;

  constructor(canvas: HTMLCanvasElement, palette: Palette) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('This browser cannot draw on a canvas.');
    this.#canvas = canvas;
    this.#context = context;
    this.#palette = palette;
  }

  set palette(palette: Palette) {
    this.#palette = palette;
  }

  /** Width of the time axis in CSS pixels. */
  get widthPx(): number {
    return this.#canvas.clientWidth;
  }

  draw(model: PictureModel, view: View, nowMs: number): void {
    this.#fit();
    const context = this.#context;
    context.font = FONT;
    context.textBaseline = 'middle';
    context.clearRect(0, 0, this.widthPx, ROWS.heightPx);
    this.#drawAxis(view);
    this.#drawCaller(model, view, nowMs);
    this.#drawScores(model, view);
    this.#drawAgent(model, view, nowMs);
    this.#drawFaults(model, view);
    this.#drawNow(model, view, nowMs);
    this.#drawNames();
  }

  #fit(): void {
    const ratio = devicePixelRatio;
    const width = Math.round(this.widthPx * ratio);
    const height = Math.round(ROWS.heightPx * ratio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  #drawAxis(view: View): void {
    const context = this.#context;
    const stepS = tickStepS(view.spanMs, this.widthPx);
    context.fillStyle = this.#palette.muted;
    context.strokeStyle = this.#palette.rule;
    context.lineWidth = 1;
    context.textAlign = 'center';
    context.beginPath();
    const firstS = Math.max(0, Math.ceil(view.startMs / 1000 / stepS) * stepS);
    for (let second = firstS; second * 1000 <= view.endMs; second += stepS) {
      const x = Math.round(view.x(second * 1000, this.widthPx)) + 0.5;
      context.moveTo(x, ROWS.turns.topPx);
      context.lineTo(x, ROWS.faults.topPx + ROWS.faults.heightPx);
      const words = clock(second);
      const half = context.measureText(words).width / 2;
      const wordsX = Math.max(half, Math.min(this.widthPx - half, x));
      context.fillText(words, wordsX, ROWS.axis.topPx + ROWS.axis.heightPx / 2);
    }
    context.stroke();
    context.textAlign = 'left';
  }

  /** Names of the rows, above all else. */
  #drawNames(): void {
    const context = this.#context;
    context.textAlign = 'left';
    for (const { name, topPx } of rowLayout()) {
      context.globalAlpha = 0.8;
      context.fillStyle = this.#palette.paper;
      context.fillRect(0, topPx + 1, context.measureText(name).width + 8, 15);
      context.globalAlpha = 1;
      context.fillStyle = this.#palette.muted;
      context.fillText(name, 4, topPx + 9);
    }
  }

  #drawCaller(model: PictureModel, view: View, nowMs: number): void {
    const { topPx, heightPx } = ROWS.caller;
    const palette = this.#palette;
    for (const span of model.speech)
      this.#fill(view, span.startMs, span.endMs ?? nowMs, topPx, heightPx, palette['caller-soft']);
    for (const span of model.mutes)
      this.#fill(view, span.startMs, span.endMs ?? nowMs, topPx, heightPx, palette.rule);
    const context = this.#context;
    context.fillStyle = palette.caller;
    drawWaveform(context, model.caller, view, { topPx, heightPx, widthPx: this.widthPx });
    for (const { turn, startMs, endMs } of model.turns)
      this.#chip(view, startMs, endMs ?? nowMs, ROWS.turns, `turn ${turn}`, palette.caller);
  }

  #drawScores(model: PictureModel, view: View): void {
    const { topPx, heightPx } = ROWS.score;
    const { times, lines } = model.scores;
    const y = (score: number): number => topPx + heightPx * (1 - score);
    const context = this.#context;
    context.lineWidth = 1;
    context.strokeStyle = this.#palette.muted;
    context.setLineDash([4, 4]);
    const thresholds = [lines[1]!.at(-1), lines[2]!.at(-1)];
    for (const threshold of thresholds) {
      if (threshold === undefined || threshold === null) continue;
      context.beginPath();
      context.moveTo(0, y(threshold));
      context.lineTo(this.widthPx, y(threshold));
      context.stroke();
    }
    context.setLineDash([]);
    context.strokeStyle = this.#palette.score;
    context.lineWidth = 1.5;
    context.beginPath();
    let before = Number.NEGATIVE_INFINITY;
    for (let index = firstFrom(times, view.startMs); index < times.length; index++) {
      const time = times[index]!;
      if (time > view.endMs) break;
      const x = view.x(time, this.widthPx);
      const at = y(lines[0]![index] ?? 0);
      if (time - before > 100) context.moveTo(x, at);
      else context.lineTo(x, at);
      before = time;
    }
    context.stroke();
  }

  #drawAgent(model: PictureModel, view: View, nowMs: number): void {
    const { topPx, heightPx } = ROWS.agent;
    const palette = this.#palette;
    const context = this.#context;
    const hasSound = model.agent.endMs > 0;
    for (const { startMs, endMs, utterance } of model.runs.runs) {
      this.#fill(view, startMs, endMs, topPx, heightPx, palette['agent-soft']);
      this.#chip(view, startMs, endMs, ROWS.utterances, `says ${utterance}`, palette.agent);
      if (hasSound) continue;
      this.#fill(view, startMs, endMs, topPx + heightPx / 2 - 6, 12, palette.agent);
    }
    context.fillStyle = palette.agent;
    drawWaveform(context, model.agent, view, { topPx, heightPx, widthPx: this.widthPx });
    for (const { startMs, endMs } of model.holds) {
      context.globalAlpha = 0.35;
      this.#fill(view, startMs, endMs ?? nowMs, topPx, heightPx, palette.hold);
      context.globalAlpha = 1;
      this.#chip(view, startMs, endMs ?? nowMs, ROWS.utterances, 'hold', palette.hold);
    }
    for (const ms of model.clears) this.#line(view, ms, topPx, heightPx, palette.clear);
  }

  #drawFaults(model: PictureModel, view: View): void {
    const { topPx, heightPx } = ROWS.faults;
    const context = this.#context;
    let wordsEnd = 0;
    const shown = model.watch.glitches.list
      .toSorted((one, other) => one.atMs - other.atMs)
      .map((glitch) => ({ glitch, x: view.x(glitch.atMs, this.widthPx) }));
    for (const { glitch, x } of shown) {
      const heard = isHeard(glitch);
      const color = heard ? this.#palette['heard-fault'] : this.#palette['carried-fault'];
      const end = Math.max(x + 4, view.x(glitch.atMs + glitch.lengthMs, this.widthPx));
      if (x > this.widthPx || end < 0) continue;
      context.fillStyle = color;
      context.fillRect(x, topPx + heightPx - 8, end - x, 8);
      if (heard) this.#line(view, glitch.atMs, ROWS.caller.topPx, topPx - ROWS.caller.topPx, color);
      if (x < wordsEnd) continue;
      const words = glitch.cause ?? glitch.kind;
      context.fillText(words, x, topPx + 7);
      wordsEnd = x + context.measureText(words).width + 6;
    }
  }

  /** Now, and how far the agent has been heard. */
  #drawNow(model: PictureModel, view: View, nowMs: number): void {
    const height = ROWS.faults.topPx + ROWS.faults.heightPx - ROWS.turns.topPx;
    if (view.isFollowing) this.#line(view, nowMs, ROWS.turns.topPx, height, this.#palette.muted);
    const heard = model.runs.runs.at(-1);
    if (heard === undefined) return;
    const x = view.x(heard.endMs, this.widthPx);
    const y = ROWS.agent.topPx + ROWS.agent.heightPx;
    const context = this.#context;
    context.fillStyle = this.#palette.ink;
    context.beginPath();
    context.moveTo(x, y - 7);
    context.lineTo(x - 5, y);
    context.lineTo(x + 5, y);
    context.fill();
  }

  #fill(
    view: View,
    startMs: number,
    endMs: number,
    topPx: number,
    heightPx: number,
    color: string,
  ): void {
    const x = Math.max(0, view.x(startMs, this.widthPx));
    const end = Math.min(this.widthPx, view.x(endMs, this.widthPx));
    if (end <= x) return;
    this.#context.fillStyle = color;
    this.#context.fillRect(x, topPx, Math.max(1, end - x), heightPx);
  }

  #line(view: View, ms: number, topPx: number, heightPx: number, color: string): void {
    const x = view.x(ms, this.widthPx);
    if (x < 0 || x > this.widthPx) return;
    this.#context.fillStyle = color;
    this.#context.fillRect(Math.round(x), topPx, 1.5, heightPx);
  }

  /** A bar with a name, where there is room for it. */
  #chip(
    view: View,
    startMs: number,
    endMs: number,
    row: { readonly topPx: number; readonly heightPx: number },
    name: string,
    color: string,
  ): void {
    const x = Math.max(0, view.x(startMs, this.widthPx));
    const end = Math.min(this.widthPx, view.x(endMs, this.widthPx));
    if (end <= x) return;
    const context = this.#context;
    context.fillStyle = color;
    context.fillRect(x, row.topPx + row.heightPx - 3, end - x, 3);
    if (end - x < NAMED_PX) return;
    context.fillStyle = this.#palette.ink;
    context.textAlign = 'left';
    context.fillText(name, x + 2, row.topPx + row.heightPx / 2 - 2);
  }
}

/** Index of the first time that is not before `ms`, less one so that lines reach the edge. */
function firstFrom(times: readonly number[], ms: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < ms) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** Whole steps of 1, 2, 5, 10, 15, 30 or 60 s that leave room for their figures. */
function tickStepS(spanMs: number, widthPx: number): number {
  const least = (spanMs / 1000 / widthPx) * 60;
  return [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].find((step) => step >= least) ?? 1800;
}

function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = String(seconds % 60).padStart(2, '0');
  return minutes === 0 ? `${seconds} s` : `${minutes}:${rest}`;
}
