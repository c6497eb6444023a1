// The fake Live API over TCP, for whole conversations and for any other client.

import { type ServedFake, serveFake } from '../ws-server.ts';
import { FakeGeminiLive, LIVE_PATH } from './fake-gemini-live.ts';
import type { FakeGeminiOptions } from './fake-options.ts';

export interface ServedGeminiLive {
  readonly fake: FakeGeminiLive;
  /** What `GEMINI_LIVE_URL` is to be. */
  readonly url: string;
  /** Where the service is, for clients that know the path. */
  readonly origin: string;
  close(): Promise<void>;
}

export async function serveGeminiLive(
  options: Partial<FakeGeminiOptions> = {},
): Promise<ServedGeminiLive> {
  const fake = new FakeGeminiLive(options);
  const served: ServedFake = await serveFake((line, nowMs) => fake.connect(line, nowMs));
  return { fake, url: `${served.url}${LIVE_PATH}`, origin: served.url, close: served.close };
}
