// Tells whether a request was sent by Twilio on behalf of the operator's account.
// Source: https://www.twilio.com/docs/usage/security#validating-requests

import { Refusal } from './refusal.ts';

/** Where a proxy in front of the service has ended TLS, the URL that Twilio has signed differs in its scheme. */
const SCHEMES = {
  request: ['https:', 'http:'],
  socket: ['wss:', 'ws:', 'https:', 'http:'],
} as const;

/** Ports that Twilio may or may not write out. */
const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  'https:': '443',
  'wss:': '443',
  'http:': '80',
  'ws:': '80',
};

/**
 * Checks `X-Twilio-Signature`: HMAC-SHA1 by the auth token, in base64, over the URL and the sorted parameters of the
 * form. Returns the scheme of the URL that was signed. Throws Refusal.
 */
export async function checkTwilioSignature(
  request: Request,
  kind: keyof typeof SCHEMES,
  form: URLSearchParams,
  authToken: string,
): Promise<string> {
  const signature = bytesOf(request.headers.get('X-Twilio-Signature') ?? '');
  const key = await crypto.subtle.importKey(
    'raw',
    utf8(authToken),
    { name: 'HMAC', hash: 'SHA-1' },
    false,
    ['verify'],
  );
  const suffix = sortedFields(form);
  for (const scheme of SCHEMES[kind]) {
    for (const url of spellings(request.url, scheme)) {
      // Constant in time: the runtime compares.
      if (await crypto.subtle.verify('HMAC', key, signature, utf8(url + suffix))) return scheme;
    }
  }
  throw new Refusal(
    'forbidden',
    'The request does not carry a signature of Twilio that the auth token confirms.',
  );
}

/** Names in order, each with its value behind it; a value that comes twice counts once. */
function sortedFields(form: URLSearchParams): string {
  const names = Array.from(new Set(form.keys())).sort();
  const fields = names.flatMap((name) =>
    Array.from(new Set(form.getAll(name)))
      .sort()
      .map((value) => name + value),
  );
  return fields.join('');
}

/** A URL with and without the port that goes without saying. */
function spellings(address: string, scheme: string): string[] {
  const rest = address.slice(address.indexOf(':') + 1);
  const plain = scheme + rest;
  const { host, port } = new URL(address);
  const isDefault = port === '' || port === DEFAULT_PORTS[scheme];
  return isDefault ? [plain, plain.replace(host, `${host}:${DEFAULT_PORTS[scheme]}`)] : [plain];
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new TextEncoder().encode(text));
}
