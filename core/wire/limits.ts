// Every bound on what a peer may send, with its reason, and the measure of a text message.

/**
 * Largest message, in bytes: of a text message in UTF-8, of a binary one as it is. The largest bundle has 61,452 bytes,
 * and no control message comes near. Checked by this code, because a runtime for development enforces no limit.
 */
export const MESSAGE_MAX_BYTES = 65_536;

/** Largest attachment of a socket, in bytes of its structured clone: half of what the runtime keeps (16,384). */
export const ATTACHMENT_MAX_BYTES = 8192;

/** Frames in one packet of a resend: 12 + 32 · 1,920 bytes for the largest frame, 60 ms of PCM16 at 16 kHz. */
export const BUNDLE_MAX_FRAMES = 32;

/** Characters (UTF-16 code units) of typed or spoken text; JSON needs at most 6 bytes for each, 48,000 in all. */
export const TEXT_MAX_CHARACTERS = 8000;

/** Characters of a name or a short reason. */
export const NAME_MAX_CHARACTERS = 200;

/** Characters of a sentence for people: an error, a reason. */
export const SENTENCE_MAX_CHARACTERS = 500;

/** Playback reports that a client may send each second. */
export const REPORTS_PER_SECOND = 5;

/** Reports that may come at once: what a network that stood still for 10 s delivers together. */
export const REPORTS_BURST = 50;

/** Control messages of all types that a client may send each second: its reports, and fifteen for everything else. */
export const CONTROL_MESSAGES_PER_SECOND = 20;

/** Control messages that may come at once: 10 s of them. */
export const CONTROL_MESSAGES_BURST = 200;

/** Bytes of one second of the largest format: PCM16 at 16 kHz in 10 ms frames, 100 · (12 + 320). */
const LIVE_BYTES_PER_SECOND = 33_200;

/** Uplink audio that a client may send each second: a resend at ten times real time beside the live frames. */
export const RESEND_BYTES_PER_SECOND = 11 * LIVE_BYTES_PER_SECOND;

/** Uplink audio that may come at once: a client's ring of 30 s, and 10 s that the network held back. */
export const RESEND_BURST_BYTES = 40 * LIVE_BYTES_PER_SECOND;

/** Bytes of a text in UTF-8, counted without encoding it; half a surrogate pair counts as U+FFFD, 3 bytes. */
export function textBytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // Two bytes up to U+07FF, else three; a surrogate pair has four for its two units.
    bytes += unit < 0x800 ? 1 : 2;
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) {
      index++;
    }
  }
  return bytes;
}

/** Whether a text has at most `maxBytes` in UTF-8; a text far too long is refused without reading it. */
export function textFits(text: string, maxBytes: number): boolean {
  return text.length <= maxBytes && textBytes(text) <= maxBytes;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
