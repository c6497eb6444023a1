// The answers that Twilio's voice calls understand (TwiML).
// Source: https://www.twilio.com/docs/voice/twiml

/** A stream in both directions. */
export interface StreamMarkup {
  /** Where Twilio opens the WebSocket; it takes no query. */
  readonly streamUrl: string;
  /** Where it asks what comes after the stream. */
  readonly nextUrl: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function connectMarkup({ streamUrl, nextUrl, parameters }: StreamMarkup): string {
  const nested = Object.entries(parameters)
    .map(([name, value]) => `<Parameter name="${escaped(name)}" value="${escaped(value)}"/>`)
    .join('');
  return response(
    `<Connect action="${escaped(nextUrl)}"><Stream url="${escaped(streamUrl)}">${nested}</Stream></Connect>`,
  );
}

export function hangUpMarkup(): string {
  return response('<Hangup/>');
}

/** Hands the caller on to a number, a SIP URI or a client; null for anything else. */
export function dialMarkup(destination: string): string | null {
  if (/^\+?\d{2,20}$/.test(destination)) return response(`<Dial>${destination}</Dial>`);
  if (/^sips?:[^\s<>]+$/.test(destination)) {
    return response(`<Dial><Sip>${escaped(destination)}</Sip></Dial>`);
  }
  const client = /^client:([\w.@+-]{1,120})$/.exec(destination)?.[1];
  return client === undefined ? null : response(`<Dial><Client>${client}</Client></Dial>`);
}

function response(content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${content}</Response>`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
