// Fits a sentence into the reason of a close frame.

/** Bytes of UTF-8 that a close frame has room for beside its code (RFC 6455 §5.5). */
const REASON_MAX_BYTES = 123;

const encoder = new TextEncoder();
const scratch = new Uint8Array(REASON_MAX_BYTES);

/** The sentence, or as much of its beginning as fits in whole characters. */
export function closeReason(sentence: string): string {
  return sentence.slice(0, encoder.encodeInto(sentence, scratch).read);
}
