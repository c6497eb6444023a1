// Calls a service as Twilio does, over TCP: the signed webhook, the markup it answers, the media stream, and what comes next.

import { performance } from 'node:perf_hooks';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { WebSocket } from 'ws';
import { FakeTwilio, type FakeTwilioOptions } from './fake-twilio.ts';

export interface TelephoneCallOptions extends FakeTwilioOptions {
  /** Of the voice webhook, as the operator has put it into the number's settings. */
  readonly voiceUrl: URL;
  readonly authToken: string;
  /** The caller's number. */
  readonly from?: string | undefined;
  /** The caller hangs up after so long, when nobody else has. */
  readonly hangUpAfterMs: number;
  /** Keys that are pressed, and when. */
  readonly keys?: readonly { readonly atMs: number; readonly digit: string }[] | undefined;
  /** What is different in the stream with this number, from 1 on, when the service connects several. */
  readonly ofStream?: ((stream: number) => FakeTwilioOptions) | undefined;
}

/** What became of a call. */
export interface TelephoneCallRecord {
  /** Every answer of the service's, in order. */
  readonly markups: readonly string[];
  /** The media streams, in order. */
  readonly streams: readonly FakeTwilio[];
  readonly conversation: string;
  /** Close codes of the streams, as Twilio saw them. */
  readonly closes: readonly number[];
}

interface Stream {
  readonly url: string;
  readonly nextUrl: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Holds a whole call, in real time. Throws Error when the service does not answer as a voice webhook does. */
export async function placeCall(options: TelephoneCallOptions): Promise<TelephoneCallRecord> {
  const form = {
    CallSid: `CA${'0'.repeat(32)}`,
    From: options.from ?? '+15550100',
    To: '+15550199',
  };
  const markups: string[] = [];
  const streams: FakeTwilio[] = [];
  const closes: number[] = [];
  let conversation = '';
  let url = options.voiceUrl.href;
  let status = 'ringing';
  for (;;) {
    const markup = await ask(url, { ...form, CallStatus: status }, options.authToken);
    markups.push(markup);
    const stream = streamOf(markup);
    if (stream === null || status === 'completed') break;
    conversation = stream.url.split('/').at(-2)!;
    const { fake, code } = await hold(stream, {
      ...options,
      ...options.ofStream?.(streams.length + 1),
    });
    streams.push(fake);
    closes.push(code);
    status = fake.hasHungUp ? 'completed' : 'in-progress';
    url = stream.nextUrl;
  }
  return { markups, streams, closes, conversation };
}

/** Sends a signed webhook and returns the markup. Throws Error for a refusal. */
async function ask(
  url: string,
  form: Readonly<Record<string, string>>,
  authToken: string,
): Promise<string> {
  const signature = getExpectedTwilioSignature(authToken, url, { ...form });
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { 'X-Twilio-Signature': signature },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The webhook was answered with ${response.status}: ${text}`);
  return text;
}

/** The stream that a markup asks for; null when it asks for none. */
function streamOf(markup: string): Stream | null {
  const url = /<Stream url="([^"]+)">/.exec(markup)?.[1];
  const nextUrl = /<Connect action="([^"]+)">/.exec(markup)?.[1];
  if (url === undefined || nextUrl === undefined) return null;
  const named = markup.matchAll(/<Parameter name="([^"]+)" value="([^"]+)"\/>/g);
  const parameters = Object.fromEntries(
    Array.from(named, ([, name, value]) => [name!, unescaped(value!)]),
  );
  return { url: unescaped(url), nextUrl: unescaped(nextUrl), parameters };
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&gt;', '>')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&');
}

/** Holds one media stream to its end. */
function hold(
  stream: Stream,
  options: TelephoneCallOptions,
): Promise<{ fake: FakeTwilio; code: number }> {
  const signature = getExpectedTwilioSignature(options.authToken, stream.url, {});
  const socket = new WebSocket(stream.url, { headers: { 'X-Twilio-Signature': signature } });
  return new Promise((resolve, reject) => {
    let fake: FakeTwilio | null = null;
    const timers = new Set<NodeJS.Timeout>();
    let timer: NodeJS.Timeout | undefined;
    const rest = (): void => {
      clearTimeout(timer);
      if (fake === null || fake.nextDeadlineMs === Number.POSITIVE_INFINITY) return;
      const delayMs = Math.max(0, Math.ceil(fake.nextDeadlineMs - performance.now()));
      timer = setTimeout(() => {
        fake!.tick(performance.now());
        rest();
      }, delayMs);
    };
    const later = (atMs: number, run: (call: FakeTwilio) => void): void => {
      timers.add(setTimeout(() => run(fake!), atMs));
    };
    socket.on('open', () => {
      const line = {
        send: (text: string) => socket.send(text),
        close: (code: number, reason: string) => socket.close(code, reason),
        cut: () => socket.terminate(),
      };
      fake = new FakeTwilio({ ...options, parameters: stream.parameters }, line, performance.now());
      later(options.hangUpAfterMs, (call) => call.hangUp(performance.now()));
      for (const { atMs, digit } of options.keys ?? []) later(atMs, (call) => call.press(digit));
      rest();
    });
    socket.on('message', (data) => {
      fake?.receive(String(data), performance.now());
      rest();
    });
    socket.on('error', (fault) => {
      if (fake === null) reject(fault);
    });
    socket.on('close', (code) => {
      clearTimeout(timer);
      for (const each of timers) clearTimeout(each);
      fake?.closed(performance.now());
      if (fake !== null) resolve({ fake, code });
    });
  });
}
