// Speaks a phrase with the flite synthesizer and finds where its sound begins and ends.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootMeanSquare } from './room-noise.ts';
import type { Recording } from './wave-file.ts';
import { decodeWaveFile } from './wave-file.ts';

/** The rate of every recording here, and of the flite voices `slt` and `rms`. */
export const sampleRateHz = 16_000;

const samplesPerMs = sampleRateHz / 1000;

/** The rule for where sound begins and ends: the first and last frame less than `belowPeakDb` under the phrase's loudest. */
export const edgeRule = { frameMs: 10, belowPeakDb: 40 };

/** How a phrase is spoken: the flite voice, and how much slower than its own pace. */
export interface Voice {
  readonly name: 'slt' | 'rms';
  readonly stretch: number;
}

/** A spoken phrase at RMS 1 between its edges, and what flite left of breath around them. */
export interface Phrase {
  readonly samples: Float64Array;
  readonly beginSample: number;
  readonly endSample: number;
}

/** Where a placed phrase or turn sounds, on the time line of its recording. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** The version line of the installed flite. Throws a clear sentence where there is none. */
export function fliteVersion(): string {
  const version = /version: (\S+)/.exec(runFlite(['--version']))?.[1];
  if (version === undefined)
    throw new Error('cannot tell the version of flite: "flite --version" printed none');
  return version;
}

/** Speaks a text. Throws where flite is missing, fails, or answers at another rate. */
export function speak(voice: Voice, text: string): Phrase {
  const recording = record(voice, text);
  if (recording.sampleRateHz !== sampleRateHz) {
    throw new Error(
      `cannot use the voice: its rate must be ${sampleRateHz} Hz, received ${recording.sampleRateHz} Hz`,
    );
  }
  const { beginSample, endSample } = findEdges(recording.samples);
  const gain = 1 / rootMeanSquare(recording.samples, beginSample, endSample);
  return { samples: recording.samples.map((sample) => sample * gain), beginSample, endSample };
}

/** Adds a phrase to a track so that its sound begins at `startMs`; breath beyond the track's ends is cut off. */
export function place(track: Float64Array, phrase: Phrase, startMs: number): void {
  const offset = startMs * samplesPerMs - phrase.beginSample;
  phrase.samples.forEach((sample, index) => {
    const at = offset + index;
    if (at >= 0 && at < track.length) track[at]! += sample;
  });
}

/** How long a phrase sounds. */
export function soundingMs(phrase: Phrase): number {
  return (phrase.endSample - phrase.beginSample) / samplesPerMs;
}

/** A silent track. */
export function silence(durationMs: number): Float64Array {
  return new Float64Array(durationMs * samplesPerMs);
}

/** Where sound begins and ends, by `edgeRule`. */
export function findEdges(samples: Float64Array): { beginSample: number; endSample: number } {
  const frameSamples = edgeRule.frameMs * samplesPerMs;
  const levels: number[] = [];
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
    levels.push(rootMeanSquare(samples, at, at + frameSamples));
  }
  const floor = Math.max(...levels) * 10 ** (-edgeRule.belowPeakDb / 20);
  const sounds = (level: number): boolean => level > floor;
  return {
    beginSample: levels.findIndex(sounds) * frameSamples,
    endSample: (levels.findLastIndex(sounds) + 1) * frameSamples,
  };
}

// Not through a pipe: flite opens its output by name, and Node's pipes are sockets, which have none.
function record(voice: Voice, text: string): Recording {
  const directory = mkdtempSync(join(tmpdir(), 'isochron-speech-'));
  try {
    const path = join(directory, 'phrase.wav');
    runFlite([
      '-voice',
      voice.name,
      '--setf',
      `duration_stretch=${voice.stretch}`,
      '-t',
      text,
      '-o',
      path,
    ]);
    return decodeWaveFile(readFileSync(path));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function runFlite(args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('flite', args, { encoding: 'utf8' });
  if (error !== undefined) {
    const remedy =
      'the flite synthesizer must be installed (Debian and Ubuntu: apt-get install flite)';
    throw new Error(`cannot speak: ${remedy}`, { cause: error });
  }
  // Asked for its version, flite 2.2 prints it and exits with 1.
  if (status !== 0 && args[0] !== '--version')
    throw new Error(`cannot speak: flite failed with "${stderr.trim()}"`);
  return stdout;
}
