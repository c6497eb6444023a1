// The browser of the benchmark: one Chromium whose microphone says the same again and again, and the programs of its pages.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { BenchPage } from './bench-page.ts';
import { launchChromium } from './chromium.ts';
import { browserRoute, type TargetRoute } from './target-session.ts';

const FOLDER = fileURLToPath(new URL('page/', import.meta.url));
const PROGRAMS = ['call-page', 'tones-page'] as const;

/** No file of the service: any page of its origin will do. */
const PATH = '/bench-browser';

/** A Chromium, with the programs of its pages. */
export class BenchBrowser {
  readonly #browser: Browser;
  readonly #route: TargetRoute;
  readonly #service: URL;
  readonly #programs: ReadonlyMap<string, string>;

  private constructor(
    browser: Browser,
    route: TargetRoute,
    service: URL,
    programs: ReadonlyMap<string, string>,
  ) {
    this.#browser = browser;
    this.#route = route;
    this.#service = service;
    this.#programs = programs;
  }

  /** `microphone` is a WAV file that is said over and over from when a page opens the microphone. */
  static async launch(service: URL, microphone: string): Promise<BenchBrowser> {
    const programs = await bundled();
    const browser = await launchChromium({ microphone, repeats: true, autoplay: true });
    const route = browserRoute(await browser.newBrowserCDPSession());
    return new BenchBrowser(browser, route, service, programs);
  }

  /** Version of the browser. */
  get version(): string {
    return this.#browser.version();
  }

  /** A page on the service's origin; its program finds `order` behind the "#" of its address. */
  open(program: (typeof PROGRAMS)[number], order: object): Promise<BenchPage> {
    const url = new URL(PATH, this.#service);
    url.hash = encodeURIComponent(JSON.stringify(order));
    return BenchPage.open(this.#route, url, this.#programs.get(`${program}.js`)!);
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

/** Programs by file name, and in each of them the source of the worklet. */
async function bundled(): Promise<ReadonlyMap<string, string>> {
  const common = { bundle: true, format: 'iife', write: false, logLevel: 'warning' } as const;
  const worklet = await build({ ...common, entryPoints: [`${FOLDER}tap-worklet.ts`] });
  const { outputFiles } = await build({
    ...common,
    entryPoints: PROGRAMS.map((name) => `${FOLDER}${name}.ts`),
    outdir: FOLDER,
    define: { TAP_WORKLET: JSON.stringify(worklet.outputFiles[0]!.text) },
  });
  return new Map(outputFiles.map(({ path, text }) => [path.slice(FOLDER.length), text]));
}
