// A whole call in Opus: the browser's codec on one side, libopus in workerd on the other.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { bundleClient } from '../../scripts/client-bundle.ts';
import { isChromiumMissing, launchChromium } from './support/chromium.ts';
import { shareSaidBack } from './support/heard-verdict.ts';
import { type SpokenWav, writeSpokenWav } from './support/spoken-wav.ts';
import { PLAIN_AUDIO, TestPage } from './support/test-page.ts';

const PER_MS = 16;

/** Opus keeps the sound of speech and not its wave; speech of another place is less than 0.3 like it. */
const LIKE_SPEECH = 0.45;

describe.skipIf(isChromiumMissing())('a call in Opus', () => {
  let service: LaunchedService;
  let browser: Browser;
  let spoken: SpokenWav;

  beforeAll(async () => {
    [service, spoken] = await Promise.all([launchService(), writeSpokenWav(), bundleClient()]);
    browser = await launchChromium({ microphone: spoken.path });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await spoken?.remove();
  });

  it('[W23] has its turn told and is answered, in a sixth of the bytes at most', async () => {
    const page = await TestPage.open(browser, service.url);
    let bytes = 0;
    page.page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        if (typeof payload !== 'string') bytes += payload.length;
      });
    });
    const begun = await page.call({ audio: PLAIN_AUDIO, codec: 'opus' });
    await page.event('agent', { state: 'ended' });
    const said = spoken.samples.subarray(spoken.startMs * PER_MS, (spoken.endMs - 200) * PER_MS);
    const heard = await page.heard();
    expect(shareSaidBack(said, heard, begun.rateHz, LIKE_SPEECH)).toBeGreaterThan(0.8);
    const { playback } = (await page.statistics()).at(-1)!;
    expect(playback).toMatchObject({ underruns: 0, overruns: 0, concealedMs: 0 });
    expect(playback.playedMs).toBeGreaterThan(spoken.endMs - spoken.startMs - 500);
    expect(bytes).toBeGreaterThan(1000);
    expect(bytes).toBeLessThan((playback.playedMs * 2 * PER_MS) / 6);
    await page.close();
  });
});
