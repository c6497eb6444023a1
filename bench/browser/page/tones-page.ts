// A page that sends tones through both worklets, faster than real time and with nothing but the project's own code in between.

import {
  CAPTURE_PROCESSOR,
  type CaptureBlock,
  COLUMN_SAMPLES,
  PLAYBACK_PROCESSOR,
  type PlaybackOrder,
  type PlaybackSetUp,
} from '../../../client/browser/worklet-messages.ts';
import { HEADER_BYTES, PacketHeader, writeHeader } from '../../../core/wire/packet.ts';
import { besideTone, decibels, frequencyOf, levelOf } from './tone-measure.ts';
import type { ToneRow, TonesOrder } from './tones-messages.ts';

const ENGINE_RATE_HZ = 16_000;
const FRAME_SAMPLES = 320;
const TONE_SECONDS = 2.4;

/** Worklets take what they are told between two blocks: rendering waits for them here. */
const BEGIN_SECONDS = 0.1;
const BEGIN_MS = 50;

/** Neither the first nor the last of a tone is judged, where the filters begin and end. */
const EDGE_SECONDS = 0.2;

const AMPLITUDE = 0.9;

const PITCH_HZ = 1000;
/** Above half of 16 kHz and its filter's edge: nothing of it may be left. */
const ALIASES_HZ = [8800, 9500, 11_000, 12_600, 15_000, 17_000, 20_000];
/** The highest lies where a speaker's filter has to be steepest. */
const IMAGED_HZ = [440, 3000, 7200];

const page = window as unknown as { begun: Promise<ToneRow[]> };
page.begun = measure(JSON.parse(decodeURIComponent(location.hash.slice(1))));

async function measure({ ratesHz, sharp, bare }: TonesOrder): Promise<ToneRow[]> {
  const rows: ToneRow[] = [];
  for (const rateHz of ratesHz) {
    const captured = await capture(tone(rateHz, PITCH_HZ * (1 + sharp)), rateHz);
    const played = middle(await play(captured, rateHz), rateHz);
    const pitchErrorPct = 100 * Math.abs(frequencyOf(played, rateHz, PITCH_HZ) / PITCH_HZ - 1);
    const remains: number[] = [];
    for (const hz of ALIASES_HZ.filter((each) => each < rateHz / 2)) {
      const sound = tone(rateHz, hz);
      remains.push(
        levelOf(
          middle(bare ? everyNth(sound, rateHz) : await capture(sound, rateHz), ENGINE_RATE_HZ),
        ),
      );
    }
    const company: number[] = [];
    for (const hz of IMAGED_HZ) {
      const heard = await play(tone(ENGINE_RATE_HZ, hz), rateHz);
      company.push(besideTone(middle(heard, rateHz), rateHz, hz));
    }
    const full = AMPLITUDE / Math.SQRT2;
    rows.push({
      rateHz,
      pitchErrorPct,
      aliasDb: decibels(Math.max(...remains, 1e-9) / full),
      imageDb: decibels(Math.max(...company)),
    });
  }
  return rows;
}

/** The device's sound as the capture worklet gives it to the worker: 16 kHz, −1 … 1. */
async function capture(
  sound: Float32Array<ArrayBuffer>,
  rateHz: number,
): Promise<Float32Array<ArrayBuffer>> {
  const context = new OfflineAudioContext(1, sound.length, rateHz);
  await context.audioWorklet.addModule('/client/capture-worklet.js');
  const buffer = new AudioBuffer({ length: sound.length, sampleRate: rateHz });
  buffer.copyToChannel(sound, 0);
  const source = new AudioBufferSourceNode(context, { buffer });
  const node = new AudioWorkletNode(context, CAPTURE_PROCESSOR);
  const { port1, port2 } = new MessageChannel();
  const blocks: Int16Array[] = [];
  const wanted =
    Math.floor((sound.length / rateHz - BEGIN_SECONDS) * (ENGINE_RATE_HZ / COLUMN_SAMPLES)) - 2;
  const all = new Promise<void>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<CaptureBlock>) => {
      if (blocks.push(data.samples) === wanted) resolve();
    };
  });
  node.port.postMessage(null, [port2]);
  source.connect(node).connect(context.destination);
  source.start();
  await render(context);
  await all;
  const samples = new Float32Array(blocks.length * COLUMN_SAMPLES);
  blocks.forEach((block, index) => {
    samples.set(
      Float32Array.from(block, (sample) => sample / 32_768),
      index * COLUMN_SAMPLES,
    );
  });
  return samples;
}

/** Speech as it comes from the network, through the playback worklet, with nothing made longer. */
async function play(sound: Float32Array, rateHz: number): Promise<Float32Array> {
  const frames = Math.floor((sound.length * rateHz) / ENGINE_RATE_HZ);
  const context = new OfflineAudioContext(1, frames, rateHz);
  await context.audioWorklet.addModule('/client/playback-worklet.js');
  const node = new AudioWorkletNode(context, PLAYBACK_PROCESSOR, {
    numberOfInputs: 0,
    outputChannelCount: [1],
  });
  const { port1, port2 } = new MessageChannel();
  const setUp: PlaybackSetUp = { startMs: undefined, lowWaterMs: 0 };
  node.port.postMessage(setUp, [port2]);
  for (const packet of packetsOf(sound)) port1.postMessage(packet satisfies PlaybackOrder);
  node.connect(context.destination);
  return (await render(context)).getChannelData(0);
}

async function render(context: OfflineAudioContext): Promise<AudioBuffer> {
  const begun = context.suspend(BEGIN_SECONDS).then(async () => {
    await new Promise((resolve) => setTimeout(resolve, BEGIN_MS));
    await context.resume();
  });
  const [rendered] = await Promise.all([context.startRendering(), begun]);
  return rendered;
}

/** One utterance, never ended. */
function packetsOf(sound: Float32Array): Uint8Array[] {
  const header = new PacketHeader();
  header.generation = 1;
  const packets: Uint8Array[] = [];
  for (let at = 0; at + FRAME_SAMPLES <= sound.length; at += FRAME_SAMPLES) {
    const packet = new Uint8Array(HEADER_BYTES + 2 * FRAME_SAMPLES);
    header.flags = at === 0 ? 1 : 0;
    header.sequence = at / FRAME_SAMPLES;
    header.timestamp = at;
    writeHeader(packet, header);
    const samples = new DataView(packet.buffer, HEADER_BYTES);
    for (let index = 0; index < FRAME_SAMPLES; index++)
      samples.setInt16(2 * index, Math.round(sound[at + index]! * 32_767), true);
    packets.push(packet);
  }
  return packets;
}

function tone(rateHz: number, hz: number): Float32Array<ArrayBuffer> {
  const step = (2 * Math.PI * hz) / rateHz;
  return Float32Array.from(
    { length: Math.round(TONE_SECONDS * rateHz) },
    (_, index) => AMPLITUDE * Math.sin(step * index),
  );
}

function middle(samples: Float32Array, rateHz: number): Float32Array {
  const from = (BEGIN_SECONDS + EDGE_SECONDS) * rateHz;
  return samples.subarray(from, samples.length - EDGE_SECONDS * 2 * rateHz);
}

/** How a program would do it that knows nothing of filters. */
function everyNth(sound: Float32Array, rateHz: number): Float32Array {
  const length = Math.floor((sound.length * ENGINE_RATE_HZ) / rateHz);
  return Float32Array.from(
    { length },
    (_, index) => sound[Math.floor((index * rateHz) / ENGINE_RATE_HZ)]!,
  );
}
