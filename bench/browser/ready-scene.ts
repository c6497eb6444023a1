// How long a fresh page takes until one can talk, and what it has to fetch for that.

import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CommandError } from '../../client/node/command-error.ts';
import { type Figures, figures } from '../barge-in/figures.ts';
import type { BenchBrowser } from './bench-browser.ts';
import type { BegunCall } from './page/call-page-messages.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The first page pays for what the service compiles, and is not counted. */
const PAGES = 7;

export interface ClientSize {
  /** All files that a page may have to fetch before it can talk. */
  readonly gzBytes: number;
  readonly plainBytes: number;
}

/** Bundles the client. Throws CommandError when that fails. */
export function buildClient(): ClientSize {
  const script = fileURLToPath(new URL('../../scripts/build-client.ts', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [script, '--json'], { encoding: 'utf8' });
  const sizes = /^\{.*\}$/m.exec(stdout)?.[0];
  if (sizes === undefined) throw new CommandError(`The client cannot be built: ${stderr.trim()}`);
  const { gzBytes, clientGzBytes } = JSON.parse(sizes) as {
    gzBytes: Readonly<Record<string, number>>;
    clientGzBytes: number;
  };
  const plain = Object.keys(gzBytes).map((file) => statSync(`${ROOT}dist/client/${file}`).size);
  return { gzBytes: clientGzBytes, plainBytes: plain.reduce((sum, bytes) => sum + bytes) };
}

/** From the request of a page with empty caches until its call is welcomed and its microphone open, in ms. */
export async function becomeReady(browser: BenchBrowser, order: object): Promise<Figures> {
  const readyMs: number[] = [];
  for (let each = 0; each < PAGES; each++) {
    const page = await browser.open('call-page', { conversation: {}, tapped: false, ...order });
    const begun = await page.evaluate<BegunCall>('begun');
    if (each > 0) readyMs.push(begun.readyMs);
    await page.close();
  }
  return figures(readyMs);
}
