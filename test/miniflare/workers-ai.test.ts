// Whole conversations through the cascade over TCP, with real speech: turns, answers, interruptions, a tool, the death of each stage.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { type CallRecord, holdConversation } from '../../client/node/conversation-client.ts';
import type { FakeWorkersAiOptions, Reaction } from '../fakes/workers-ai/fake-options.ts';
import { FakeWorkersAi } from '../fakes/workers-ai/fake-workers-ai.ts';
import { speechOf, spokenSamples } from '../fakes/workers-ai/watermark.ts';
import { serveFake } from '../fakes/ws-server.ts';
import { bestLikeness, correlationAt } from '../support/likeness.ts';
import { LinkedWorkers } from '../support/linked-workers.ts';
import { RIGID } from '../support/rigid-player.ts';

const PER_MS = 16;
const CHUNK = 10 * PER_MS;
const SAMPLE = fileURLToPath(new URL('../../samples/conversation.wav', import.meta.url));
const ENTRY = fileURLToPath(new URL('../fakes/workers-ai/worker-entry.ts', import.meta.url));
const TOOLS = [{ name: 'current_time', description: 'Tells the time.' }];
const ANSWER =
  'Here is what I found for you today, as far as I can see it from here. It is rather a long story, and I will tell you all of it. When you have had enough, say so.';

const NOON: Reaction = { kind: 'text', text: 'It is about noon. What else would you like?' };
const REACTIONS: readonly Reaction[] = [
  { kind: 'tool', name: 'current_time', args: {} },
  { kind: 'busy' },
];

interface Line {
  readonly fake: FakeWorkersAi;
  readonly record: CallRecord;
}

let cut: Line;
let troubled: Line;
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
  url: URL,
  fake: FakeWorkersAi,
  voice: Int16Array,
  watch: (atMs: number) => void,
): Promise<Line> {
  const agent = { name: 'workers-ai', tools: TOOLS };
  const record = await holdConversation(
    { url },
    { voice, conversation: { agent }, player: RIGID, onProgress: ({ atMs }) => watch(atMs) },
  );
  return { fake, record };
}

async function serve(
  options: Partial<FakeWorkersAiOptions>,
): Promise<{ fake: FakeWorkersAi; url: URL }> {
  const fake = new FakeWorkersAi(options);
  const served = await serveFake((line, nowMs) => fake.connect(line, nowMs));
  stops.push(served.close);
  // With a process of its own it dials out by itself; what the launcher starts goes through Node, which opens no sockets.
  const workers = new LinkedWorkers();
  stops.push(() => workers.stop());
  const vars = { ISOCHRON_DEVELOPMENT: '1', ISOCHRON_SECRET: '', FAKE_AI_URL: served.url };
  const name = `isochron-${stops.length}`;
  return { fake, url: await workers.start('wrangler.toml', { name, entrypoint: ENTRY, vars }) };
}

beforeAll(async () => {
  const voice = impatientVoice(await readCallerVoice(SAMPLE));
  let hasten = (): void => {};
  const [first, second] = await Promise.all([
    // The first answer is cut while it is being made, the second when all of it was given.
    serve({
      tokenMs: 25,
      speed: 1.3,
      react: (question) => {
        if (question === 2) hasten();
        return { kind: 'text', text: ANSWER };
      },
    }),
    serve({
      react: (question) => REACTIONS[question - 1] ?? NOON,
      shape: 'chat-completions',
      brokenSpeech: (sentence) => (sentence === 1 ? 'refused' : 'whole'),
    }),
  ]);
  const { fake } = first;
  hasten = () => {
    fake.options = { ...fake.options, speed: 20, tokenMs: 2 };
  };
  let isCut = false;
  [cut, troubled] = await Promise.all([
    call(first.url, first.fake, voice, () => {}),
    call(second.url, second.fake, voice, (atMs) => {
      if (isCut || atMs < 3000) return;
      isCut = true;
      second.fake.listeners.at(-1)?.cut();
    }),
  ]);
}, 120_000);
afterAll(() => Promise.all(stops.map((stop) => stop())));

function endings({ record }: Line) {
  return record.events.flatMap((event) => (event.kind === 'utterance-ended' ? [event] : []));
}

