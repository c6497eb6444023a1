// Compares an API key with the configured ones, in a time that tells nothing about them.

/**
 * True when `candidate` is one of `keys`. Digests are compared instead of the keys: they have equal lengths, which the
 * constant-time comparison needs, and every key is compared whether or not an earlier one has matched.
 */
export async function isApiKey(candidate: string, keys: readonly string[]): Promise<boolean> {
  const candidateDigest = await sha256(candidate);
  let matched = false;
  for (const key of keys) {
    matched = crypto.subtle.timingSafeEqual(candidateDigest, await sha256(key)) || matched;
  }
  return matched;
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}
