import { FLACDecoder } from '@wasm-audio-decoders/flac';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgentTrack } from '../../../core/recording/agent-track.ts';
import {
  agentWav,
  callerWav,
  conversationFlac,
  mixWav,
} from '../../../core/recording/audio-files.ts';
import { CallerTrack } from '../../../core/recording/caller-track.ts';
import type { ChunkMaker } from '../../../core/recording/chunked-file.ts';
import { flacFrame, flacHead } from '../../../core/recording/flac-frame.ts';
import { type RecordingPlan, Survey } from '../../../core/recording/survey.ts';
import { timelineChunk } from '../../../core/recording/timeline-file.ts';
import { parseTimelineLine } from '../../../core/recording/timeline-line.ts';
import { randomOf } from '../../../simulation/random.ts';
import { JournalRows, PCM_STREAM, speechOf } from '../../support/journal-rows.ts';
import { syllables } from '../../support/leaky-listener.ts';

const SPEECH = syllables(40_000, 3);
const CALLER = syllables(48_000, 4);

/** A call in which the agent is heard from sample 5000 on. */
function call(): {
  journal: JournalRows;
  plan: RecordingPlan;
  caller: CallerTrack;
  agent: AgentTrack;
} {
  const journal = new JournalRows();
  journal.pcm(PCM_STREAM, 0, CALLER);
  journal.flush();
  const speech = speechOf(SPEECH);
  const survey = new Survey(speech);
  survey.take(journal.rows[0]!);
  const runs = [{ utterance: 1, generation: 1, speechFrom: 0, speechTo: 40_000, sample: 5000 }];
  const plan = { ...survey.finish(), runs };
  return {
    journal,
    plan,
    caller: new CallerTrack(plan, journal),
    agent: new AgentTrack(runs, speech),
  };
}

function whole(chunk: ChunkMaker): Uint8Array {
  const pieces: number[] = [];
  for (let index = 0; ; index++) {
    const bytes = chunk(index);
    if (bytes === null) return Uint8Array.from(pieces);
    for (const byte of bytes) pieces.push(byte);
  }
}

function pcmOf(wav: Uint8Array): Int16Array {
  return new Int16Array(wav.slice(44).buffer);
}

/** What libFLAC has decoded: 32,767 comes as 1. */
function samplesOf(channel: Float32Array): Int16Array {
  return Int16Array.from(channel, (value) => Math.round(value * 32_767));
}

async function decoded(flac: Uint8Array): Promise<Int16Array[]> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const { channelData, errors } = await decoder.decodeFile(flac);
  decoder.free();
  expect(errors).toEqual([]);
  return channelData.map(samplesOf);
}

