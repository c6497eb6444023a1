// The package in a page of somebody else's: by a plain script from its own files, and through Vite.

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { createConversation, socketUrl } from '../../client/node/service-api.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { bundleClient } from '../../scripts/client-bundle.ts';
import { isChromiumMissing, launchChromium } from './support/chromium.ts';
import { serveFolder } from './support/static-server.ts';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

/** What somebody writes into a page of theirs. */
const program = (library: string) => `import { connect } from '${library}';
document.querySelector('button').onclick = async () => {
  const [service, token] = location.hash.slice(1).split('|');
  const call = await connect({ service, token, audio: { muted: true } });
  call.on('statistics', ({ playback }) => { document.title = String(Math.round(playback.playedMs)); });
};`;

const page = (script: string) => `<!doctype html><button>Talk</button>${script}`;

describe.skipIf(isChromiumMissing())('the package', () => {
  let service: LaunchedService;
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    await bundleClient();
    folder = await mkdtemp(join(tmpdir(), 'isochron-page-'));
    // The pages are of another origin than the service: any that is listed may talk.
    [service, browser] = await Promise.all([
      launchService({ ISOCHRON_ORIGINS: '*' }),
      launchChromium(),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Whether the page in this folder lets the storyteller be heard. */
  async function expectToTalk(pages: string): Promise<void> {
    const server = await serveFolder(pages);
    try {
      const { conversation, token } = await createConversation(service, {
        agent: { name: 'storyteller' },
      });
      const tab = await browser.newPage();
      const hash = `#${socketUrl(service, conversation).href}|${token}`;
      await tab.goto(new URL(hash, server.url).href);
      await tab.click('button');
      await tab.waitForFunction(() => Number(document.title) > 200, null, { timeout: 15_000 });
      await tab.close();
    } finally {
      server.close();
    }
  }

  it('[Y19] talks in a page without a bundler, from its own folder', async () => {
    const pages = join(folder, 'plain');
    await mkdir(pages);
    await symlink(join(PACKAGE, 'dist/client'), join(pages, 'isochron'));
    await writeFile(join(pages, 'main.js'), program('./isochron/index.js'));
    await writeFile(
      join(pages, 'index.html'),
      page('<script type="module" src="main.js"></script>'),
    );
    await expectToTalk(pages);
  });

  it('[Y19] talks in a page that Vite has built', async () => {
    const { build } = await import('vite');
    const sources = join(folder, 'vite');
    await mkdir(join(sources, 'node_modules'), { recursive: true });
    await symlink(PACKAGE, join(sources, 'node_modules/isochron'));
    await writeFile(join(sources, 'main.js'), program('isochron/client'));
    await writeFile(
      join(sources, 'index.html'),
      page('<script type="module" src="/main.js"></script>'),
    );
    await build({ root: sources, logLevel: 'silent', configFile: false });
    await expectToTalk(join(sources, 'dist'));
  });
});
