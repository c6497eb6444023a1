// Whole conversations with a fake Live API over TCP: real speech, both turn detections, interruptions, lines that end.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { type CallRecord, holdConversation } from '../../client/node/conversation-client.ts';
import { Resampler } from '../../core/media/resampler.ts';
import type { FakeGeminiLive } from '../fakes/gemini-live/fake-gemini-live.ts';
import { type ServedGeminiLive, serveGeminiLive } from '../fakes/gemini-live/server.ts';
import type { GeminiSession } from '../fakes/gemini-live/session.ts';
import { watermark } from '../fakes/gemini-live/watermark.ts';
import { bestLikeness, correlationAt } from '../support/likeness.ts';
import { LinkedWorkers } from '../support/linked-workers.ts';
import { RIGID } from '../support/rigid-player.ts';

const PER_MS = 16;
const ANSWER_MS = 5000;
const CHUNK = 10 * PER_MS;
const SAMPLE = fileURLToPath(new URL('../../samples/conversation.wav', import.meta.url));
const TOOLS = [{ name: 'current_time', description: 'Tells the time.' }];

/** One vendor and one service for each kind of call, as a deployment has one of each. */
interface Line {
  readonly vendor: ServedGeminiLive;
  readonly record: CallRecord;
}

let voice: Int16Array;
let ours: Line;
let vendors: Line;
const stops: (() => Promise<void>)[] = [];