/** The sound of an answer, as far as it was given. */
function soundOf(texts: readonly string[]): Int16Array {
  return Int16Array.from(texts.flatMap((text) => [...speechOf(text)]));
}

/** How much of a sound the caller's ear got, ms. */
function heardMs({ record }: Line, sound: Int16Array, utterance: number): number {
  const audible = record.events.find(
    (event) => event.kind === 'utterance-audible' && event.utterance === utterance,
  );
  expect(audible).toBeDefined();
  const near = Math.round(audible!.atMs * PER_MS);
  // A busy machine may let the speaker run dry in the first moments.
  const places = [0, 100, 200, 300].map((ms) => {
    const part = sound.subarray(ms * PER_MS, (ms + 100) * PER_MS);
    const at = ms * PER_MS;
    const { lag, correlation } = bestLikeness(part, record.heard, near + at, 500 * PER_MS);
    return { lag: lag - at, correlation };
  });
  const place = places.find(({ correlation }) => correlation > 0.9);
  expect(place).toBeDefined();
  let { lag } = place!;
  let heard = 0;
  for (; heard + CHUNK <= sound.length; heard += CHUNK) {
    const chunk = sound.subarray(heard, heard + CHUNK);
    if (correlationAt(chunk, record.heard, lag + heard) > 0.9) continue;
    // Where a busy machine let the speaker run dry, it goes on a little later.
    const next = bestLikeness(chunk, record.heard, lag + heard, 500 * PER_MS);
    if (next.correlation < 0.9) break;
    lag = next.lag - heard;
  }
  return heard / PER_MS;
}

describe('A conversation with Workers AI over TCP', () => {
  it('[WA24] each turn is heard and answered, and the models are asked nothing wrong', () => {
    expect(cut.fake.violations).toEqual([]);
    expect(cut.record.summary.turns).toBe(3);
    expect(endings(cut).map(({ reason }) => reason)).toEqual([
      'interrupted',
      'interrupted',
      'completed',
    ]);
    const words = cut.fake.asked
      .filter(({ role }) => role === 'user')
      .map(({ content }) => content);
    expect(words).toHaveLength(3);
    for (const content of words) expect(content).toMatch(/^Turn \d+ has \d+ words\./);
  });

  it('[WA24] model and voice are stopped when the caller cuts in while the answer is made', () => {
    const [writer] = cut.fake.writers;
    const stopped = cut.fake.speakers.filter(({ cancelledAtMs }) => cancelledAtMs !== null);
    expect(writer?.isOver).toBe(true);
    expect(stopped.length).toBeGreaterThanOrEqual(1);
  });

  it('[WA24] the history holds the words that the caller’s ear got', () => {
    const kept = cut.fake.asked
      .filter(({ role }) => role === 'assistant')
      .map(({ content }) => content);
    expect(kept).toHaveLength(2);
    const cuts = endings(cut).slice(0, 2);
    const sentences = [...new Set(cut.fake.speakers.map(({ text }) => text))];
    for (const [index, { heardMs: reportedMs, utterance }] of cuts.entries()) {
      const truthMs = heardMs(cut, soundOf(sentences), utterance);
      expect(Math.abs(reportedMs - truthMs)).toBeLessThanOrEqual(20);
      const text = kept[index]!;
      expect(sentences.join(' ').startsWith(text)).toBe(true);
      expect(text.length).toBeLessThan(ANSWER.length);
      // What is kept ends within half of the longest word of what was heard.
      const keptMs = spokenSamples(text.replace(/(?<=[,.]) /g, '')) / PER_MS;
      expect(Math.abs(keptMs - truthMs)).toBeLessThanOrEqual(450);
    }
  });

  it('[WA24] a hearing that breaks, a tool, a busy model and a refused sentence disturb nobody', () => {
    const { fake, record } = troubled;
    expect(fake.violations).toEqual([]);
    expect(fake.listeners.length).toBeGreaterThanOrEqual(2);
    expect(fake.asked.map(({ role }) => role)).toEqual(
      expect.arrayContaining(['system', 'user', 'assistant', 'tool']),
    );
    expect(endings(troubled).at(-1)?.reason).toBe('completed');
    const notices = record.events.flatMap((event) =>
      event.kind === 'notice' && !event.sentence.startsWith('scoring') ? [event.sentence] : [],
    );
    expect(notices).toEqual([]);
  });
});
