// The tickets with which the Realtime SFU's adapters prove themselves: they can set no header, so it stands in the URL.

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' };

/** Which of a conversation's two adapters: `egress` brings the caller's audio, `ingest` takes the agent's. */
export type AdapterRole = 'egress' | 'ingest';

/** What a ticket is good for. It can be used again and again, because the SFU dials again with the same URL. */
export interface TicketSubject {
  readonly conversation: string;
  readonly role: AdapterRole;
}

/** `<expiry in seconds, base 36>.<HMAC-SHA256, hexadecimal>`. */
export async function adapterTicket(
  subject: TicketSubject,
  expiresMs: number,
  key: Uint8Array,
): Promise<string> {
  const expires = Math.ceil(expiresMs / 1000).toString(36);
  const signed = await crypto.subtle.sign('HMAC', await hmac(key), signedText(subject, expires));
  const bytes = Array.from(new Uint8Array(signed), (byte) => byte.toString(16).padStart(2, '0'));
  return `${expires}.${bytes.join('')}`;
}

/** Whether a ticket is for this adapter, and not expired. */
export async function isAdapterTicket(
  ticket: string,
  subject: TicketSubject,
  key: Uint8Array,
  nowMs: number,
): Promise<boolean> {
  const [, expires, signature] = /^([0-9a-z]{1,9})\.([0-9a-f]{64})$/.exec(ticket) ?? [];
  if (expires === undefined || signature === undefined) return false;
  const bytes = Uint8Array.from(signature.match(/../g)!, (pair) => Number.parseInt(pair, 16));
  // Constant in time: the runtime compares.
  const isSigned = await crypto.subtle.verify(
    'HMAC',
    await hmac(key),
    bytes,
    signedText(subject, expires),
  );
  return isSigned && nowMs < Number.parseInt(expires, 36) * 1000;
}

function hmac(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', new Uint8Array(key), ALGORITHM, false, ['sign', 'verify']);
}

function signedText(
  { conversation, role }: TicketSubject,
  expires: string,
): Uint8Array<ArrayBuffer> {
  const text = `realtime-sfu-${role} ${conversation} ${expires}`;
  return new Uint8Array(new TextEncoder().encode(text));
}
