// Whole calls with the parrot in a real browser, whose microphone is a WAV file and whose sound is recorded.

import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlaybackColumn } from '../../client/browser/call-statistics.ts';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { readConversation } from '../../client/node/service-api.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { CONFIG_FIELDS } from '../../core/conversation/config-fields.ts';
import { bundleClient } from '../../scripts/client-bundle.ts';
import { isChromiumMissing, launchChromium } from './support/chromium.ts';
import { type HeardVerdict, judgeHeard, shareSaidBack } from './support/heard-verdict.ts';
import { type SpokenWav, writeSpokenWav } from './support/spoken-wav.ts';
import {
  type BegunCall,
  PLAIN_AUDIO,
  type TestCallOptions,
  TestPage,
} from './support/test-page.ts';

const PER_MS = 16;

const STORY = fileURLToPath(new URL('../../assets/story.wav', import.meta.url));

/** Begins with "mm-hm", see samples/mm-hm.json. */
const ASSENT = fileURLToPath(new URL('../../samples/mm-hm.wav', import.meta.url));
const ASSENT_SAMPLES = 7360;

/** So much of the caller's sentence is enough, with the room before it. */
const INTERRUPTING_MS = 2500;

/** Heard of the story after an interruption. */
const MORE_MS = 2000;

/** A caller is heard from here on: the room of the recording is softer, the first sound of a word louder (low to high). */
const LOUD = 0.1;

/** At 1.3 times real time the agent is then 600 ms ahead. */
const STALLS_FROM_MS = 2000;

/** What rings on in a filter is softer. */
const FADED = 0.001;

/** Twice what is aimed at, for a busy machine. */
const LONGEST_TO_SILENCE_MS = 600;

/** So much of the story is listened to. */
const HEARD_MS = 5000;

/** More than it takes to connect again on a busy machine. */
const LEAD_MS = 1500;

/** A turn may end before the last breath of its last word. */
const TAIL_MS = 200;

