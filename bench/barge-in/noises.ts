// The noise set: folders of labelled recordings without speech, or noises made from a seed.

import { type LabelledFile, readLabelledFolder } from '../accuracy/labelled-folder.ts';
import { randomFrom } from './random.ts';

/** A stretch without speech. */
export interface Noise {
  readonly name: string;
  readonly samples: Int16Array;
}

const RATE_HZ = 16_000;
const SECONDS = 60;

/** Recordings from folders, those parts of them that are labelled as not speech; throws CommandError. */
export async function readNoises(folders: readonly string[]): Promise<Noise[]> {
  const files: LabelledFile[] = [];
  for (const folder of folders) files.push(...(await readLabelledFolder(folder)));
  return files.map(({ name, samples, spans }) => ({
    name,
    samples: joined(
      spans
        .filter(({ label }) => label === 'other')
        .map(({ fromSeconds, toSeconds }) =>
          samples.subarray(Math.round(fromSeconds * RATE_HZ), Math.round(toSeconds * RATE_HZ)),
        ),
    ),
  }));
}

/** A minute each of what needs no recording: rain, an engine, knocks, keys, a melody, beeps. */
export function madeNoises(): Noise[] {
  return [
    { name: 'rain', samples: made(1, (_, random) => 3000 * (random() - 0.5)) },
    { name: 'engine', samples: made(2, engine) },
    { name: 'knocks', samples: made(3, strokes(0.6, 0.03, 180, 16_000)) },
    { name: 'keys', samples: made(4, strokes(0.13, 0.004, 2600, 6000)) },
    { name: 'melody', samples: made(5, melody) },
    { name: 'beeps', samples: made(6, beeps) },
  ];
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const part of parts) {
    all.set(part, filled);
    filled += part.length;
  }
  return all;
}

function made(seed: number, sample: (second: number, random: () => number) => number): Int16Array {
  const random = randomFrom(seed);
  return Int16Array.from({ length: SECONDS * RATE_HZ }, (_, index) =>
    Math.round(sample(index / RATE_HZ, random)),
  );
}

function tone(second: number, hz: number): number {
  return Math.sin(2 * Math.PI * hz * second);
}

function engine(second: number, random: () => number): number {
  const turning = 2500 * tone(second, 47) + 1500 * tone(second, 94) + 800 * tone(second, 141);
  return turning * (1 + 0.3 * tone(second, 0.4)) + 800 * (random() - 0.5);
}

function strokes(everySeconds: number, decaySeconds: number, hz: number, level: number) {
  let nextSecond = everySeconds;
  let strokeSecond = Number.NEGATIVE_INFINITY;
  return (second: number, random: () => number): number => {
    if (second >= nextSecond) {
      strokeSecond = second;
      nextSecond = second + everySeconds * (0.5 + random());
    }
    const sound = Math.exp((strokeSecond - second) / decaySeconds);
    return level * sound * (0.6 * tone(second, hz) + 0.8 * (random() - 0.5));
  };
}

const SCALE_HZ = [262, 294, 330, 392, 440, 523];

function melody(second: number): number {
  const beat = Math.floor(second * 3);
  const hz = SCALE_HZ[(beat * 7 + (beat % 5)) % SCALE_HZ.length]!;
  const sound = Math.exp(-3 * (second * 3 - beat));
  return (
    4000 * sound * (tone(second, hz) + 0.4 * tone(second, 2 * hz) + 0.2 * tone(second, 3 * hz))
  );
}

function beeps(second: number): number {
  return second % 2 < 0.3 ? 5000 * tone(second, 1000) : 0;
}
