// Encodes FLAC (RFC 9639): the head of a stream, and frames that need nothing of the frames before them.

import { BitWriter } from './bit-writer.ts';
import { bestResidual, writeResidual } from './flac-residual.ts';

/** Samples of every frame but the last. */
export const FLAC_BLOCK_SAMPLES = 4096;

const BITS_PER_SAMPLE = 16;

/** Codes of block size, rate and sample size in a frame header (RFC 9639 §9.1). */
const BLOCK_4096 = 0b1100;
const BLOCK_IN_16_BITS = 0b0111;
const RATE_CODES: ReadonlyMap<number, number> = new Map([
  [8000, 0b0100],
  [16_000, 0b0101],
  [24_000, 0b0111],
  [48_000, 0b1010],
]);
/** The rate is the one told at the head of the stream. */
const RATE_FROM_STREAM = 0;
const SIXTEEN_BITS = 0b100;

/** The head of a stream (RFC 9639 §8.2); its checksum of the audio is left unknown, which the format allows. */
export function flacHead(rateHz: number, channels: number, totalSamples: number): Uint8Array {
  const bits = new BitWriter();
  for (const character of [0x66, 0x4c, 0x61, 0x43]) bits.write(character, 8);
  // The last metadata block, of type STREAMINFO, 34 bytes long.
  bits.write(0x80, 8);
  bits.write(34, 24);
  bits.write(FLAC_BLOCK_SAMPLES, 16);
  bits.write(FLAC_BLOCK_SAMPLES, 16);
  // Smallest and largest frame: not known.
  bits.write(0, 24);
  bits.write(0, 24);
  bits.write(rateHz, 20);
  bits.write(channels - 1, 3);
  bits.write(BITS_PER_SAMPLE - 1, 5);
  bits.write(Math.floor(totalSamples / 2 ** 18), 18);
  bits.write(totalSamples % 2 ** 18, 18);
  for (let byte = 0; byte < 16; byte++) bits.write(0, 8);
  return bits.bytes.slice();
}

/** Frame `number` of a stream: one array of samples for each channel, all of one length, of FLAC_BLOCK_SAMPLES but for the last. */
export function flacFrame(
  number: number,
  rateHz: number,
  channels: readonly Int16Array[],
): Uint8Array {
  const samples = channels[0]!.length;
  const bits = new BitWriter();
  // Sync code, fixed block size.
  bits.write(0xfff8, 16);
  const isWhole = samples === FLAC_BLOCK_SAMPLES;
  bits.write(isWhole ? BLOCK_4096 : BLOCK_IN_16_BITS, 4);
  bits.write(RATE_CODES.get(rateHz) ?? RATE_FROM_STREAM, 4);
  bits.write(channels.length - 1, 4);
  bits.write(SIXTEEN_BITS, 3);
  bits.write(0, 1);
  writeCodedNumber(bits, number);
  if (!isWhole) bits.write(samples - 1, 16);
  bits.write(crc8(bits.bytes), 8);
  for (const channel of channels) writeSubframe(bits, channel);
  bits.align();
  bits.write(crc16(bits.bytes), 16);
  return bits.bytes.slice();
}

function writeSubframe(bits: BitWriter, samples: Int16Array): void {
  const first = samples[0]!;
  if (samples.every((sample) => sample === first)) {
    bits.write(0b0000_0000, 8);
    bits.write(first, BITS_PER_SAMPLE);
    return;
  }
  const residual = bestResidual(samples);
  if (residual.bits >= samples.length * BITS_PER_SAMPLE) {
    bits.write(0b0000_0010, 8);
    for (const sample of samples) bits.write(sample, BITS_PER_SAMPLE);
    return;
  }
  bits.write((0b001000 | residual.order) << 1, 8);
  for (let index = 0; index < residual.order; index++) bits.write(samples[index]!, BITS_PER_SAMPLE);
  writeResidual(bits, residual);
}

/** A frame's number in the manner of UTF-8, extended to 36 bits (RFC 9639 §9.1.5); here up to 31. */
function writeCodedNumber(bits: BitWriter, number: number): void {
  if (number < 0x80) {
    bits.write(number, 8);
    return;
  }
  let followers = 1;
  while (number >= 2 ** (5 * followers + 6)) followers++;
  const lead = (0xff << (7 - followers)) & 0xff;
  bits.write(lead | Math.floor(number / 2 ** (6 * followers)), 8);
  for (let follower = followers - 1; follower >= 0; follower--) {
    bits.write(0x80 | (Math.floor(number / 2 ** (6 * follower)) & 0x3f), 8);
  }
}

/** Polynomial x⁸ + x² + x + 1. */
function crc8(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}

/** Polynomial x¹⁶ + x¹⁵ + x² + 1. */
const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x8005 : crc << 1;
  return crc;
});

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ byte]!;
  return crc;
}
