// Speech for the scorer's tests: the bundled recordings, varied so that the network sees much.

import { readFileSync } from 'node:fs';
import { SCORER_RATE_HZ } from '../../core/voice/scorer.ts';
import { roomNoise } from '../../samples/room-noise.ts';
import { decodeWaveFile, type Recording } from '../../samples/wave-file.ts';

/** One continuous stream at 16 kHz. */
export interface Stream {
  readonly name: string;
  readonly samples: Int16Array;
}

/** Streams of the bundled conversation and story, about eight minutes together; always the same. */
export function speechStreams(): Stream[] {
  const conversation = readRecording('samples/conversation.wav');
  const story = readRecording('assets/story.wav');
  return [
    stream('conversation', conversation),
    stream('story', story),
    // A quiet caller; windows begin at another place in each sound.
    stream('quiet, shifted', scaled(conversation, 0.03).subarray(173)),
    stream('in loud noise', noisy(both(conversation, story), 7, 0.05)),
    stream('faster, higher', resampled(story, 1.2)),
    stream('slower, lower', resampled(both(story, conversation), 0.85)),
    stream('clipping', scaled(conversation, 12)),
    stream('reversed', conversation.toReversed()),
  ];
}

function readRecording(path: string): Float64Array {
  const file = readFileSync(new URL(`../../${path}`, import.meta.url));
  const { sampleRateHz, samples }: Recording = decodeWaveFile(file);
  if (sampleRateHz !== SCORER_RATE_HZ) throw new Error(`${path} must be at 16 kHz.`);
  return samples;
}

function stream(name: string, samples: Float64Array): Stream {
  return {
    name,
    samples: Int16Array.from(samples, (sample) =>
      Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))),
    ),
  };
}

function both(first: Float64Array, second: Float64Array): Float64Array {
  const samples = new Float64Array(first.length + second.length);
  samples.set(first);
  samples.set(second, first.length);
  return samples;
}

function scaled(samples: Float64Array, gain: number): Float64Array {
  return samples.map((sample) => sample * gain);
}

function noisy(samples: Float64Array, seed: number, rms: number): Float64Array {
  const noise = roomNoise(seed, SCORER_RATE_HZ, samples.length, rms);
  return samples.map((sample, index) => sample + noise[index]!);
}

/** Plays `speed` times as fast, and as much higher, by linear interpolation. */
function resampled(samples: Float64Array, speed: number): Float64Array {
  return new Float64Array(Math.floor((samples.length - 1) / speed)).map((_, index) => {
    const position = index * speed;
    const before = Math.floor(position);
    return samples[before]! + (position - before) * (samples[before + 1]! - samples[before]!);
  });
}