describe.skipIf(isChromiumMissing())('a call in a browser', () => {
  let service: LaunchedService;
  let browser: Browser;
  let spoken: SpokenWav;
  let story: Int16Array;
  let assent: Int16Array;

  beforeAll(async () => {
    [service, spoken, story, assent] = await Promise.all([
      launchService(),
      writeSpokenWav(),
      readCallerVoice(STORY),
      readCallerVoice(ASSENT).then((words) => words.subarray(0, ASSENT_SAMPLES)),
      bundleClient(),
    ]);
    browser = await launchChromium({ microphone: spoken.path });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await spoken?.remove();
  });

  async function begin(
    options: TestCallOptions = {},
  ): Promise<{ readonly page: TestPage; readonly begun: BegunCall }> {
    const page = await TestPage.open(browser, service.url);
    const begun = await page.call({ audio: PLAIN_AUDIO, ...options });
    return { page, begun };
  }

  /** When the agent has answered: how much of the sentence has been said back. */
  async function saidBack(page: TestPage, begun: BegunCall): Promise<number> {
    await page.event('agent', { state: 'ended' });
    const said = spoken.samples.subarray(
      spoken.startMs * PER_MS,
      (spoken.endMs - TAIL_MS) * PER_MS,
    );
    return shareSaidBack(said, await page.heard(), begun.rateHz);
  }

  /** A call with the storyteller, muted, for so long. */
  async function listen(
    rateHz: number,
    during: (page: TestPage) => Promise<void>,
    { speed, leadMs } = { speed: 4, leadMs: LEAD_MS },
  ) {
    const { page, begun } = await begin({
      rateHz,
      conversation: { agent: { name: 'storyteller', speed }, settings: { leadMs } },
      audio: { ...PLAIN_AUDIO, muted: true },
    });
    await page.event('agent', { state: 'audible' });
    await during(page);
    await page.page.waitForFunction(
      (ms) => (window.isochronTest.statistics.at(-1)?.playback.playedMs ?? 0) > ms,
      HEARD_MS + 500,
    );
    await page.act('interrupt');
    await page.event('agent', { state: 'ended' });
    const told = story.subarray(0, HEARD_MS * PER_MS);
    return { page, begun, verdict: judgeHeard(told, await page.heard(), rateHz) };
  }

  /** The storyteller has told for a second when the caller says something; resolves at once. */
  async function interrupt(said: Int16Array) {
    const { page, begun } = await begin({
      saysItself: true,
      conversation: { agent: { name: 'storyteller', speed: 4 }, settings: { leadMs: LEAD_MS } },
    });
    await pastContent(page, 1000);
    await page.say(said);
    return { page, begun };
  }

  /** The player is past this much of a generation. */
  async function pastContent(page: TestPage, contentMs: number): Promise<void> {
    await page.page.waitForFunction(
      (ms) => (window.isochronTest.statistics.at(-1)?.playback.playedMs ?? 0) > ms,
      contentMs,
    );
  }

  async function playbackColumns(page: TestPage): Promise<readonly PlaybackColumn[]> {
    return (await page.statistics()).flatMap(({ playback }) => playback.columns);
  }

  /** What the caller's microphone gave that was sound, and where the player fell silent after it began. */
  async function silenceOf(page: TestPage) {
    const sounds = (await page.statistics())
      .flatMap(({ uplink }) => uplink.columns)
      .filter(({ low, high }) => high - low > LOUD);
    const silent = (await playbackColumns(page)).find(
      ({ atMs, state }) => atMs > sounds[0]!.atMs && (state === 'held' || state === 'silent'),
    )!;
    return { sounds, silentMs: silent.atMs };
  }

  /** What was given to the device after the longest silence between sounds, and a moment of that. */
  function afterSilence(heard: Float32Array): Float32Array {
    let longest = { from: 0, to: 0 };
    let from = Number.POSITIVE_INFINITY;
    for (let at = 0; at < heard.length; at++) {
      if (Math.abs(heard[at]!) <= FADED) continue;
      if (at - from > longest.to - longest.from) longest = { from, to: at };
      from = at + 1;
    }
    return heard.subarray(Math.max(longest.from, longest.to - 1000));
  }

  /** Once the agent is ahead; what is listened to is longer than from one stall to the next. */
  async function stall(page: TestPage): Promise<void> {
    await pastContent(page, STALLS_FROM_MS);
    await page.setNetwork({ stallMs: 300, stallEveryMs: 3000 });
  }

  /** What was buffered went down as a stall takes it down, and not as it is anyway. */
  async function expectStalled(page: TestPage): Promise<void> {
    const buffered = (await playbackColumns(page))
      .filter(({ contentMs }) => contentMs > STALLS_FROM_MS && contentMs < HEARD_MS)
      .map(({ bufferedMs }) => bufferedMs);
    expect(Math.max(...buffered) - Math.min(...buffered)).toBeGreaterThan(200);
  }

  /** Every piece is where it belongs, once, and nothing clicks. */
  function expectWhole(verdict: HeardVerdict): void {
    expect(verdict.pieces).toBeGreaterThan(60);
    expect(verdict.correlation).toBeGreaterThan(0.999);
    expect(verdict.worstPiece).toBeGreaterThan(0.97);
    expect(verdict.largestFault).toBeLessThan(0.15);
  }

  /** It is this part of the story, though a busy machine may have stretched or concealed a little of it. */
  function expectLike({ pieces, correlation }: HeardVerdict): void {
    expect(pieces).toBeGreaterThan(25);
    expect(correlation).toBeGreaterThan(0.3);
  }

  async function expectNoFault(page: TestPage): Promise<void> {
    const { uplink, playback } = (await page.statistics()).at(-1)!;
    expect(uplink).toMatchObject({ gaps: 0, packetsOverwritten: 0 });
    expect(playback).toMatchObject({ underruns: 0, overruns: 0, concealedMs: 0 });
  }

  it.concurrent('[Y1] tells the turn and lets the answer be heard whole, at 48 kHz', async () => {
    const { page, begun } = await begin({ rateHz: 48_000 });
    expect(await saidBack(page, begun)).toBeGreaterThan(0.9);
    await expectNoFault(page);
    const told = (await page.events()).map(({ name, event }) => [
      name,
      'state' in event ? event.state : 'speaking' in event && [event.party, event.speaking],
    ]);
    expect(told).toEqual([
      ['connection', 'live'],
      ['speaking', ['caller', true]],
      ['turn', 'started'],
      ['speaking', ['caller', false]],
      ['turn', 'ended'],
      ['agent', 'started'],
      ['speaking', ['agent', true]],
      ['agent', 'audible'],
      ['speaking', ['agent', false]],
      ['agent', 'ended'],
    ]);
    const { devices } = (await page.statistics()).at(-1)!;
    expect(devices).toMatchObject({
      rateHz: 48_000,
      capture: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      outputLatencySource: 'outputLatency',
    });
    expect(devices.outputLatencyMs).toBeGreaterThan(devices.playbackDelayMs);
    await page.close();
  });

  it.concurrent('[Y11] plays and reports in time while the page computes 500 ms at a time', async () => {
    const { page, begun, verdict } = await listen(44_100, async (busy) => {
      for (let times = 0; times < 4; times++) {
        await busy.block(500);
        await busy.page.waitForTimeout(250);
      }
    });
    await expectNoFault(page);
    expectWhole(verdict);
    const { statistics } = await readConversation(service, begun);
    // Five reports in each second of speech.
    expect(statistics.reportsReceived).toBeGreaterThanOrEqual((HEARD_MS / 1000) * 4.5);
    expect(statistics.clientUnderruns).toBe(0);
    await page.close();
  });

  it.concurrent('[Y9] loses and repeats nothing over connections that are cut', async () => {
    const { page, verdict } = await listen(48_000, async (cut) => {
      for (let times = 0; times < 2; times++) {
        await cut.page.waitForTimeout(1000);
        await cut.cut(0);
      }
    });
    await expectNoFault(page);
    expectWhole(verdict);
    const { network } = (await page.statistics()).at(-1)!;
    expect(network.connections).toBe(3);
    await page.close();
  });

  it.concurrent('[Y23] hears a story at 1.3 times real time whole through stalls of 300 ms', async () => {
    const lead = CONFIG_FIELDS.leadMs.default;
    const { page, verdict } = await listen(48_000, stall, { speed: 1.3, leadMs: lead });
    await expectNoFault(page);
    expectWhole(verdict);
    await expectStalled(page);
    await page.close();
  });

  it.concurrent('[Y23] counts underruns when the lead is 40 ms', async () => {
    const { page } = await listen(48_000, stall, { speed: 1.3, leadMs: 40 });
    const { playback } = (await page.statistics()).at(-1)!;
    expect(playback.underruns).toBeGreaterThan(0);
    expect(playback.concealedMs).toBeGreaterThan(0);
    await page.close();
  });

  it.concurrent('[Y24] is silent soon after the caller begins, plays nothing that was cleared, and goes on after the turn', async () => {
    const { page, begun } = await interrupt(spoken.samples.subarray(0, INTERRUPTING_MS * PER_MS));
    await page.event('interruption', { stage: 'clear' }, 10_000);
    const ended = await page.event('agent', { state: 'ended', reason: 'interrupted' });
    const heardMs = ended.state === 'ended' ? ended.heardMs : 0;
    await page.event('turn', { state: 'ended' });
    await page.event('agent', { state: 'audible', utterance: 2 });
    await pastContent(page, MORE_MS + 500);
    const { sounds, silentMs } = await silenceOf(page);
    expect(silentMs - sounds[0]!.atMs).toBeLessThan(LONGEST_TO_SILENCE_MS);
    const columns = await playbackColumns(page);
    const again = columns.find(({ atMs, state }) => atMs > silentMs && state === 'playing')!;
    const between = columns.filter(({ atMs }) => atMs >= silentMs && atMs < again.atMs);
    expect(between.length).toBeGreaterThan(100);
    expect(Math.max(...between.map(({ high, low }) => high - low))).toBeLessThan(FADED);
    const heard = await page.heard();
    const told = story.subarray(0, Math.floor(heardMs - 50) * PER_MS);
    expect(judgeHeard(told, heard, begun.rateHz).correlation).toBeGreaterThan(0.999);
    const more = story.subarray(heardMs * PER_MS, (heardMs + MORE_MS) * PER_MS);
    expectLike(judgeHeard(more, afterSilence(heard), begun.rateHz));
    await page.close();
  });

  it.concurrent('[Y24] goes on from where it was held when the caller only said "mm-hm"', async () => {
    const { page, begun } = await interrupt(assent);
    await page.event('interruption', { stage: 'release' }, 10_000);
    const released = (await playbackColumns(page)).findLast(({ state }) => state === 'held')!;
    await pastContent(page, released.contentMs + MORE_MS + 500);
    const events = await page.events();
    expect(events).not.toContainEqual(
      expect.objectContaining({ name: 'turn', event: expect.objectContaining({ state: 'ended' }) }),
    );
    expect(
      events.flatMap(({ name, event }) => (name === 'interruption' ? [event.stage] : [])),
    ).toEqual(['hold', 'release']);
    const columns = await playbackColumns(page);
    const held = columns.filter(({ state }) => state === 'held');
    expect(held.length).toBeGreaterThan(10);
    const again = columns.find(
      ({ atMs, state }) => atMs > held.at(-1)!.atMs && state === 'playing',
    )!;
    // Nothing is skipped; a little is heard again.
    expect(again.contentMs).toBeLessThanOrEqual(held[0]!.contentMs + 10);
    const fromMs = again.contentMs;
    const more = story.subarray(fromMs * PER_MS, (fromMs + MORE_MS) * PER_MS);
    expectLike(judgeHeard(more, afterSilence(await page.heard()), begun.rateHz));
    await page.close();
  });

  it.concurrent('[Y15] finds its call again after a reload, and goes on talking', async () => {
    // Muted, so that the sentence is said after the reload alone, however long that takes.
    const { page, begun } = await begin({ audio: { ...PLAIN_AUDIO, muted: true } });
    await page.event('connection', { state: 'live' });
    await page.page.reload();
    const again = await page.call({ audio: PLAIN_AUDIO, resume: true });
    expect(again.conversation).toBe(begun.conversation);
    // A microphone that was only just closed and opened again may stutter; the answer is there.
    expect(await saidBack(page, again)).toBeGreaterThan(0.5);
    const state = await readConversation(service, begun);
    expect(state.statistics).toMatchObject({ connections: 2, turnsEnded: 1, epoch: 0 });
    await page.hangUp();
    expect(await page.keptCall()).toBeNull();
    await page.close();
  });

  it.concurrent('[Y13, Y14] talks by a button, and changes devices in mid-call', async () => {
    const { page } = await begin({
      pushToTalk: true,
      conversation: { turnTaking: 'manual' },
      rateHz: 48_000,
    });
    await page.act('pressToTalk');
    await page.page.waitForTimeout(1500);
    await page.setDevices(await page.anotherMicrophone());
    const devices = await page.event('devices', { reason: 'chosen' });
    expect(devices.microphone).toMatch(/Fake Audio Input/);
    await page.page.waitForTimeout(300);
    await page.act('releaseToTalk');
    const turn = await page.event('turn', { state: 'ended' });
    expect(turn).toMatchObject({ reason: 'manual' });
    if (turn.state === 'ended') expect(turn.endMs - turn.startMs).toBeGreaterThan(1700);
    const spokenMs = (await page.event('agent', { state: 'ended' })).atMs;
    expect(spokenMs).toBeGreaterThan(3000);
    const columns = (await page.statistics()).flatMap(({ uplink }) => uplink.columns);
    expect(columns.map(({ atMs }) => atMs)).toEqual(
      columns.map((_, at) => columns[0]!.atMs + at * 10),
    );
    await page.close();
  });

  it.concurrent('[Y12] says that the browser lets nothing sound, and goes on after a gesture', async () => {
    const { page } = await begin({
      conversation: { agent: { name: 'storyteller' } },
      audio: { ...PLAIN_AUDIO, muted: true },
    });
    await page.suspendAudio();
    await page.event('audio', { state: 'blocked' });
    await page.allowAudio();
    await page.event('audio', { state: 'running' });
    await page.event('agent', { state: 'audible' });
    await page.close();
  });

  it('[Y12] says in a kind and a sentence that the microphone was refused', async () => {
    const refusing = await launchChromium({ permission: 'denied' });
    try {
      const page = await TestPage.open(refusing, service.url);
      await expect(page.call()).rejects.toThrow(
        'permission-denied: The browser does not let this page use the microphone.',
      );
    } finally {
      await refusing.close();
    }
  });
});
