// The audio files of a recording, chunk by chunk: a WAV for each party, both mixed, and both together in FLAC.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import type { AgentTrack } from './agent-track.ts';
import type { CallerTrack } from './caller-track.ts';
import type { ChunkMaker } from './chunked-file.ts';
import { FLAC_BLOCK_SAMPLES, flacFrame, flacHead } from './flac-frame.ts';
import type { RecordingPlan } from './survey.ts';
import { wavHead } from './wav-head.ts';

/** Frames of FLAC in one chunk: about a second at 16 kHz. */
const FLAC_CHUNK_FRAMES = 4;

/** Fills an array with samples from a position on. */
type Render = (from: number, into: Int16Array) => void;

/** The caller's audio at their own rate, each sample as it was sent. */
export function callerWav(plan: RecordingPlan, track: CallerTrack): ChunkMaker {
  const { callerRateHz, lengthSamples } = plan;
  const samples = Math.round((lengthSamples * callerRateHz) / ENGINE_RATE_HZ);
  return wav(callerRateHz, samples, (from, into) => track.render(callerRateHz, from, into));
}

/** The agent's speech where it was heard, 16 kHz. */
export function agentWav(plan: RecordingPlan, track: AgentTrack): ChunkMaker {
  return wav(ENGINE_RATE_HZ, plan.lengthSamples, (from, into) => track.render(from, into));
}

/** Both in one channel, 16 kHz; what is too loud together is as loud as can be. */
export function mixWav(plan: RecordingPlan, caller: CallerTrack, agent: AgentTrack): ChunkMaker {
  return wav(ENGINE_RATE_HZ, plan.lengthSamples, (from, into) => {
    const other = new Int16Array(into.length);
    caller.render(ENGINE_RATE_HZ, from, into);
    agent.render(from, other);
    for (let index = 0; index < into.length; index++) {
      const sum = into[index]! + other[index]!;
      into[index] = Math.max(-32_768, Math.min(32_767, sum));
    }
  });
}

/** Both without loss, 16 kHz: the caller on the left, the agent on the right. */
export function conversationFlac(
  plan: RecordingPlan,
  caller: CallerTrack,
  agent: AgentTrack,
): ChunkMaker {
  const { lengthSamples } = plan;
  return (index) => {
    if (index === 0) return flacHead(ENGINE_RATE_HZ, 2, lengthSamples);
    const first = (index - 1) * FLAC_CHUNK_FRAMES;
    const from = first * FLAC_BLOCK_SAMPLES;
    if (from >= lengthSamples) return null;
    const length = Math.min(FLAC_CHUNK_FRAMES * FLAC_BLOCK_SAMPLES, lengthSamples - from);
    const left = new Int16Array(length);
    const right = new Int16Array(length);
    caller.render(ENGINE_RATE_HZ, from, left);
    agent.render(from, right);
    const frames: Uint8Array[] = [];
    for (let start = 0; start < length; start += FLAC_BLOCK_SAMPLES) {
      const end = Math.min(length, start + FLAC_BLOCK_SAMPLES);
      const channels = [left.subarray(start, end), right.subarray(start, end)];
      frames.push(flacFrame(first + frames.length, ENGINE_RATE_HZ, channels));
    }
    return joined(frames);
  };
}

/** A mono WAV, a second to a chunk after the head. */
function wav(rateHz: number, samples: number, render: Render): ChunkMaker {
  return (index) => {
    if (index === 0) return wavHead(rateHz, samples);
    const from = (index - 1) * rateHz;
    if (from >= samples) return null;
    const block = new Int16Array(Math.min(rateHz, samples - from));
    render(from, block);
    return littleEndian(block);
  };
}

/** Bytes of 16-bit samples as WAV wants them, whatever the machine. */
function littleEndian(samples: Int16Array): Uint8Array {
  const bytes = new Uint8Array(2 * samples.length);
  for (let index = 0; index < samples.length; index++) {
    bytes[2 * index] = samples[index]!;
    bytes[2 * index + 1] = samples[index]! >> 8;
  }
  return bytes;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
