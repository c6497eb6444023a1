// The binary packet of isochron.v1, read and written in place on buffers that already exist.
//
// Little-endian, the same in both directions:
//
// | byte | field           |                                                                                       |
// |------|-----------------|---------------------------------------------------------------------------------------|
// | 0    | kind            | 1 = audio                                                                             |
// | 1    | flags           | FLAG_FIRST, FLAG_LAST, FLAG_DISCONTINUITY, FLAG_BUNDLE; the other bits are 0          |
// | 2–3  | generation      | downlink: the playback segment, a 16-bit serial number; uplink: 0                     |
// | 4–7  | sequence        | 32-bit serial number (RFC 1982), +1 for each frame; of a bundle, that of its first    |
// | 8–11 | media timestamp | in samples at the rate agreed in hello, wrapping at 2³²; of a bundle, of its first    |
// | 12…  | payload         | one frame; with FLAG_BUNDLE n ≥ 1 frames; with FLAG_LAST possibly none                |

import { BUNDLE_MAX_FRAMES } from './limits.ts';

/** Bytes before the payload. */
export const HEADER_BYTES = 12;

/** The only kind of packet that version 1 knows. */
export const KIND_AUDIO = 1;

/** The packet begins an utterance. */
export const FLAG_FIRST = 1;
/** The packet ends an utterance. */
export const FLAG_LAST = 2;
/** What is missing before this packet never comes: the receiver stops waiting for it. */
export const FLAG_DISCONTINUITY = 4;
/** The payload is a run of consecutive frames, as in a resend. */
export const FLAG_BUNDLE = 8;

const KNOWN_FLAGS = FLAG_FIRST | FLAG_LAST | FLAG_DISCONTINUITY | FLAG_BUNDLE;

/** The header of one packet at a time; made once and used again for every packet. */
export class PacketHeader {
  kind = KIND_AUDIO;
  flags = 0;
  generation = 0;
  sequence = 0;
  timestamp = 0;
}

/** Outcome of reading a header. An unknown kind is ignored and counted, so that version 1 can grow; the rest are violations. */
export type HeaderOutcome = 'ok' | 'too-short' | 'unknown-kind' | 'reserved-flags';

/** Reads the header of a packet. Never throws; unless the outcome is 'ok', `header` keeps what it was. */
export function readHeader(bytes: Uint8Array, header: PacketHeader): HeaderOutcome {
  if (bytes.length < HEADER_BYTES) return 'too-short';
  if (bytes[0] !== KIND_AUDIO) return 'unknown-kind';
  const flags = bytes[1]!;
  if ((flags & ~KNOWN_FLAGS) !== 0) return 'reserved-flags';
  header.kind = KIND_AUDIO;
  header.flags = flags;
  header.generation = bytes[2]! | (bytes[3]! << 8);
  header.sequence = readUint32(bytes, 4);
  header.timestamp = readUint32(bytes, 8);
  return 'ok';
}

/** Writes the header into the HEADER_BYTES from `offset` on: the first of a packet. */
export function writeHeader(bytes: Uint8Array, header: PacketHeader, offset = 0): void {
  bytes[offset] = header.kind;
  bytes[offset + 1] = header.flags;
  bytes[offset + 2] = header.generation;
  bytes[offset + 3] = header.generation >> 8;
  writeUint32(bytes, offset + 4, header.sequence);
  writeUint32(bytes, offset + 8, header.timestamp);
}

/**
 * Frames in the payload of a packet, when every frame has `frameBytes`: 1, or n ≥ 1 in a bundle, or 0 when the packet
 * only ends an utterance. −1 when the payload does not fit the flags, which is a violation.
 */
export function countFrames(flags: number, payloadBytes: number, frameBytes: number): number {
  if (payloadBytes === 0) return (flags & FLAG_LAST) !== 0 && (flags & FLAG_BUNDLE) === 0 ? 0 : -1;
  if ((flags & FLAG_BUNDLE) === 0) return payloadBytes === frameBytes ? 1 : -1;
  const frames = payloadBytes / frameBytes;
  return Number.isInteger(frames) && frames <= BUNDLE_MAX_FRAMES ? frames : -1;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  const low = bytes[offset]! | (bytes[offset + 1]! << 8);
  const high = bytes[offset + 2]! | (bytes[offset + 3]! << 8);
  return (low | (high << 16)) >>> 0;
}

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}
