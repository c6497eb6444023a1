// Bytes as base64 (RFC 4648 §4) and back, for vendors that put audio into JSON.

/** Bytes whose characters are made at once: more would be too many arguments for one call. */
const CHUNK_BYTES = 8192;

/** The bytes as base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    text += String.fromCharCode(...bytes.subarray(from, from + CHUNK_BYTES));
  }
  return btoa(text);
}

/** The bytes that a text stands for; null when it is not base64. */
export function decodeBase64(text: string): Uint8Array | null {
  let characters: string;
  try {
    characters = atob(text);
  } catch {
    return null;
  }
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = characters.charCodeAt(index);
  return bytes;
}
