// Starts a Chromium whose microphone is a WAV file, without a window.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Names under which distributions install it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is: CHROME_PATH, or on the PATH; null when there is none. */
export function chromiumPath(): string | null {
  const { CHROME_PATH, PATH = '' } = process.env;
  if (CHROME_PATH !== undefined && CHROME_PATH !== '') return CHROME_PATH;
  const places = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return places.find(isExecutable) ?? null;
}

/** Whether the tests can run; with CI set a missing Chromium is a failure, else it is said and they are passed over. */
export function isChromiumMissing(): boolean {
  if (chromiumPath() !== null) return false;
  const sentence =
    'Chromium is missing, so the tests in a real browser are passed over: apt-get install chromium, or set CHROME_PATH.';
  if (process.env['CI']) throw new Error(sentence);
  process.stderr.write(`${sentence}\n`);
  return true;
}

export interface ChromiumOptions {
  /** WAV file that the microphone plays once. */
  readonly microphone?: string | undefined;
  /** What the user answers when a page asks for the microphone; yes unless given. */
  readonly permission?: 'granted' | 'denied' | undefined;
  readonly args?: readonly string[] | undefined;
}

export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const { microphone, permission = 'granted', args = [] } = options;
  const answer = permission === 'granted' ? '' : '=deny';
  return chromium.launch({
    executablePath: chromiumPath()!,
    args: [
      '--no-sandbox',
      '--disable-audio-output',
      '--autoplay-policy=user-gesture-required',
      '--use-fake-device-for-media-stream',
      `--use-fake-ui-for-media-stream${answer}`,
      ...(microphone === undefined
        ? []
        : [`--use-file-for-fake-audio-capture=${microphone}%noloop`]),
      ...args,
    ],
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
