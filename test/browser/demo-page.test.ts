// The demo page as people use it: one press, a call, a picture of it, and the picture again from a file.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { bundleClient } from '../../scripts/client-bundle.ts';
import { isChromiumMissing, launchChromium } from './support/chromium.ts';
import { type SpokenWav, writeSpokenWav } from './support/spoken-wav.ts';

/** Pixels of a second of the agent's waveform, and more. */
const ENOUGH_INK = 1500;

describe.skipIf(isChromiumMissing())('the demo page', () => {
  let service: LaunchedService;
  let browser: Browser;
  let spoken: SpokenWav;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    [service, spoken] = await Promise.all([launchService(), writeSpokenWav(), bundleClient()]);
    browser = await launchChromium({ microphone: spoken.path });
    page = await browser.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(String(service.url));
    await page.selectOption('#agent', 'parrot');
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await spoken?.remove();
  });

  it('[O17] holds a call at one press, shows it, and shows it again', async () => {
    await page.click('#talk');
    await page.waitForSelector('#answers li');
    expect(await page.textContent('#answers .answer-words')).toMatch(
      /^detect \d+ · agent \d+ · send \d+ · play \d+$/,
    );
    expect(await page.textContent('#figure-underruns')).toBe('0');
    await vi.waitUntil(async () => (await inkOf(page)) > ENOUGH_INK, { timeout: 10_000 });
    const downloading = page.waitForEvent('download');
    await page.click('#save');
    const file = await (await downloading).path();
    await page.click('#talk');
    await page.waitForSelector('#talk[data-phase="idle"]');
    await page.setInputFiles('#open', file);
    await page.waitForFunction(() =>
      document.querySelector('#file-said')?.textContent?.includes('lines'),
    );
    expect(await page.textContent('#file-said')).toMatch(/: \d+ lines\.$/);
    expect(await page.textContent('#answers .answer-name')).toBe('turn 1');
    expect(await inkOf(page)).toBeGreaterThan(ENOUGH_INK);
    expect(errors).toEqual([]);
  });

  it('[O17] is no wider than a small phone', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      360,
    );
  });
});

/** Pixels of the agent's colour on the picture. */
function inkOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector('canvas')!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    const color = getComputedStyle(document.documentElement).getPropertyValue('--agent').trim();
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) {
      const distance =
        Math.abs(data[at]! - red!) +
        Math.abs(data[at + 1]! - green!) +
        Math.abs(data[at + 2]! - blue!);
      // Edges of what is drawn are mixed with what is under them.
      if (distance < 60 && data[at + 3]! > 200) pixels++;
    }
    return pixels;
  });
}
