// Reads WAV files of every usual kind as mono, and writes 16-bit ones.

import { readFile } from 'node:fs/promises';
import {
  AudioSample,
  AudioSampleSink,
  AudioSampleSource,
  BufferSource,
  BufferTarget,
  Input,
  type InputAudioTrack,
  Output,
  WAVE,
  WavOutputFormat,
} from 'mediabunny';
import { CommandError } from './command-error.ts';

/** Rates that a recording may have. Above the 48 kHz of ordinary recordings a studio's 192 kHz is as easily resampled. */
const LOWEST_RATE_HZ = 8000;
const HIGHEST_RATE_HZ = 192_000;

/** One channel of sound; 1 is full scale. */
export interface Recording {
  readonly rateHz: number;
  readonly samples: Float32Array;
}

/**
 * Reads a WAV file: 8 to 32-bit integers, 32 and 64-bit float, A-law or µ-law, also as WAVE_FORMAT_EXTENSIBLE, RF64 and
 * RIFX. Channels are averaged. A file that ends before its header says is read as far as it goes.
 * Throws CommandError with a sentence when there is no sound to be had from it.
 */
export async function readWavFile(path: string): Promise<Recording> {
  const bytes = await readBytes(path);
  if (bytes.length === 0) throw cannotRead(path, 'the file is empty');
  const input = new Input({ source: new BufferSource(bytes), formats: [WAVE] });
  try {
    if (!(await input.canRead())) throw cannotRead(path, 'it is not a WAV file');
    const track = await input.getPrimaryAudioTrack();
    if (track === null) throw cannotRead(path, 'it holds no sound');
    return await decode(path, track);
  } catch (fault) {
    if (fault instanceof CommandError) throw fault;
    throw cannotRead(path, `the WAV file is broken (${(fault as Error).message})`);
  } finally {
    input.dispose();
  }
}

/** The bytes of a mono 16-bit PCM WAV file with at least one sample. */
export async function encodeWavFile(samples: Int16Array, rateHz: number): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({ format: new WavOutputFormat(), target });
  const source = new AudioSampleSource({ codec: 'pcm-s16' });
  output.addAudioTrack(source);
  await output.start();
  const block = new AudioSample({
    data: samples,
    format: 's16',
    numberOfChannels: 1,
    sampleRate: rateHz,
    timestamp: 0,
  });
  await source.add(block);
  block.close();
  await output.finalize();
  return new Uint8Array(target.buffer!);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (fault) {
    const { code, message } = fault as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw cannotRead(path, 'there is no such file');
    if (code === 'EISDIR') throw cannotRead(path, 'it is a folder');
    if (code === 'EACCES') throw cannotRead(path, 'permission is denied');
    throw cannotRead(path, message);
  }
}

async function decode(path: string, track: InputAudioTrack): Promise<Recording> {
  const { sampleRate: rateHz, numberOfChannels: channels } = track;
  if (channels === 0 || rateHz < LOWEST_RATE_HZ || rateHz > HIGHEST_RATE_HZ) {
    throw cannotRead(
      path,
      `it must have a rate from ${LOWEST_RATE_HZ} to ${HIGHEST_RATE_HZ} Hz and at least one channel, and has ${rateHz} Hz and ${channels} channels`,
    );
  }
  const blocks: Float32Array[] = [];
  for await (const block of new AudioSampleSink(track).samples()) {
    blocks.push(mono(block));
    block.close();
  }
  const samples = new Float32Array(blocks.reduce((length, block) => length + block.length, 0));
  let offset = 0;
  for (const block of blocks) {
    samples.set(block, offset);
    offset += block.length;
  }
  if (samples.length === 0) throw cannotRead(path, 'it holds no sound');
  return { rateHz, samples };
}

/** The average of the channels. A float file may hold anything: what is not a number becomes silence. */
function mono(block: AudioSample): Float32Array {
  const { numberOfFrames, numberOfChannels } = block;
  const interleaved = new Float32Array(numberOfFrames * numberOfChannels);
  block.copyTo(interleaved, { planeIndex: 0, format: 'f32' });
  return Float32Array.from({ length: numberOfFrames }, (_, frame) => {
    let sum = 0;
    for (let channel = 0; channel < numberOfChannels; channel++) {
      sum += interleaved[frame * numberOfChannels + channel]!;
    }
    return Number.isFinite(sum) ? sum / numberOfChannels : 0;
  });
}

function cannotRead(path: string, reason: string): CommandError {
  return new CommandError(`Cannot read "${path}": ${reason}.`);
}
