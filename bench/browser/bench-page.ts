// One page of the benchmark: loaded with a program, questioned, kept busy, hidden, and weighed.

import { setTimeout as pause } from 'node:timers/promises';
import { type TargetRoute, TargetSession } from './target-session.ts';

/** A page learns within so long that it has been hidden. */
const TAB_MS = 300;

interface Evaluated {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
}

/**
 * A tab of the browser, with empty caches. Playwright would have every page of its own believe that it is seen, so these are made without it.
 */
export class BenchPage {
  readonly #browser: TargetRoute;
  readonly #contextId: string;
  readonly #targetId: string;
  readonly #session: TargetSession;
  readonly #workers: TargetSession[] = [];

  private constructor(
    browser: TargetRoute,
    contextId: string,
    targetId: string,
    session: TargetSession,
  ) {
    this.#browser = browser;
    this.#contextId = contextId;
    this.#targetId = targetId;
    this.#session = session;
  }

  /** A page at `url`, in which `program` runs before anything else. */
  static async open(browser: TargetRoute, url: URL, program: string): Promise<BenchPage> {
    const context = await browser.send('Target.createBrowserContext');
    const { browserContextId } = context as { browserContextId: string };
    const made = await browser.send('Target.createTarget', {
      url: 'about:blank',
      browserContextId,
    });
    const { targetId } = made as { targetId: string };
    const attached = await browser.send('Target.attachToTarget', { targetId, flatten: false });
    const session = new TargetSession(browser, (attached as { sessionId: string }).sessionId);
    const page = new BenchPage(browser, browserContextId, targetId, session);
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if ((targetInfo as { type: string }).type === 'worker')
        page.#workers.push(new TargetSession(session, String(sessionId)));
    });
    await session.send('Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: false,
      flatten: false,
    });
    await session.send('Page.enable');
    await session.send('Page.addScriptToEvaluateOnNewDocument', { source: program });
    const loaded = new Promise<void>((resolve) =>
      session.on('Page.loadEventFired', () => resolve()),
    );
    await session.send('Page.navigate', { url: url.href });
    await loaded;
    return page;
  }

  /** What an expression (or the promise that it is) gives, as JSON. Rejects with what it throws. */
  async evaluate<Result>(expression: string): Promise<Result> {
    const { result, exceptionDetails } = (await this.#session.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as Evaluated;
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? `"${expression}" has failed.`);
    return result.value as Result;
  }

  /** Computes on the page's main thread for so long. */
  async block(durationMs: number): Promise<void> {
    await this.evaluate(
      `{ const end = performance.now() + ${durationMs}; while (performance.now() < end); }`,
    );
  }

  /** Another tab comes to the front. Resolves with whether this one knows that it is hidden. */
  async hide(): Promise<boolean> {
    const made = await this.#browser.send('Target.createTarget', {
      url: 'about:blank',
      browserContextId: this.#contextId,
    });
    const { targetId } = made as { targetId: string };
    await this.#browser.send('Target.activateTarget', { targetId });
    await pause(TAB_MS);
    return (await this.evaluate<string>('document.visibilityState')) === 'hidden';
  }

  /** It comes to the front again. */
  async show(): Promise<void> {
    await this.#browser.send('Target.activateTarget', { targetId: this.#targetId });
  }

  /** Bytes of JavaScript that page and worker still need. */
  async heapBytes(): Promise<number> {
    const bytes = [this.#session, ...this.#workers].map(async (session) => {
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
      return usedSize;
    });
    return (await Promise.all(bytes)).reduce((sum, each) => sum + each);
  }

  async close(): Promise<void> {
    await this.#browser.send('Target.disposeBrowserContext', { browserContextId: this.#contextId });
  }
}
