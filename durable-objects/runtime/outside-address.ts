// Which addresses the service may be sent to by those who ask it: public ones over TLS; in development also this machine.

const LOOPBACK = /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** What may be asked for. */
export interface AddressRule {
  /** What carries the address, as the beginning of a sentence: `The webhook's "url"`. */
  readonly subject: string;
  /** Scheme over TLS, and the one that does without, for this machine. */
  readonly schemes: readonly [secure: 'https' | 'wss', plain: 'http' | 'ws'];
  /** Loopback is served, and may be called. */
  readonly isDevelopment: boolean;
}

/**
 * Why an address may not be called, as a sentence, or null when it may. Host names that an operator's own resolver
 * would map into a private network cannot be told here; the runtime's fetch does not reach into one.
 */
export function addressFault(text: string, rule: AddressRule): string | null {
  const { subject, schemes, isDevelopment } = rule;
  if (!URL.canParse(text)) return `${subject} is not a URL.`;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return `${subject} must not carry a name or a password.`;
  }
  const isLoopback = LOOPBACK.test(url.hostname);
  const scheme = url.protocol.slice(0, -1);
  if (isLoopback && isDevelopment && schemes.some((allowed) => allowed === scheme)) return null;
  if (scheme !== schemes[0]) return `${subject} must begin with ${schemes[0]}.`;
  // A service of the public network has a name; numbers would let a caller reach what has none.
  const isNumber = IPV4.test(url.hostname) || url.hostname.startsWith('[');
  if (isLoopback || isNumber || !url.hostname.includes('.')) {
    return `${subject} must name a host of the public network.`;
  }
  return null;
}