/** The first three turns of the sample with less silence between them: each begins while the one before is answered. */
function impatientVoice(sample: Int16Array): Int16Array {
  const quiet = sample.subarray(6000 * PER_MS, 9000 * PER_MS);
  const parts = [
    sample.subarray(0, 5670 * PER_MS),
    quiet,
    sample.subarray(12_340 * PER_MS, 16_700 * PER_MS),
    quiet,
    sample.subarray(22_760 * PER_MS, 27_360 * PER_MS),
  ];
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

async function call(
  options: Parameters<typeof serveGeminiLive>[0],
  agent: Readonly<Record<string, unknown>>,
  watch: (vendor: ServedGeminiLive, atMs: number) => void,
): Promise<Line> {
  const vendor = await serveGeminiLive({ answerMs: ANSWER_MS, ...options });
  stops.push(vendor.close);
  // With a process of its own it dials out by itself; what the launcher starts goes through Node, which opens no sockets.
  const workers = new LinkedWorkers();
  stops.push(() => workers.stop());
  const vars = {
    ISOCHRON_DEVELOPMENT: '1',
    ISOCHRON_SECRET: '',
    GEMINI_API_KEY: vendor.fake.options.apiKey,
    GEMINI_LIVE_URL: vendor.url,
  };
  const url = await workers.start('wrangler.toml', { name: `isochron-${stops.length}`, vars });
  const record = await holdConversation(
    { url },
    {
      voice,
      conversation: { agent: { name: 'gemini-live', tools: TOOLS, ...agent } },
      player: RIGID,
      onProgress: ({ atMs }) => watch(vendor, atMs),
    },
  );
  return { vendor, record };
}

beforeAll(async () => {
  voice = impatientVoice(await readCallerVoice(SAMPLE));
  // Both in the middle of a turn, however late a busy machine is: the first breaks, the second is left a second later.
  let isCut = false;
  let isWarned = false;
  [ours, vendors] = await Promise.all([
    call({ speed: 1.2, timeLeftMs: 2000 }, {}, ({ fake }) => {
      if (!isCut && audioOfTurn(fake, 2) > 1000 * PER_MS) {
        isCut = true;
        fake.connection.cut();
      }
      if (!isWarned && audioOfTurn(fake, 3) > 500 * PER_MS) {
        isWarned = true;
        fake.connection.goAway(performance.now());
      }
    }),
    call(
      {
        speed: 20,
        react: (input) =>
          input === 1 ? { kind: 'tool', name: 'current_time', args: {} } : { kind: 'answer' },
      },
      {
        turnDetection: 'vendor',
        vendorDetection: { silenceDurationMs: 600, prefixPaddingMs: 100 },
      },
      () => {},
    ),
  ]);
}, 120_000);
afterAll(() => Promise.all(stops.map((stop) => stop())));

/** How much the model has heard of a turn; 0 before it begins. */
function audioOfTurn({ sessions }: FakeGeminiLive, number: number): number {
  const [session] = sessions.slice(-1);
  return session === undefined ? 0 : (turnsOf(session)[number - 1]?.length ?? 0);
}

/** Audio of each activity, in order. */
function turnsOf(session: GeminiSession): Int16Array[] {
  const turns: number[][] = [];
  for (const each of session.taken) {
    if (each.kind === 'activity-start') turns.push([]);
    if (each.kind === 'audio') turns.at(-1)?.push(...each.samples);
  }
  return turns.map((samples) => Int16Array.from(samples));
}

/** Where a stretch lies in what the microphone caught, sample for sample; -1 when it does not. Silence follows the voice. */
function placeOf(stretch: Int16Array): number {
  const caught = new Int16Array(voice.length + 5000 * PER_MS);
  caught.set(voice);
  for (let at = 0; at + stretch.length <= caught.length; at++) {
    let same = 0;
    while (same < stretch.length && caught[at + same] === stretch[same]) same++;
    if (same === stretch.length) return at;
  }
  return -1;
}

/** How much of an answer the caller's ear got, ms, found by its sound. */
function heardOf({ record }: Line, answer: number, utterance: number): number {
  const samples = watermark(answer, ANSWER_MS * 24);
  const resampler = new Resampler(24_000, 16_000);
  const sound = new Int16Array(resampler.outputLimit(samples.length));
  resampler.convert(samples, 0, samples.length, sound, 0);
  const audible = record.events.find(
    (event) => event.kind === 'utterance-audible' && event.utterance === utterance,
  );
  expect(audible).toBeDefined();
  const near = Math.round(audible!.atMs * PER_MS);
  const first = bestLikeness(sound.subarray(0, 1600), record.heard, near, 300 * PER_MS);
  expect(first.correlation).toBeGreaterThan(0.95);
  let heard = 0;
  let { lag } = first;
  while (heard + CHUNK <= sound.length) {
    const chunk = sound.subarray(heard, heard + CHUNK);
    // Where a busy machine let the speaker run dry, it goes on a little later.
    if (correlationAt(chunk, record.heard, lag + heard) < 0.9) {
      const next = bestLikeness(chunk, record.heard, lag + heard, 500 * PER_MS);
      if (next.correlation < 0.9) break;
      lag = next.lag - heard;
    }
    heard += CHUNK;
  }
  return heard / PER_MS;
}

function endings({ record }: Line) {
  return record.events.flatMap((event) => (event.kind === 'utterance-ended' ? [event] : []));
}

describe('A conversation with Gemini Live over TCP', () => {
  it('[GL24] the model heard each turn once, over a line that broke and one that went away', () => {
    const { fake } = ours.vendor;
    expect(fake.violations).toEqual([]);
    expect(fake.connections.length).toBeGreaterThanOrEqual(3);
    const turns = turnsOf(fake.session);
    expect(turns).toHaveLength(3);
    for (const turn of turns) {
      expect(turn.length).toBeGreaterThan(4000 * PER_MS);
      expect(placeOf(turn)).toBeGreaterThanOrEqual(0);
    }
  });

  it('[GL24] each turn was answered, and none of it disturbed the caller', () => {
    const { record } = ours;
    expect(record.summary.turns).toBe(3);
    expect(endings(ours).map(({ reason }) => reason)).toEqual([
      'interrupted',
      'interrupted',
      'completed',
    ]);
    // A busy machine may say that it scores late.
    const notices = record.events.flatMap((event) =>
      event.kind === 'notice' && !event.sentence.startsWith('scoring') ? [event.sentence] : [],
    );
    expect(notices).toEqual([]);
  });

  it('[GL24] the model was told what was heard of the answers that were cut short', () => {
    const notes = ours.vendor.fake.session.taken.flatMap((each) =>
      each.kind === 'content' ? [/first (\d+\.\d+) s were heard/.exec(each.text)?.[1]] : [],
    );
    expect(notes).toHaveLength(2);
    for (const [index, { heardMs, utterance }] of endings(ours).slice(0, 2).entries()) {
      const truthMs = heardOf(ours, index + 1, utterance);
      expect(Math.abs(heardMs - truthMs)).toBeLessThanOrEqual(20);
      expect(Math.abs(Number(notes[index]) * 1000 - truthMs)).toBeLessThanOrEqual(20);
    }
  });

  it('[GL24] with its own turn detection it hears all, calls a tool, and is cut short after it has generated', () => {
    const { fake } = vendors.vendor;
    expect(fake.violations).toEqual([]);
    const response = fake.session.taken.find(({ kind }) => kind === 'tool-response');
    expect(response).toMatchObject({ response: { output: { utc: expect.any(String) } } });
    // What the wire carried, from its first sample on.
    const said = voice.subarray(0, voice.length - 1600);
    const at = placeOf(fake.session.audio.subarray(0, 16_000));
    expect(at).toBeGreaterThanOrEqual(0);
    const heard = fake.session.audio.subarray(0, said.length - at);
    const isSame = heard.every((sample, index) => sample === said[at + index]);
    expect(isSame, `over ${fake.connections.length} connections`).toBe(true);
    expect(fake.session.count('interrupted')).toBeGreaterThanOrEqual(1);
    expect(endings(vendors).at(-1)?.reason).toBe('completed');
    expect(endings(vendors).map(({ reason }) => reason)).toContain('interrupted');
  });
});
