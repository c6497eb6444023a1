// What a frame costs on its way through the isochronous exit, in CPU time of this process.

import { resample, toPcm16 } from '../../client/node/resample.ts';
import { IsochronousBuffer } from '../../core/jitter/isochronous-buffer.ts';
import { TimeStretch } from '../../core/jitter/time-stretch.ts';
import type { SpeechLoop } from './speech-loop.ts';

const RATES_HZ = [8000, 16_000, 48_000];

const FRAMES_PER_SECOND = 50;
const FRAME_MS = 1000 / FRAMES_PER_SECOND;
const SPEECH_SECONDS = 20;

/** What disturbs a round makes it longer, never shorter: the shortest counts. */
const ROUNDS = 9;
const FRAMES_PER_ROUND = 4000;

/** Each searches a span of 30 ms, and that takes longer. */
const STRETCHES_PER_ROUND = 900;

/** Microseconds of CPU time. */
export interface PlayoutCost {
  readonly rateHz: number;
  /** A frame of 20 ms in an array of its own inserted, and pulled in two halves as it came. */
  readonly insertAndPullUs: number;
  /** One span searched, and something left out of it or repeated. */
  readonly shortenUs: number;
  readonly lengthenUs: number;
}

/** Costs by rate, on the beginning of this speech. */
export async function measurePlayoutCosts(speech: SpeechLoop): Promise<readonly PlayoutCost[]> {
  const sound = Float32Array.from(
    speech.samples.subarray(0, SPEECH_SECONDS * speech.rateHz),
    (sample) => sample / 32_768,
  );
  const rows: PlayoutCost[] = [];
  for (const rateHz of RATES_HZ) {
    const samples = toPcm16(await resample(sound, speech.rateHz, rateHz));
    rows.push({
      rateHz,
      insertAndPullUs: passingUs(samples, rateHz),
      ...stretchUs(samples, rateHz),
    });
  }
  return rows;
}

function passingUs(samples: Int16Array, rateHz: number): number {
  const frameSamples = rateHz / FRAMES_PER_SECOND;
  const pullSamples = frameSamples / 2;
  const buffer = new IsochronousBuffer({ rateHz, frameSamples, capacityFrames: 256 });
  const out = new Int16Array(pullSamples);
  const frames = Array.from({ length: Math.floor(samples.length / frameSamples) }, (_, index) =>
    samples.slice(index * frameSamples, (index + 1) * frameSamples),
  );
  let number = 0;
  const frame = (): void => {
    const atMs = number * FRAME_MS;
    const received = frames[number % frames.length]!;
    buffer.insert(number, number * frameSamples, received, 0, frameSamples, atMs);
    buffer.pull(out, 0, pullSamples, atMs + 5);
    buffer.pull(out, 0, pullSamples, atMs + 5 + FRAME_MS / 2);
    number++;
  };
  return leastCpuUs(FRAMES_PER_ROUND, frame);
}

function stretchUs(
  samples: Int16Array,
  rateHz: number,
): Pick<PlayoutCost, 'shortenUs' | 'lengthenUs'> {
  const stretch = new TimeStretch(rateHz);
  const span = stretch.spanSamples;
  const into = new Int16Array(2 * span);
  const spans = Math.floor(samples.length / span);
  let number = 0;
  const next = (): number => (number++ % spans) * span;
  return {
    shortenUs: leastCpuUs(STRETCHES_PER_ROUND, () => {
      stretch.shorten(samples, next(), span, span >> 1, into, 0);
    }),
    lengthenUs: leastCpuUs(STRETCHES_PER_ROUND, () => {
      stretch.lengthen(samples, next(), span, span >> 1, into, 0);
    }),
  };
}

function leastCpuUs(count: number, work: () => void): number {
  let leastUs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) work();
    const { user, system } = process.cpuUsage(before);
    leastUs = Math.min(leastUs, (user + system) / count);
  }
  return leastUs;
}
