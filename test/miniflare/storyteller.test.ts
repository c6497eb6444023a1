// The storyteller over TCP: a network that stalls, and a caller who cuts in.

import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { type CallRecord, holdConversation } from '../../client/node/conversation-client.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { bestLikeness, correlationAt } from '../support/likeness.ts';
import { RIGID } from '../support/rigid-player.ts';
import { StallingProxy } from '../support/stalling-proxy.ts';

const RATE_HZ = 16_000;
const RATE_PER_MS = RATE_HZ / 1000;
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let service: LaunchedService;
let story: Int16Array;
let sample: Int16Array;

beforeAll(async () => {
  service = await launchService();
  story = await readCallerVoice(file('assets/story.wav'));
  sample = await readCallerVoice(file('samples/conversation.wav'));
});
afterAll(() => service?.stop());

/** Where the first sample of each utterance sounds: the story's own first sample is not audible yet. */
function startOf({ events, heard }: CallRecord, index: number, storyFrom: number): number {
  const audible = events.filter((event) => event.kind === 'utterance-audible')[index]!;
  const part = story.subarray(storyFrom, storyFrom + RATE_HZ);
  const near = Math.round(audible.atMs * RATE_PER_MS);
  const { lag, correlation } = bestLikeness(part, heard, near, 100 * RATE_PER_MS);
  expect(correlation).toBeGreaterThan(0.99);
  return lag;
}

/** A caller who listens for 12 s over a network that fails once, five seconds into the story. */
async function listen(
  settings: Record<string, number>,
  fail: (proxy: StallingProxy) => void,
): Promise<CallRecord> {
  const proxy = new StallingProxy(service.url);
  let failures = 0;
  try {
    const record = await holdConversation(
      { url: await proxy.listen() },
      {
        voice: new Int16Array(0),
        conversation: { agent: { name: 'storyteller', speed: 1.3 }, settings },
        maximumMs: 12_000,
        player: RIGID,
        onProgress: ({ atMs }) => {
          if (atMs >= 5000 && failures++ === 0) fail(proxy);
        },
      },
    );
    expect(failures).toBeGreaterThan(0);
    return record;
  } finally {
    proxy.close();
  }
}

/** Ten seconds of the story were heard as they are, each second where it belongs. */
function expectStory(record: CallRecord): void {
  const start = startOf(record, 0, 0);
  for (let second = 0; second < 10; second++) {
    const part = story.subarray(second * RATE_HZ, (second + 1) * RATE_HZ);
    const correlation = correlationAt(part, record.heard, start + second * RATE_HZ);
    expect(correlation, `second ${second}`).toBeGreaterThan(0.99);
  }
}

const STALL_MS = 300;

describe.concurrent('the storyteller', () => {
  it('[X10] is heard without a gap and without a repeat through a stall of 300 ms', async () => {
    const record = await listen({}, (proxy) => proxy.stall(STALL_MS));
    expect(record.summary).toMatchObject({ utterances: 1, underruns: 0, concealedMs: 0 });
    expectStory(record);
  });

  it('[X11] underruns in the same stall when the lead is 40 ms', async () => {
    const { summary } = await listen({ leadMs: 40 }, (proxy) => proxy.stall(STALL_MS));
    expect(summary.underruns).toBeGreaterThan(0);
    expect(summary.concealedMs).toBeGreaterThanOrEqual(100);
  });

  it('[X23] is heard without a gap and without a repeat when the connection breaks and is opened again', async () => {
    const record = await listen({}, (proxy) => proxy.cut());
    const kinds = record.events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'connection-lost')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'connected')).toHaveLength(2);
    expect(record.summary).toMatchObject({ underruns: 0, concealedMs: 0 });
    expectStory(record);
  });

  it('[X12] stops for a caller who cuts in, and goes on from what was heard', async () => {
    // Three seconds of silence, then the sample's first turn.
    const turn = sample.subarray(1000 * RATE_PER_MS, 5670 * RATE_PER_MS);
    const voice = new Int16Array(3 * RATE_HZ + turn.length);
    voice.set(turn, 3 * RATE_HZ);
    const record = await holdConversation(service, {
      voice,
      conversation: { agent: { name: 'storyteller', speed: 2 } },
      maximumMs: 12_000,
      player: RIGID,
    });
    const kinds = record.events.map(({ kind }) => kind);
    expect(kinds.indexOf('hold')).toBeGreaterThan(kinds.indexOf('utterance-audible'));
    expect(kinds.indexOf('clear')).toBeGreaterThan(kinds.indexOf('hold'));
    const ended = record.events.find((event) => event.kind === 'utterance-ended')!;
    expect(ended).toMatchObject({ utterance: 1, reason: 'interrupted' });
    const heardSamples = ended.heardMs * RATE_PER_MS;
    const start = startOf(record, 0, 0);
    // What is claimed as heard was heard, up to the fade of 10 ms, and then there was silence.
    const told = story.subarray(0, heardSamples);
    expect(correlationAt(told, record.heard, start)).toBeGreaterThan(0.99);
    const silence = record.heard.subarray(start + heardSamples, start + heardSamples + RATE_HZ);
    expect(silence.every((value) => value === 0)).toBe(true);
    // The second utterance begins with the first sample that was not heard, give or take the alignment of a search.
    const again = startOf(record, 1, heardSamples);
    const rest = story.subarray(heardSamples, heardSamples + 2 * RATE_HZ);
    expect(correlationAt(rest, record.heard, again)).toBeGreaterThan(0.99);
    const before = record.heard.subarray(again - 50 * RATE_PER_MS, again);
    expect(before.every((value) => value === 0)).toBe(true);
    expect(record.summary.underruns).toBe(0);
  });
});
