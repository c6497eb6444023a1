// Which addresses events may be sent to: public ones over https; in development also this machine.

const LOOPBACK = /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/i;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/**
 * Why events may not be sent to a URL, as a sentence, or null when they may. Host names that an operator's own resolver
 * would map into a private network cannot be told here; the runtime's fetch does not reach into one.
 */
export function webhookFault(text: string, isDevelopment: boolean): string | null {
  if (!URL.canParse(text)) return 'The webhook\'s "url" is not a URL.';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    return 'The webhook\'s "url" must not carry a name or a password.';
  }
  const isLoopback = LOOPBACK.test(url.hostname);
  if (isLoopback && isDevelopment && (url.protocol === 'http:' || url.protocol === 'https:')) {
    return null;
  }
  if (url.protocol !== 'https:') return 'The webhook\'s "url" must begin with https.';
  // A service of the public network has a name; numbers would let a caller reach what has none.
  const isNumber = IPV4.test(url.hostname) || url.hostname.startsWith('[');
  if (isLoopback || isNumber || !url.hostname.includes('.')) {
    return 'The webhook\'s "url" must name a host of the public network.';
  }
  return null;
}
