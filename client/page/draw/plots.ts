// The plots under the picture: what is buffered, how late everything is, and how much is computed.

import uPlot from 'uplot';
import type { PictureModel } from '../picture/picture-model.ts';
import type { PointSeries } from '../picture/point-series.ts';
import type { Palette } from './palette.ts';
import type { View } from './view.ts';

const HEIGHT_PX = 120;

type Color = keyof Palette;

interface PlotLine {
  readonly label: string;
  readonly color: Color;
  readonly isDashed?: boolean;
  readonly isFilled?: boolean;
}

interface PlotPlan {
  readonly unit: string;
  /** The scale reaches at least this far. */
  readonly least: number;
  readonly lines: readonly PlotLine[];
  readonly series: (model: PictureModel) => PointSeries;
}

const PLANS: Readonly<Record<'buffer' | 'lag' | 'work', PlotPlan>> = {
  buffer: {
    unit: 'ms',
    least: 700,
    lines: [
      { label: 'buffered', color: 'agent', isFilled: true },
      { label: 'target', color: 'muted', isDashed: true },
      { label: 'lead (service)', color: 'score' },
    ],
    series: (model) => model.buffer,
  },
  lag: {
    unit: 'ms',
    least: 100,
    lines: [
      { label: 'round trip', color: 'muted' },
      { label: 'network', color: 'carried-fault', isFilled: true },
      { label: 'isolate', color: 'heard-fault', isFilled: true },
    ],
    series: (model) => model.lag,
  },
  work: {
    unit: '',
    least: 10,
    lines: [
      { label: 'work, % of budget', color: 'caller', isFilled: true },
      { label: 'backlog, ms', color: 'carried-fault' },
    ],
    series: (model) => model.work,
  },
};

/** One plot; made anew when its colours change. */
class Plot {
  readonly #parent: HTMLElement;
  readonly #plan: PlotPlan;
  #plot: uPlot;

  constructor(parent: HTMLElement, plan: PlotPlan, palette: Palette) {
    this.#parent = parent;
    this.#plan = plan;
    this.#plot = this.#make(palette);
  }

  set palette(palette: Palette) {
    this.#plot.destroy();
    this.#plot = this.#make(palette);
  }

  draw(model: PictureModel, view: View): void {
    const width = this.#parent.clientWidth;
    if (width !== this.#plot.width && width > 0) this.#plot.setSize({ width, height: HEIGHT_PX });
    const { times, lines } = this.#plan.series(model);
    const [from, to] = rangeOf(times, view.startMs, view.endMs);
    const data = [times, ...lines].map((line) => line.slice(from, to)) as uPlot.AlignedData;
    this.#plot.batch(() => {
      this.#plot.setData(data, false);
      this.#plot.setScale('x', { min: view.startMs, max: view.endMs });
    });
  }

  #make(palette: Palette): uPlot {
    const { lines, unit, least } = this.#plan;
    const axis = {
      stroke: palette.muted,
      font: '11px system-ui, sans-serif',
      grid: { stroke: palette.rule, width: 1 },
      ticks: { show: false },
    };
    return new uPlot(
      {
        width: Math.max(200, this.#parent.clientWidth),
        height: HEIGHT_PX,
        padding: [6, 4, 0, 0],
        cursor: { show: false },
        legend: { show: false },
        scales: {
          x: { time: false },
          y: { range: (_plot, _min, max) => [0, Math.max(least, (max ?? 0) * 1.1)] },
        },
        axes: [
          { ...axis, values: (_plot, ticks) => ticks.map((ms) => `${ms / 1000}`), size: 20 },
          {
            ...axis,
            values: (_plot, ticks) => ticks.map((value) => `${value}${unit && ` ${unit}`}`),
            size: 56,
          },
        ],
        series: [{}, ...lines.map((line) => seriesOf(line, palette))],
      },
      [[], ...lines.map(() => [])] as unknown as uPlot.AlignedData,
      this.#parent,
    );
  }
}

function seriesOf({ label, color, isDashed, isFilled }: PlotLine, palette: Palette): uPlot.Series {
  return {
    label,
    stroke: palette[color],
    width: 1.5,
    spanGaps: true,
    points: { show: false },
    ...(isDashed ? { dash: [5, 5] } : {}),
    ...(isFilled ? { fill: `color-mix(in srgb, ${palette[color]} 25%, transparent)` } : {}),
  };
}

/** All plots of a page, by the ids of their places. */
export class Plots {
  readonly #plots: readonly Plot[];

  constructor(places: Readonly<Record<keyof typeof PLANS, HTMLElement>>, palette: Palette) {
    const names = Object.keys(PLANS) as (keyof typeof PLANS)[];
    this.#plots = names.map((name) => new Plot(places[name], PLANS[name], palette));
  }

  set palette(palette: Palette) {
    for (const plot of this.#plots) plot.palette = palette;
  }

  draw(model: PictureModel, view: View): void {
    for (const plot of this.#plots) plot.draw(model, view);
  }
}

/** What of sorted times lies in a range, with one more on each side. */
function rangeOf(times: readonly number[], fromMs: number, toMs: number): [number, number] {
  let from = times.length;
  while (from > 0 && times[from - 1]! >= fromMs) from--;
  let to = times.length;
  while (to > from && times[to - 1]! > toMs) to--;
  return [Math.max(0, from - 1), Math.min(times.length, to + 1)];
}
