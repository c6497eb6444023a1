// Whole calls with the parrot in a real browser, whose microphone is a WAV file and whose sound is recorded.

import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { readConversation } from '../../client/node/service-api.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
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

  beforeAll(async () => {
    [service, spoken, story] = await Promise.all([
      launchService(),
      writeSpokenWav(),
      readCallerVoice(STORY),
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
  async function listen(rateHz: number, during: (page: TestPage) => Promise<void>) {
    const { page, begun } = await begin({
      rateHz,
      conversation: { agent: { name: 'storyteller', speed: 4 }, settings: { leadMs: LEAD_MS } },
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

  /** Every piece is where it belongs, once, and nothing clicks. */
  function expectWhole(verdict: HeardVerdict): void {
    expect(verdict.pieces).toBeGreaterThan(60);
    expect(verdict.correlation).toBeGreaterThan(0.999);
    expect(verdict.worstPiece).toBeGreaterThan(0.97);
    expect(verdict.largestFault).toBeLessThan(0.15);
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
