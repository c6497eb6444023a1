// Makes the words of assent that must not interrupt an agent: `node samples/make-mm-hm.ts` with espeak-ng and this project's packages installed.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import libsamplerate from '@alexanderolsen/libsamplerate-js';
import { rootMeanSquare } from './room-noise.ts';
import { findEdges, sampleRateHz } from './speech.ts';
import { decodeWaveFile, encodeWaveFile } from './wave-file.ts';

/** What people say while another speaks; in double brackets as phonemes, because spelling hides the hum. */
const words = [
  { word: 'mm-hm', spoken: "[[mmh'mm]]" },
  { word: 'mhm', spoken: "[[m'mhm]]" },
  { word: 'mm', spoken: '[[m:m:]]' },
  { word: 'uh-huh', spoken: "[[Vh'V]]" },
  { word: 'hmm', spoken: 'hmm' },
  { word: 'yeah', spoken: 'yeah' },
  { word: 'okay', spoken: 'okay' },
  { word: 'right', spoken: 'right' },
];

/** espeak-ng's voices, its pitch (0 to 99) and its words per minute. */
const speakers = [
  { voice: 'en-us', pitch: 35, pace: 130 },
  { voice: 'en-us+f2', pitch: 60, pace: 150 },
  { voice: 'en-gb+m3', pitch: 45, pace: 175 },
  { voice: 'en-gb+f4', pitch: 70, pace: 115 },
  { voice: 'en-us+m7', pitch: 25, pace: 200 },
  { voice: 'en-gb-scotland+f1', pitch: 55, pace: 160 },
  { voice: 'en-us+f5', pitch: 80, pace: 100 },
  { voice: 'en-gb-x-rp+m1', pitch: 40, pace: 90 },
  { voice: 'en-us+m4', pitch: 50, pace: 140 },
  { voice: 'en-gb+f3', pitch: 65, pace: 125 },
];

/** A word of assent lasts so long; what the synthesizer makes shorter or longer is left out. */
const shortestMs = 250;
const longestMs = 600;

/** Silence after each word, and the RMS of each between its edges. */
const gapMs = 100;
const rms = 10 ** (-23 / 20);
const fadeMs = 4;
const samplesPerMs = sampleRateHz / 1000;

interface Entry {
  readonly word: string;
  readonly voice: string;
  readonly fromSample: number;
  readonly lengthSamples: number;
}

/** A word between its edges, at `rms`; null when it lasts too short or too long. */
async function sayWord(spoken: string, speaker: (typeof speakers)[number]) {
  const { samples } = await speak(spoken, speaker);
  const { beginSample, endSample } = findEdges(samples);
  const lengthMs = (endSample - beginSample) / samplesPerMs;
  if (lengthMs < shortestMs || lengthMs > longestMs) return null;
  const gain = rms / rootMeanSquare(samples, beginSample, endSample);
  const word = samples.slice(beginSample, endSample).map((sample) => sample * gain);
  const fadeSamples = fadeMs * samplesPerMs;
  return word.map((sample, index) => {
    const fromEdge = Math.min(index, word.length - 1 - index);
    return Math.max(-1, Math.min(1, sample * Math.min(1, fromEdge / fadeSamples)));
  });
}

async function speak(spoken: string, { voice, pitch, pace }: (typeof speakers)[number]) {
  const args = ['--stdout', '-v', voice, '-p', `${pitch}`, '-s', `${pace}`, spoken];
  const { error, status, stdout } = spawnSync('espeak-ng', args);
  if (error !== undefined || status !== 0)
    throw new Error(
      'cannot speak: the synthesizer espeak-ng must be installed (Debian and Ubuntu: apt-get install espeak-ng)',
      { cause: error },
    );
  // Told to write to a pipe, espeak-ng cannot know the length that it puts into the header.
  const recording = decodeWaveFile(stdout);
  const samples = await resampled(recording.samples, recording.sampleRateHz);
  return { samples };
}

async function resampled(samples: Float64Array, fromHz: number): Promise<Float64Array> {
  const converter = await libsamplerate.create(1, fromHz, sampleRateHz, {
    converterType: libsamplerate.ConverterType.SRC_SINC_MEDIUM_QUALITY,
  });
  const padded = new Float32Array(samples.length + fromHz / 10);
  padded.set(samples);
  const result = Float64Array.from(converter.full(padded));
  converter.destroy();
  return result;
}

try {
  const pieces: Float64Array[] = [];
  const index: Entry[] = [];
  let at = 0;
  for (const speaker of speakers) {
    for (const { word, spoken } of words) {
      const piece = await sayWord(spoken, speaker);
      if (piece === null) continue;
      index.push({ word, voice: speaker.voice, fromSample: at, lengthSamples: piece.length });
      const gap = new Float64Array(gapMs * samplesPerMs);
      pieces.push(piece, gap);
      at += piece.length + gap.length;
    }
  }
  const samples = new Float64Array(at);
  let filled = 0;
  for (const piece of pieces) {
    samples.set(piece, filled);
    filled += piece.length;
  }
  const target = (ending: string) => new URL(`mm-hm.${ending}`, import.meta.url);
  writeFileSync(target('wav'), encodeWaveFile({ sampleRateHz, samples }));
  const lines = index
    .map((entry) => `    ${JSON.stringify(entry, null, 1).replace(/\n */g, ' ')}`)
    .join(',\n');
  writeFileSync(
    target('json'),
    `{\n  "sampleRateHz": ${sampleRateHz},\n  "words": [\n${lines}\n  ]\n}\n`,
  );
  console.log(`mm-hm.wav: ${index.length} words, ${(samples.length / sampleRateHz).toFixed(2)} s`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
