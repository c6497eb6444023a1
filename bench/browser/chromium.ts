// Starts a Chromium without a window, whose microphone is a WAV file.

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

export interface ChromiumOptions {
  /** WAV file that the microphone plays, once or over and over. */
  readonly microphone?: string | undefined;
  readonly repeats?: boolean | undefined;
  /** What the user answers when a page asks for the microphone; yes unless given. */
  readonly permission?: 'granted' | 'denied' | undefined;
  /** Whether a page may sound without a click. */
  readonly autoplay?: boolean | undefined;
}

/** Rejects when there is none (see `chromiumPath`). */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const { microphone, repeats = false, permission = 'granted', autoplay = false } = options;
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error('Chromium is missing.');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-audio-output',
      `--autoplay-policy=${autoplay ? 'no-user-gesture-required' : 'user-gesture-required'}`,
      '--use-fake-device-for-media-stream',
      `--use-fake-ui-for-media-stream${permission === 'granted' ? '' : '=deny'}`,
      ...(microphone === undefined
        ? []
        : [`--use-file-for-fake-audio-capture=${microphone}${repeats ? '' : '%noloop'}`]),
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
