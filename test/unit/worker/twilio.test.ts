// What Twilio's own library says of the requests that are admitted and of the markup that answers them.

import VoiceResponse from 'twilio/lib/twiml/VoiceResponse.js';
import { getExpectedTwilioSignature } from 'twilio/lib/webhooks/webhooks.js';
import { describe, expect, it } from 'vitest';
import { connectMarkup, dialMarkup, hangUpMarkup } from '../../../worker/twilio-markup.ts';
import { checkTwilioSignature } from '../../../worker/twilio-signature.ts';
import { goodTickets, ticketFor } from '../../../worker/twilio-ticket.ts';

const TOKEN = 'an auth token';

/** The outcome of checking what the library has signed. */
async function check(
  signed: string,
  asked: string,
  form: Record<string, string> = {},
  kind: 'request' | 'socket' = 'request',
) {
  const headers = { 'X-Twilio-Signature': getExpectedTwilioSignature(TOKEN, signed, { ...form }) };
  const request = new Request(asked, { headers });
  return checkTwilioSignature(request, kind, new URLSearchParams(form), TOKEN).catch(
    (fault: Error) => fault.message,
  );
}

describe("a request of Twilio's", () => {
  const form = { To: '+15550199', From: '+15550100', CallSid: 'CA1', Empty: '', Ünder: 'ä & b=c' };

  it('[TW1] is admitted as the library signs it, with the scheme and the port that it was sent to', async () => {
    const plain = 'https://voice.example/v1/bridges/twilio/voice?agent=parrot&b=1';
    expect(await check(plain, plain, form)).toBe('https:');
    expect(await check(plain.replace('.example', '.example:443'), plain, form)).toBe('https:');
    // TLS was ended in front of the service.
    expect(await check(plain, plain.replace('https', 'http'), form)).toBe('https:');
    const local = 'http://127.0.0.1:8787/v1/bridges/twilio/voice';
    expect(await check(local, local, form)).toBe('http:');
  });

  it('[TW1] is refused when anything of it was signed otherwise', async () => {
    const url = 'https://voice.example/v1/bridges/twilio/voice?agent=parrot';
    const refused =
      'The request does not carry a signature of Twilio that the auth token confirms.';
    expect(await check(url, `${url}2`, form)).toBe(refused);
    expect(await check(url, url.replace('voice.', 'other.'), form)).toBe(refused);
    const headers = { 'X-Twilio-Signature': getExpectedTwilioSignature(TOKEN, url, { ...form }) };
    for (const [change, signature] of [
      [{ ...form, To: '+1' }, headers],
      [form, { 'X-Twilio-Signature': '%%' }],
      [form, {}],
    ] as const) {
      const request = new Request(url, { headers: signature });
      const checked = checkTwilioSignature(request, 'request', new URLSearchParams(change), TOKEN);
      await expect(checked).rejects.toThrow(refused);
    }
  });

  it('[TW2] may be an upgrade, which is signed as wss', async () => {
    const url = 'https://voice.example/v1/bridges/twilio/abc/socket';
    expect(await check(url.replace('https', 'wss'), url, {}, 'socket')).toBe('wss:');
    expect(await check(url.replace('https', 'wss'), url, {}, 'request')).not.toBe('wss:');
  });
});

describe('a ticket', () => {
  const key = new Uint8Array(32).fill(7);

  it('[TW2] is good for a minute or two, for one conversation, and fits into a parameter', async () => {
    const ticket = await ticketFor('conversation-1', key, 120_000);
    expect(ticket).toHaveLength(64);
    const good = async (conversation: string, nowMs: number) =>
      (await goodTickets(conversation, key, nowMs)).includes(ticket);
    expect(await good('conversation-1', 120_000)).toBe(true);
    expect(await good('conversation-1', 239_999)).toBe(true);
    expect(await good('conversation-1', 240_000)).toBe(false);
    expect(await good('conversation-2', 120_000)).toBe(false);
    expect(
      (await goodTickets('conversation-1', new Uint8Array(32), 120_000)).includes(ticket),
    ).toBe(false);
  });
});

describe('the markup', () => {
  it('[TW1] connects a stream as the library would', () => {
    const streamUrl = 'wss://voice.example/v1/bridges/twilio/abc/socket';
    const nextUrl = 'https://voice.example/v1/bridges/twilio/abc/next?stream=1&a="<b"';
    const response = new VoiceResponse();
    const stream = response.connect({ action: nextUrl }).stream({ url: streamUrl });
    stream.parameter({ name: 'ticket', value: 'a&b' });
    expect(connectMarkup({ streamUrl, nextUrl, parameters: { ticket: 'a&b' } })).toBe(
      response.toString(),
    );
  });

  it('[TW11] hangs up, and dials numbers, SIP addresses and clients as the library would', () => {
    const response = () => new VoiceResponse();
    const made = (make: (voice: VoiceResponse) => void) => {
      const voice = response();
      make(voice);
      return voice.toString();
    };
    expect(hangUpMarkup()).toBe(made((voice) => voice.hangup()));
    expect(dialMarkup('+15550123')).toBe(made((voice) => voice.dial('+15550123')));
    expect(dialMarkup('sip:desk@example.com;a=1&b')).toBe(
      made((voice) => voice.dial().sip('sip:desk@example.com;a=1&b')),
    );
    expect(dialMarkup('client:front-desk')).toBe(
      made((voice) => voice.dial().client('front-desk')),
    );
    for (const nothing of ['', 'x', '+1<Say>', 'client:', 'sip:a b', 'https://a.example']) {
      expect(dialMarkup(nothing)).toBe(null);
    }
  });
});
