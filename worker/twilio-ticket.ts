// The tickets with which a media stream of Twilio's proves that it belongs to its conversation.

/** A ticket is good for this minute and the next. */
const PERIOD_MS = 60_000;

/** The ticket that is given out now. */
export function ticketFor(conversation: string, key: Uint8Array, nowMs: number): Promise<string> {
  return ticketOf(conversation, key, Math.floor(nowMs / PERIOD_MS));
}

/** The tickets that are good now. */
export function goodTickets(
  conversation: string,
  key: Uint8Array,
  nowMs: number,
): Promise<string[]> {
  const period = Math.floor(nowMs / PERIOD_MS);
  return Promise.all([
    ticketOf(conversation, key, period),
    ticketOf(conversation, key, period - 1),
  ]);
}

/** HMAC-SHA256 in hexadecimal: 64 characters, where a parameter of a stream may have 500. */
async function ticketOf(conversation: string, key: Uint8Array, period: number): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const hmac = await crypto.subtle.importKey('raw', new Uint8Array(key), algorithm, false, [
    'sign',
  ]);
  const signed = await crypto.subtle.sign(
    'HMAC',
    hmac,
    encoder.encode(`twilio-stream ${conversation} ${period}`),
  );
  return Array.from(new Uint8Array(signed), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
