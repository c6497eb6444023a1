// Tones through microphone and speaker at the rates that sound devices have.

import type { BenchBrowser } from './bench-browser.ts';
import type { ToneRow, TonesOrder } from './page/tones-messages.ts';

const RATES_HZ = [44_100, 48_000, 24_000];

/** Takes seconds, since it does not wait for any device. */
export async function passTones(
  browser: BenchBrowser,
  spoiled: Omit<TonesOrder, 'ratesHz'> = { sharp: 0, bare: false },
): Promise<readonly ToneRow[]> {
  const page = await browser.open('tones-page', { ...spoiled, ratesHz: RATES_HZ });
  const rows = await page.evaluate<ToneRow[]>('begun');
  await page.close();
  return rows;
}
