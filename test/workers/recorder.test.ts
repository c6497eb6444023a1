import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JournalStream } from '../../core/recording/journal-row.ts';
import { leaveAssembly, takeAssembly } from '../../durable-objects/recording/isolate-assembly.ts';
import { PART_BYTES } from '../../durable-objects/recording/part-upload.ts';
import { Recorder } from '../../durable-objects/recording/recorder.ts';
import type { RecordingState } from '../../durable-objects/recording/recording-state.ts';
import { RecordingStore } from '../../durable-objects/recording/recording-store.ts';
import type { RecordingSettings } from '../../durable-objects/recording/settings.ts';
import { RowMeter } from '../../durable-objects/runtime/row-meter.ts';
import { randomOf } from '../../simulation/random.ts';
import { JournalRows, PCM_STREAM, speechOf } from '../support/journal-rows.ts';

const LONG_STREAM: JournalStream = { ...PCM_STREAM, format: { ...PCM_STREAM.format, frameMs: 60 } };
const LONG_FRAME = 960;
const NOISE_SAMPLES = 48_000;

const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
  for (const method of ['warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line) => void logged.push(String(line)));
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** A caller who is silent for so many seconds, after three of noise and before as many. */
function journalOf(silentSeconds: number): { journal: JournalRows; said: Int16Array } {
  const random = randomOf(silentSeconds);
  const noise = Int16Array.from({ length: NOISE_SAMPLES }, () => (random() - 0.5) * 60_000);
  const silentSamples = silentSeconds * 16_000;
  const journal = new JournalRows();
  journal.pcm(LONG_STREAM, 0, noise);
  journal.flush();
  for (let frame = 0; frame * LONG_FRAME < noise.length; frame++) {
    const samples = noise.slice(frame * LONG_FRAME, (frame + 1) * LONG_FRAME);
    const position = noise.length + silentSamples + frame * LONG_FRAME;
    const timestamp = LONG_STREAM.originTimestamp + position;
    const sequence = noise.length / LONG_FRAME + frame;
    journal.packet(LONG_STREAM, sequence, new Uint8Array(samples.buffer), timestamp);
  }
  journal.flush();
  const said = new Int16Array(2 * noise.length + silentSamples);
  said.set(noise);
  said.set(noise, noise.length + silentSamples);
  return { journal, said };
}

/** The bucket of the test, in which calls of a method fail while the condition holds. */
function failing(fails: (method: string) => boolean): R2Bucket {
  return new Proxy(env.RECORDINGS, {
    get(bucket, property) {
      const member: unknown = Reflect.get(bucket, property);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (fails(String(property))) throw new Error('internal error (10001)');
        return member.apply(bucket, args);
      };
    },
  });
}

interface Bench {
  readonly conversation: string;
  /** A recorder that has lost its memory, and no more. */
  recorder(): Recorder;
  readonly state: RecordingState | null;
  /** When the next alarm is wanted. */
  readonly wantedMs: number;
  readonly settled: RecordingState[];
  drops: number;
}

/** Runs with recorders over the storage of one object. */
function withRecorder(
  run: (bench: Bench) => Promise<void>,
  {
    journal,
    bucket = env.RECORDINGS,
    files = ['caller.wav'],
  }: {
    journal: JournalRows;
    bucket?: R2Bucket;
    files?: RecordingSettings['files'];
  },
): Promise<void> {
  const object = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
  return runInDurableObject(object, async (_instance, { id, storage }) => {
    let wantedMs = Number.POSITIVE_INFINITY;
    const store = new RecordingStore(storage.kv, new RowMeter());
    const settled: RecordingState[] = [];
    const bench: Bench = {
      conversation: id.toString(),
      recorder: () => {
        const recorder = new Recorder({
          conversation: id.toString(),
          bucket,
          store,
          sources: {
            journal,
            speech: speechOf(new Int16Array(0)),
            drop: async () => {
              bench.drops++;
            },
          },
          want: (atMs) => {
            wantedMs = atMs;
          },
          breathe: () => Promise.resolve(),
          settled: (state) => settled.push(state),
        });
        recorder.configure({ files, retentionDays: 30 }, 0);
        return recorder;
      },
      get state() {
        return store.state;
      },
      get wantedMs() {
        return wantedMs;
      },
      settled,
      drops: 0,
    };
    await run(bench);
  });
}

async function samplesOf(conversation: string): Promise<Int16Array> {
  const object = await env.RECORDINGS.get(`recordings/${conversation}/caller.wav`);
  return new Int16Array((await object!.arrayBuffer()).slice(44));
}

/** Compared as bytes, which is faster than sample by sample. */
function isSame(a: Int16Array, b: Int16Array): boolean {
  return a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
}

describe('the recorder', () => {
  it('[R12] writes a long file in equal parts, and gives it back whole', async () => {
    const { journal, said } = journalOf(336);
    const parts: number[] = [];
    await withRecorder(
      async (bench) => {
        const recorder = bench.recorder();
        recorder.conversationEnded(1000);
        for (let nowMs = 1000; bench.state?.phase === 'ending'; nowMs += 10) {
          await recorder.alarm(nowMs);
          const { state } = bench;
          if (state?.phase === 'ending' && state.step === 'files') parts.push(state.upload.bytes);
        }
        expect(parts).toContain(PART_BYTES);
        expect(parts).toContain(2 * PART_BYTES);
        const samples = await samplesOf(bench.conversation);
        expect(isSame(samples, said)).toBe(true);
        const { made } = bench.state as Extract<RecordingState, { phase: 'assembled' }>;
        expect(made).toEqual([expect.objectContaining({ bytes: 44 + 2 * said.length })]);
        expect(bench.drops).toBe(1);
      },
      { journal },
    );
  });

  it('[R11] loses one slice at most, wherever it crashes and whatever the bucket has already done', async () => {
    const { journal, said } = journalOf(336);
    let crashes = 0;
    // What was done is done, but nobody hears of it: the answer is lost with the memory.
    const random = randomOf(77);
    const bucket = failing(() => false);
    const forgetful = new Proxy(bucket, {
      get(target, property) {
        const member = Reflect.get(target, property) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          const result = member.apply(target, args);
          if (property === 'resumeMultipartUpload')
            return forgetfulUpload(result as R2MultipartUpload);
          return lost(result);
        };
      },
    });
    const lost = async (result: unknown): Promise<unknown> => {
      const value = await result;
      if (random() < 0.5) return value;
      crashes++;
      throw new Error('The object has crashed.');
    };
    const forgetfulUpload = (upload: R2MultipartUpload): R2MultipartUpload =>
      ({
        uploadPart: (...args: Parameters<R2MultipartUpload['uploadPart']>) =>
          lost(upload.uploadPart(...args)),
        complete: (parts: R2UploadedPart[]) => lost(upload.complete(parts)),
      }) as unknown as R2MultipartUpload;
    await withRecorder(
      async (bench) => {
        bench.recorder().conversationEnded(1000);
        let alarms = 0;
        for (; bench.state?.phase === 'ending' && alarms < 100; alarms++) {
          await bench.recorder().alarm(1000 + alarms);
        }
        expect(bench.state?.phase).toBe('assembled');
        const samples = await samplesOf(bench.conversation);
        expect(isSame(samples, said)).toBe(true);
      },
      { journal, bucket: forgetful },
    );
    expect(crashes).toBeGreaterThan(2);
  });

  it('[R13] waits ever longer for a bucket that fails, says why, and finishes when it is back', async () => {
    const { journal, said } = journalOf(0);
    let isBroken = true;
    await withRecorder(
      async (bench) => {
        const recorder = bench.recorder();
        recorder.conversationEnded(1000);
        let nowMs = 1000;
        const waits: number[] = [];
        for (let alarm = 0; alarm < 16; alarm++) {
          nowMs = bench.wantedMs;
          await recorder.alarm(nowMs);
          const { state } = bench;
          if (state?.phase === 'ending' && state.failures > 0) {
            waits.push(bench.wantedMs - nowMs);
            expect(state.trouble).toBe('internal error (10001)');
          }
        }
        expect(waits.slice(0, 4)).toEqual([2000, 4000, 8000, 16_000]);
        expect(Math.max(...waits)).toBe(3_600_000);
        expect(logged.join()).toContain('recording-failed');
        isBroken = false;
        await recorder.alarm(bench.wantedMs);
        expect(bench.state).toMatchObject({ phase: 'assembled', failures: 0, trouble: null });
        expect(await samplesOf(bench.conversation)).toEqual(said);
        isBroken = true;
        await recorder.alarm(bench.wantedMs);
        expect(bench.state).toMatchObject({ phase: 'assembled', failures: 1 });
        isBroken = false;
        await recorder.alarm(bench.wantedMs);
        expect(bench.state?.phase).toBe('deleted');
        expect(bench.settled.map(({ phase }) => phase)).toEqual(['assembled', 'deleted']);
      },
      {
        journal,
        bucket: failing((method) => isBroken && ['put', 'list'].includes(method)),
      },
    );
  });

  it('[R12] waits while another conversation of the isolate is assembled', async () => {
    const { journal } = journalOf(0);
    await withRecorder(
      async (bench) => {
        const recorder = bench.recorder();
        recorder.conversationEnded(1000);
        const turn = takeAssembly(1000);
        await recorder.alarm(1010);
        expect(bench.wantedMs).toBe(1510);
        expect(bench.state).toMatchObject({ phase: 'ending', step: 'survey' });
        leaveAssembly(turn!);
        // Whoever left without giving it back is waited for no longer than two minutes.
        expect(takeAssembly(1100)).not.toBeNull();
        await recorder.alarm(1510);
        expect(bench.state).toMatchObject({ phase: 'ending', step: 'survey' });
        await recorder.alarm(121_100);
        expect(bench.state).toMatchObject({ phase: 'assembled', assembledAtMs: 121_100 });
      },
      { journal },
    );
  });
});
