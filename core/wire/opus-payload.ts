// The payload of an Opus packet: every Opus frame behind its length, because unlike PCM's it can be of any size.
//
// | bytes | field                                                                                        |
// |-------|----------------------------------------------------------------------------------------------|
// | 0–1   | length of the Opus packet that follows (RFC 6716 §3), little-endian                          |
// | 2…    | that packet: one frame of the duration agreed in hello                                       |
//
// and so on: as many as the flags say, and on the downlink with FLAG_LAST one more, the encoder's tail.

/** Bytes before each Opus packet. */
export const OPUS_LENGTH_BYTES = 2;

/** Largest Opus packet of one frame (RFC 6716 §3.4). */
export const OPUS_FRAME_MAX_BYTES = 1275;

/**
 * Samples at 16 kHz that come out of a decoder before the first that went into the encoder, 6.5 ms: the pre-skip of
 * RFC 7845 §4.2. A decoder that was reset drops so many.
 */
export const OPUS_LOOKAHEAD_SAMPLES = 104;

/** Length of the entry at `offset`, or −1 when it does not fit into the bytes. */
export function opusEntryBytes(bytes: Uint8Array, offset: number): number {
  if (offset + OPUS_LENGTH_BYTES > bytes.length) return -1;
  const length = bytes[offset]! | (bytes[offset + 1]! << 8);
  const fits = length > 0 && length <= OPUS_FRAME_MAX_BYTES;
  return fits && offset + OPUS_LENGTH_BYTES + length <= bytes.length ? length : -1;
}

/** Writes the length of an entry whose packet stands behind it. */
export function writeOpusLength(bytes: Uint8Array, offset: number, length: number): void {
  bytes[offset] = length;
  bytes[offset + 1] = length >> 8;
}
