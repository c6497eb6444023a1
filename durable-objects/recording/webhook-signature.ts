// Signs what is sent to a webhook, so that its receiver knows who it is from, and when it was sent.

/** Carries `t=<seconds>,v1=<hex>`: the time of sending, and HMAC-SHA256 over `<seconds>.<body>`. */
export const SIGNATURE_HEADER = 'Isochron-Signature';

/** The signature of a body sent at this time. */
export async function signWebhook(body: string, secret: string, nowMs: number): Promise<string> {
  const encoder = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, [
    'sign',
  ]);
  const seconds = Math.floor(nowMs / 1000);
  const mac = await crypto.subtle.sign('HMAC', key, encoder.encode(`${seconds}.${body}`));
  const hex = Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, '0'));
  return `t=${seconds},v1=${hex.join('')}`;
}
