// Pictures of a trace: the delay over time, and the operating point beside NetEQ's curve.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decimal, element } from '../../client/node/svg-element.ts';
import type { TraceResult } from './jitter-report.ts';
import { NETEQ } from './neteq-anchors.ts';
import type { TraceRun } from './trace-run.ts';

const WIDTH = 960;
const HEIGHT = 360;
const MARGIN = 56;

const OURS = '#c2410c';
const TARGET = '#0369a1';
const PEER = '#64748b';
const NETWORK = '#cbd5e1';

type Point = readonly [x: number, y: number];

/** Writes `<name>-delay.svg` and, where NetEQ is known, `<name>-curve.svg`. */
export async function writePlots(
  folder: string,
  { result, example }: { result: TraceResult; example: TraceRun },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${result.name}-delay.svg`), delayPlot(result.name, example));
  if (NETEQ[result.name] !== undefined) {
    await writeFile(join(folder, `${result.name}-curve.svg`), curvePlot(result));
  }
}

function delayPlot(name: string, run: TraceRun): string {
  const seconds = run.delaysMs.length;
  const network = networkDelays(run);
  const most = Math.max(...run.delaysMs, ...network.map(([, y]) => y), 50);
  const axes = new Axes(`${name}: delay over time`, 's', seconds, 'ms', most);
  const overTime = (values: readonly number[]): Point[] => values.map((y, x) => [x, y]);
  return axes.picture(
    axes.line(network, NETWORK, 'network'),
    axes.line(overTime(run.delaysMs), OURS, 'played'),
    axes.line(overTime(run.targetsMs), TARGET, 'target'),
  );
}

/** The latest frame of every second. */
function networkDelays({ trace, delaysMs }: TraceRun): Point[] {
  const perSecond = 1000 / trace.frameMs;
  return delaysMs.map((_, second) => {
    const frames = trace.delaysMs.slice(second * perSecond, (second + 1) * perSecond);
    return [second, Math.max(0, ...frames.map((delay) => delay ?? 0))];
  });
}

function curvePlot({ name, row }: TraceResult): string {
  const curve = NETEQ[name]!.curve.map(([meanMs, concealed]): Point => [concealed, meanMs]);
  const points: Point[] = [...curve, [row.concealedPct, row.meanMs]];
  const most = points.reduce(([x, y], point) => [Math.max(x, point[0]), Math.max(y, point[1])]);
  const axes = new Axes(`${name}: operating curve`, '% concealed', most[0] || 1, 'ms', most[1]);
  return axes.picture(
    axes.line(curve, PEER, 'NetEQ by quantile'),
    axes.dots(curve, PEER),
    axes.dots([[row.concealedPct, row.meanMs]], OURS),
  );
}

/** Linear axes from 0, with a little room above the largest values. */
class Axes {
  readonly #title: string;
  readonly #units: readonly [string, string];
  readonly #scale: Point;
  #names = 0;

  constructor(title: string, unitX: string, mostX: number, unitY: string, mostY: number) {
    this.#title = title;
    this.#units = [unitX, unitY];
    this.#scale = [(WIDTH - 2 * MARGIN) / (1.05 * mostX), (HEIGHT - 2 * MARGIN) / (1.05 * mostY)];
  }

  line(points: readonly Point[], colour: string, name: string): string {
    const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${this.#place(point)}`);
    const x = MARGIN + 8 + 150 * this.#names++;
    return (
      element('path', { d: path.join(''), fill: 'none', stroke: colour, 'stroke-width': 1.5 }) +
      element('text', { x, y: MARGIN - 8, fill: colour }, name)
    );
  }

  dots(points: readonly Point[], colour: string): string {
    return points
      .map(([x, y]) => element('circle', { cx: this.#x(x), cy: this.#y(y), r: 4, fill: colour }))
      .join('');
  }

  picture(...shapes: readonly string[]): string {
    const right = WIDTH - MARGIN;
    const bottom = HEIGHT - MARGIN;
    const frame = `M${MARGIN},${MARGIN}V${bottom}H${right}`;
    return element(
      'svg',
      {
        xmlns: 'http://www.w3.org/2000/svg',
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        'font-family': 'sans-serif',
        'font-size': 13,
      },
      element('rect', { width: WIDTH, height: HEIGHT, fill: 'white' }),
      element('text', { x: MARGIN, y: 22, 'font-size': 16 }, this.#title),
      element('path', { d: frame, fill: 'none', stroke: 'black' }),
      ...this.#marks(),
      ...shapes,
    );
  }

  /** Five numbers along each axis. */
  #marks(): string[] {
    const marks: string[] = [];
    for (let part = 0; part <= 5; part++) {
      const x = MARGIN + (part / 5) * (WIDTH - 2 * MARGIN);
      const y = HEIGHT - MARGIN - (part / 5) * (HEIGHT - 2 * MARGIN);
      const valueX = (x - MARGIN) / this.#scale[0];
      const valueY = (HEIGHT - MARGIN - y) / this.#scale[1];
      const anchor = { 'text-anchor': 'middle' };
      marks.push(element('text', { x, y: HEIGHT - MARGIN + 20, ...anchor }, short(valueX)));
      marks.push(element('text', { x: MARGIN - 26, y: y + 4, ...anchor }, short(valueY)));
    }
    const [unitX, unitY] = this.#units;
    marks.push(element('text', { x: WIDTH - MARGIN, y: HEIGHT - 14 }, unitX));
    marks.push(element('text', { x: 12, y: MARGIN - 16 }, unitY));
    return marks;
  }

  #place([x, y]: Point): string {
    return `${decimal(this.#x(x))},${decimal(this.#y(y))}`;
  }

  #x(value: number): number {
    return MARGIN + value * this.#scale[0];
  }

  #y(value: number): number {
    return HEIGHT - MARGIN - value * this.#scale[1];
  }
}

function short(value: number): string {
  return value >= 10 ? value.toFixed(0) : value.toFixed(2);
}
