// The messages of Twilio Media Streams: what comes is checked, what goes is written.
// Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages

import * as v from 'valibot';

/** A number as Twilio writes it. */
const digits = v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number));
/** A number, however it is written. */
const amount = v.union([v.number(), digits]);
const name = v.pipe(v.string(), v.maxLength(200));

/** Longest parameter of a stream (Twilio, <Parameter>: 500 characters with its name). */
const parameter = v.pipe(v.string(), v.maxLength(500));

const MESSAGE = v.variant('event', [
  v.object({ event: v.literal('connected') }),
  v.object({
    event: v.literal('start'),
    start: v.object({
      streamSid: name,
      callSid: name,
      mediaFormat: v.object({ encoding: name, sampleRate: amount, channels: amount }),
      customParameters: v.optional(v.record(v.string(), parameter), {}),
    }),
  }),
  v.object({
    event: v.literal('media'),
    media: v.object({
      track: v.optional(name),
      /** Milliseconds since the stream began. */
      timestamp: digits,
      /** µ-law at 8 kHz, base64. */
      payload: v.string(),
    }),
  }),
  v.object({
    event: v.literal('dtmf'),
    dtmf: v.object({ digit: v.pipe(v.string(), v.regex(/^[0-9A-D*#]$/)) }),
  }),
  v.object({ event: v.literal('mark'), mark: v.object({ name: v.string() }) }),
  v.object({ event: v.literal('stop') }),
]);

export type TwilioMessage = v.InferOutput<typeof MESSAGE>;
export type StartMessage = Extract<TwilioMessage, { event: 'start' }>['start'];

/** A message of Twilio's; null for one that is unknown or not as documented. Never throws. */
export function readTwilio(text: string): TwilioMessage | null {
  try {
    const message = v.safeParse(MESSAGE, JSON.parse(text));
    return message.success ? message.output : null;
  } catch {
    return null;
  }
}

/** µ-law in base64, to be played after everything before it. */
export function mediaMessage(streamSid: string, payload: string): string {
  return JSON.stringify({ event: 'media', streamSid, media: { payload } });
}

/** Comes back when everything before it was played, and at a clear. */
export function markMessage(streamSid: string, markName: string): string {
  return JSON.stringify({ event: 'mark', streamSid, mark: { name: markName } });
}

/** Drops everything that is not played yet. */
export function clearMessage(streamSid: string): string {
  return JSON.stringify({ event: 'clear', streamSid });
}