describe('the files of a recording', () => {
  it('[R8] are WAV with the rate and the length in their heads', () => {
    const { plan, caller, agent } = call();
    const wav = whole(callerWav(plan, caller));
    const view = new DataView(wav.buffer);
    expect(String.fromCharCode(...wav.subarray(0, 4), ...wav.subarray(8, 16))).toBe('RIFFWAVEfmt ');
    expect(view.getUint32(4, true)).toBe(wav.length - 8);
    expect(view.getUint32(24, true)).toBe(16_000);
    expect(view.getUint32(40, true)).toBe(2 * CALLER.length);
    expect(pcmOf(wav)).toEqual(CALLER);
    const expected = new Int16Array(48_000);
    expected.set(SPEECH, 5000);
    expect(pcmOf(whole(agentWav(plan, agent)))).toEqual(expected);
  });

  it('[R8] hold both parties in the mix, as loud as can be where they are too loud together', () => {
    const { plan, caller, agent } = call();
    const mixed = pcmOf(whole(mixWav(plan, caller, agent)));
    let clipped = 0;
    for (const [index, sample] of mixed.entries()) {
      const sum = CALLER[index]! + (SPEECH[index - 5000] ?? 0);
      if (Math.abs(sum) > 32_767) clipped++;
      expect(sample).toBe(Math.max(-32_768, Math.min(32_767, sum)));
    }
    expect(mixed.length).toBe(48_000);
    expect(clipped).toBe(0);
  });

  it('[R9] hold both in FLAC without loss: the caller left, the agent right', async () => {
    const { plan, caller, agent } = call();
    const flac = whole(conversationFlac(plan, caller, agent));
    const [left, right] = await decoded(flac);
    expect(left).toEqual(CALLER);
    const expected = new Int16Array(48_000);
    expected.set(SPEECH, 5000);
    expect(right).toEqual(expected);
  });

  it('[R9] hold any samples without loss: loud, silent, of one value, of any length', async () => {
    const decoder = new FLACDecoder();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.constantFrom('noise', 'constant', 'ramp', 'extremes', 'tone'),
        async (length, seed, kind) => {
          const random = randomOf(seed);
          const value = Math.round((random() - 0.5) * 65_535);
          const samples = Int16Array.from({ length }, (_, index) => {
            if (kind === 'noise') return (random() - 0.5) * 65_535;
            if (kind === 'constant') return value;
            if (kind === 'ramp') return index * 5;
            if (kind === 'extremes') return random() < 0.5 ? -32_767 : 32_767;
            return 12_000 * Math.sin(index / 9);
          });
          const frames: Uint8Array[] = [];
          for (let from = 0; from < length; from += 4096) {
            frames.push(flacFrame(frames.length, 16_000, [samples.subarray(from, from + 4096)]));
          }
          // Frame by frame, because the parser of the package finds none in a file of a few bytes.
          await decoder.ready;
          const { channelData, errors } = await decoder.decodeFrames(frames);
          expect(errors).toEqual([]);
          expect(samplesOf(channelData[0]!)).toEqual(samples);
        },
      ),
      { seed: 9, numRuns: 25 },
    );
  });

  it('[R9] number their frames as far as the longest call needs', async () => {
    const samples = syllables(4096, 1);
    for (const number of [127, 128, 2047, 2048, 65_535, 65_536, 400_000]) {
      const frame = flacFrame(number, 16_000, [samples]);
      const flac = Uint8Array.from([...flacHead(16_000, 1, 4096), ...frame]);
      expect((await decoded(flac))[0]).toEqual(samples);
    }
  });

  it('[R10] tell the lines of the call in order, then what was placed, then what is missing', () => {
    const journal = new JournalRows();
    journal.line({ type: 'mute', state: 'started', atMs: 5, sample: 80 });
    journal.flush();
    journal.line({ type: 'error', atMs: 7, code: 'x', sentence: 'A line\nwith a break.' });
    journal.flush();
    const { plan } = call();
    const speech = speechOf(SPEECH);
    const lines: string[] = [];
    for (let index = 0; ; index++) {
      const text = timelineChunk({ ...plan, rows: 2 }, journal, speech, index);
      if (text === null) break;
      lines.push(...text.split('\n').slice(0, -1));
    }
    const parsed = lines.map((line) => parseTimelineLine(line));
    expect(parsed.map((line) => line?.type)).toEqual(['mute', 'error', 'placed', 'recording']);
    expect(parsed[2]).toMatchObject({
      utterance: 1,
      speechFrom: 0,
      speechTo: 40_000,
      sample: 5000,
    });
    expect(parsed[3]).toMatchObject({ lengthSamples: 48_000, packets: 150, agentGapSamples: 0 });
  });

  it('[R10] tell nothing of what no version knows, to a reader who asks this one', () => {
    expect(parseTimelineLine('{"type":"telepathy","atMs":3}')).toBeNull();
    expect(parseTimelineLine('{"type":"gap","atMs":3}')).toBeNull();
    expect(parseTimelineLine('no JSON')).toBeNull();
    const line = { type: 'gap', atMs: 3, fromSample: 1, lengthSamples: 2 };
    expect(parseTimelineLine(JSON.stringify({ ...line, later: true }))).toEqual(line);
  });
});
