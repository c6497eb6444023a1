// What stretching and concealing cost, by rate.

import { resample, toPcm16 } from '../../client/node/resample.ts';
import { Concealment } from '../../core/jitter/concealment.ts';
import { TimeStretch } from '../../core/jitter/time-stretch.ts';

const RATES_HZ = [8000, 16_000, 24_000, 44_100, 48_000];
const FRAMES_A_SECOND = 50;
const SECONDS = 10;
const ROUNDS = 7;

/** Medians over rounds of the mean microseconds for a 20 ms frame; the first round only warms up. */
export interface CostRow {
  readonly rateHz: number;
  readonly shortenUs: number;
  readonly lengthenUs: number;
  readonly playedUs: number;
  readonly concealFirstUs: number;
  readonly concealNextUs: number;
  readonly mergeUs: number;
}

export async function measureCosts(sound: Float32Array, fromHz: number): Promise<CostRow[]> {
  const rows: CostRow[] = [];
  for (const rateHz of RATES_HZ) {
    const samples = toPcm16(await resample(sound.subarray(0, SECONDS * fromHz), fromHz, rateHz));
    rows.push(measureRate(samples, rateHz));
  }
  return rows;
}

function measureRate(samples: Int16Array, rateHz: number): CostRow {
  const stretch = new TimeStretch(rateHz);
  const concealment = new Concealment(rateHz);
  const frame = Math.floor(rateHz / FRAMES_A_SECOND);
  const span = stretch.spanSamples;
  const most = span / 2;
  const into = new Int16Array(2 * span);
  const concealed = new Int16Array(frame);
  const frames = Math.floor(samples.length / frame) - 3;
  const median = (work: (index: number) => void) => medianUs(frames, (n) => work(n * frame));
  return {
    rateHz,
    shortenUs: median((at) => stretch.shorten(samples, at, span, most, into, 0)),
    lengthenUs: median((at) => stretch.lengthen(samples, at, span, most, into, 0)),
    playedUs: median((at) => concealment.played(samples, at, frame)),
    ...concealCosts(concealment, samples, concealed, frames),
  };
}

function concealCosts(
  concealment: Concealment,
  samples: Int16Array,
  concealed: Int16Array,
  frames: number,
): Pick<CostRow, 'concealFirstUs' | 'concealNextUs' | 'mergeUs'> {
  const frame = concealed.length;
  const totals: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    const sums = [0, 0, 0];
    let events = 0;
    for (let index = 0; index + 4 < frames; index += 4, events++) {
      concealment.played(samples, index * frame, frame);
      const before = performance.now();
      concealment.conceal(concealed, 0, frame);
      const first = performance.now();
      concealment.conceal(concealed, 0, frame);
      const next = performance.now();
      concealed.set(samples.subarray((index + 3) * frame, (index + 4) * frame));
      const ready = performance.now();
      concealment.merge(concealed, 0, frame);
      sums[0]! += first - before;
      sums[1]! += next - first;
      sums[2]! += performance.now() - ready;
    }
    if (round === 0) continue;
    for (const [part, total] of totals.entries()) total.push((1000 * sums[part]!) / events);
  }
  return {
    concealFirstUs: middle(totals[0]),
    concealNextUs: middle(totals[1]),
    mergeUs: middle(totals[2]),
  };
}

function medianUs(frames: number, work: (index: number) => void): number {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (let index = 0; index < frames; index++) work(index);
    if (round > 0) rounds.push((1000 * (performance.now() - started)) / frames);
  }
  return middle(rounds);
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
