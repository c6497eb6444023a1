// The origins whose pages may open a socket: the service's own, and those that the operator lists.

/**
 * True when a browser's page of this origin may open a socket. `origin` is the Origin header (RFC 6454), null for a
 * client that is no browser; `requestUrl` tells the service's own origin; `allowed` are exact origins, or `*` for all.
 */
export function isOriginAllowed(
  origin: string | null,
  requestUrl: string,
  allowed: readonly string[],
): boolean {
  if (origin === null) return true;
  return origin === new URL(requestUrl).origin || allowed.includes('*') || allowed.includes(origin);
}
