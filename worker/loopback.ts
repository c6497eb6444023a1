// Tells whether a request comes from this machine and was meant for it: address, Host and Origin.

/** The 127.0.0.0/8 block (RFC 1122 §3.2.1.3), also mapped into IPv6 (RFC 4291 §2.5.5.2). */
const LOOPBACK_IPV4 = /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/i;

/** Headers that a proxy or a tunnel adds: what they carry came from elsewhere, whatever the address says. */
const FORWARDED_HEADERS = ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host'] as const;

/** True for an address of the local machine; null (unknown) is not one. */
export function isLoopbackAddress(address: string | null): boolean {
  return address !== null && (address === '::1' || LOOPBACK_IPV4.test(address));
}

/** True for a host name (no port) that can only mean the local machine; `localhost` by RFC 6761 §6.3. */
export function isLoopbackHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare.endsWith('.localhost') || isLoopbackAddress(bare);
}

/**
 * Why a request is not a local one, or null when it is. The address alone would let a web page reach the service
 * through the visitor's own browser (DNS rebinding shows in Host, a foreign page in Origin).
 * The runtime gives the peer's address in CF-Connecting-IP: the edge overwrites what a client sends in it, the local
 * runtime fills it in only when it is absent, so a development server must stay bound to a loopback address.
 */
export function foreignness(request: Request): string | null {
  const address = request.headers.get('CF-Connecting-IP');
  if (!isLoopbackAddress(address)) {
    return `it serves only this machine, and the request came from ${address ?? 'an unknown address'}`;
  }
  if (FORWARDED_HEADERS.some((name) => request.headers.has(name))) {
    return 'it serves only this machine, and the request was forwarded by a proxy';
  }
  const { host, hostname } = new URL(request.url);
  const header = request.headers.get('Host') ?? host;
  if (!isLoopbackHost(hostname) || !isLoopbackHost(hostnameOf(`http://${header}`))) {
    return `it answers only to "localhost" and loopback addresses, and the request was for "${header}"`;
  }
  const origin = request.headers.get('Origin');
  if (origin !== null && !isLoopbackHost(hostnameOf(origin))) {
    return `it serves only pages of this machine, and the request came from a page of "${origin}"`;
  }
  return null;
}

/** The host name of a URL, or '' when it is none ("null" is the Origin of a sandboxed page). */
function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
