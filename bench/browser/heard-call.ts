// A call of a page as the program outside knows it: everything that was told of it, kept in a small space.

import type { CallEvents } from '../../client/browser/call-events.ts';
import type { CallStatistics } from '../../client/browser/call-statistics.ts';
import type { BenchPage } from './bench-page.ts';
import { ObservedCall } from './observed-call.ts';
import { OutputLine } from './output-line.ts';
import type { BegunCall, CallNews } from './page/call-page-messages.ts';

/** All positions are ms on the axis of the call. */
export class HeardCall {
  readonly observed: ObservedCall;
  readonly output = new OutputLine();
  /** The largest sample that the microphone gave in the 10 ms from 10 n on, 0 … 1. */
  readonly captured: number[] = [];
  readonly turns: CallEvents['turn'][] = [];
  readonly speaking: CallEvents['speaking'][] = [];
  readonly interruptions: CallEvents['interruption'][] = [];
  readonly faults: string[] = [];
  readonly begun: BegunCall;
  readonly #page: BenchPage;
  #statistics: CallStatistics | null = null;

  private constructor(page: BenchPage, begun: BegunCall, service: URL) {
    this.#page = page;
    this.begun = begun;
    this.observed = new ObservedCall(service, begun.conversation, begun.token);
  }

  /** The call that a page has begun. Rejects when it could not. */
  static async of(page: BenchPage, service: URL): Promise<HeardCall> {
    return new HeardCall(page, await page.evaluate<BegunCall>('begun'), service);
  }

  /** The newest statistics. Throws before there are any. */
  get statistics(): CallStatistics {
    if (this.#statistics === null) throw new Error('The call has told nothing yet.');
    return this.#statistics;
  }

  /** Fetches what is new. */
  async listen(): Promise<void> {
    const news = await this.#page.evaluate<CallNews>('takeNews()');
    this.turns.push(...news.turns);
    this.speaking.push(...news.speaking);
    this.interruptions.push(...news.interruptions);
    this.faults.push(...news.faults);
    for (const statistics of news.statistics) {
      this.#statistics = statistics;
      for (const { atMs, low, high } of statistics.uplink.columns)
        this.captured[Math.round(atMs / 10)] = Math.max(-low, high);
    }
    const played = news.statistics.flatMap(({ playback }) => playback.columns);
    const delayMs = news.statistics[0]?.devices.playbackDelayMs ?? 0;
    this.output.take(news.output, played, delayMs);
  }

  async hangUp(): Promise<void> {
    await this.listen();
    await this.observed.close();
    await this.#page.evaluate('call.close()');
  }
}
