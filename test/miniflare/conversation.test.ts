// The bundled sample, spoken to the parrot in real time over TCP, in every packet format.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import {
  type CallRecord,
  DEFAULT_FORMAT,
  holdConversation,
} from '../../client/node/conversation-client.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import type { TimelineEvent } from '../../client/node/timeline-event.ts';
import type { AudioFormat } from '../../core/wire/messages.ts';
import { bestLikeness } from '../support/likeness.ts';
import { type MutedCall, stayMuted } from '../support/muted-caller.ts';
import { RIGID } from '../support/rigid-player.ts';

const RATE_PER_MS = 16;
const SAMPLE = fileURLToPath(new URL('../../samples/conversation.wav', import.meta.url));

interface Truth {
  readonly turns: readonly { readonly startMs: number; readonly endMs: number }[];
}
const truth = JSON.parse(
  readFileSync(new URL('../../samples/conversation.json', import.meta.url), 'utf8'),
) as Truth;

const FORMATS = {
  usual: DEFAULT_FORMAT,
  'telephone-like': { codec: 'mulaw', rateHz: 8000, frameMs: 20 },
  'in small packets': { ...DEFAULT_FORMAT, frameMs: 10 },
  'in large packets': { ...DEFAULT_FORMAT, frameMs: 60 },
} as const satisfies Record<string, AudioFormat>;

let service: LaunchedService;
let voice: Int16Array;
let muted: Promise<MutedCall>;
/** All calls are held at once: they take 43 s of real time each. */
const calls = new Map<string, Promise<CallRecord>>();

beforeAll(async () => {
  service = await launchService();
  voice = await readCallerVoice(SAMPLE);
  for (const [name, format] of Object.entries(FORMATS)) {
    const conversation = { recording: name === 'usual' };
    const call = holdConversation(service, { voice, format, conversation, player: RIGID });
    // A failure is told by the test that awaits the call.
    call.catch(() => {});
    calls.set(name, call);
  }
  muted = stayMuted(service);
  muted.catch(() => {});
});
afterAll(() => service?.stop());

/** Resolves when every call is over: what a test computes would make the clients that still talk late. */
async function recordOf(name: string): Promise<CallRecord> {
  await Promise.allSettled(calls.values());
  return calls.get(name)!;
}

const turnsOf = (events: CallRecord['events']) =>
  events.filter((event) => event.kind === 'turn-ended');

/** What was said in each turn, found again in what was heard after it. */
function likenessOfReplies({ events, heard }: CallRecord): number[] {
  const turns = turnsOf(events);
  const sounds = events.filter((event) => event.kind === 'utterance-audible');
  return truth.turns.map(({ startMs, endMs }, index) => {
    const said = voice.subarray(startMs * RATE_PER_MS, endMs * RATE_PER_MS);
    // The reply begins with the turn's pre-roll, and so does what is audible of it.
    const expectedMs = sounds[index]!.atMs + startMs - turns[index]!.startMs;
    const near = Math.round(expectedMs * RATE_PER_MS);
    return bestLikeness(said, heard, near, 20 * RATE_PER_MS).correlation;
  });
}

const near = (truthMs: number, toleranceMs: number) => (foundMs: number) =>
  Math.abs(foundMs - truthMs) <= toleranceMs;

describe.each(Object.keys(FORMATS))('a conversation with the parrot, %s', (name) => {
  it('[X7] finds the turns of the sample: onsets within 100 ms, ends within 200 ms', async () => {
    const record = await recordOf(name);
    const turns = turnsOf(record.events);
    expect(turns).toHaveLength(truth.turns.length);
    const onsetsMs = record.events
      .filter(
        (event): event is Extract<TimelineEvent, { kind: 'speech' }> => event.kind === 'speech',
      )
      .filter(({ state }) => state === 'started')
      .map(({ positionMs }) => positionMs);
    for (const [index, { startMs, endMs }] of truth.turns.entries()) {
      expect(onsetsMs.filter(near(startMs, 100)), `onset ${index} of ${onsetsMs}`).toHaveLength(1);
      expect(near(endMs, 200)(turns[index]!.endMs), `end ${turns[index]!.endMs}`).toBe(true);
      expect(turns[index]!.reason).toBe('silence');
    }
  });

  it('[X8] says every turn back, whole and in time', async () => {
    const record = await recordOf(name);
    const { summary } = record;
    expect(summary).toMatchObject({
      turns: 4,
      utterances: 4,
      underruns: 0,
      overruns: 0,
      concealedMs: 0,
      scorer: 'kernel',
    });
    expect(Math.min(...likenessOfReplies(record))).toBeGreaterThan(0.9);
    expect(record.events.filter((event) => event.kind === 'utterance-ended')).toHaveLength(4);
    expect(
      record.events.every(
        (event) => event.kind !== 'utterance-ended' || event.reason === 'completed',
      ),
    ).toBe(true);
  });

  it('[X9] measures how long each turn waited for its answer', async () => {
    const { summary } = await recordOf(name);
    // Silence must last the hangover before a turn is over, so no honest latency is below it.
    expect(summary.replyLatencyMs!.median).toBeGreaterThan(500);
    expect(summary.replyLatencyMs!.median).toBeLessThan(1500);
    expect(summary.lagMs.p50).toBeLessThan(200);
    expect(summary.lagMs.max).toBeGreaterThanOrEqual(summary.lagMs.p99);
  });
});

it('[D42] sleeps while a muted caller stays connected, and wakes where it was', async () => {
  const { welcomes, pongs, isClosed } = await muted;
  expect({ pongs, isClosed }).toEqual({ pongs: 2, isClosed: false });
  expect(welcomes.map(({ epoch }) => epoch)).toEqual([0, 1]);
  expect(welcomes[1]).toMatchObject({ connection: 1, stored: 50, processed: 50 });
});

it('[D43] writes at most sixty rows a minute, whatever they are for', async () => {
  const { invitation, heard } = await recordOf('usual');
  const url = new URL(`/v1/conversations/${invitation.conversation}`, service.url);
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${invitation.token}` } });
  const { rowsWritten } = (await answer.json()) as { rowsWritten: Record<string, number> };
  const minutes = heard.length / (60_000 * RATE_PER_MS);
  const rows = Object.values(rowsWritten).reduce((sum, count) => sum + count, 0);
  expect(rowsWritten['checkpoint']).toBeGreaterThan(8);
  expect(rowsWritten['journal']).toBeGreaterThan(6);
  const beginningAndEnd = 6;
  expect((rows - beginningAndEnd) / minutes, JSON.stringify(rowsWritten)).toBeLessThanOrEqual(60);
});
