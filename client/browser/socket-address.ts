// Where a conversation's socket is.

import { CallError } from './call-error.ts';

/** The socket's address from a service's origin and a conversation's id, or as it was given. Throws CallError. */
export function socketAddress(service: string | URL, conversation: string | undefined): string {
  const url = parsed(service);
  if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:')
    throw new CallError('refused', `Cannot call "${service}": it must be an http or ws address.`);
  if (url.pathname.endsWith('/socket')) return url.href;
  if (conversation === undefined)
    throw new CallError(
      'refused',
      `Cannot call "${service}": it is no socket, and "conversation" is missing.`,
    );
  return new URL(`/v1/conversations/${encodeURIComponent(conversation)}/socket`, url).href;
}

function parsed(service: string | URL): URL {
  // Outside a page there is no place that an address could be relative to.
  const { location } = globalThis as { readonly location?: { readonly href: string } };
  try {
    return new URL(service, location?.href);
  } catch (cause) {
    throw new CallError('refused', `Cannot call "${service}": it is no address.`, { cause });
  }
}
