// The Chromium of the tests: with the browser's own rule that a page may sound after a click only.

import type { Browser } from 'playwright-core';
import {
  type ChromiumOptions,
  chromiumPath,
  launchChromium as launch,
} from '../../../bench/browser/chromium.ts';

/** Whether the tests can run; with CI set a missing Chromium is a failure, else it is said and they are passed over. */
export function isChromiumMissing(): boolean {
  if (chromiumPath() !== null) return false;
  const sentence =
    'Chromium is missing, so the tests in a real browser are passed over: apt-get install chromium, or set CHROME_PATH.';
  if (process.env['CI']) throw new Error(sentence);
  process.stderr.write(`${sentence}\n`);
  return true;
}

/** `microphone` is a WAV file that is said once. */
export function launchChromium(
  options: Pick<ChromiumOptions, 'microphone' | 'permission'> = {},
): Promise<Browser> {
  return launch(options);
}
