// The head of a WAV file: 44 bytes before 16-bit PCM.

export const WAV_HEAD_BYTES = 44;

/** The head for mono 16-bit PCM of this many samples (RIFF WAVE, format 1). Sizes beyond 4 GiB are told as the largest there is. */
export function wavHead(rateHz: number, samples: number): Uint8Array {
  const dataBytes = 2 * samples;
  const bytes = new Uint8Array(WAV_HEAD_BYTES);
  const view = new DataView(bytes.buffer);
  writeAscii(bytes, 0, 'RIFF');
  view.setUint32(4, Math.min(0xffff_ffff, WAV_HEAD_BYTES - 8 + dataBytes), true);
  writeAscii(bytes, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, 2 * rateHz, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeAscii(bytes, 36, 'data');
  view.setUint32(40, Math.min(0xffff_ffff, dataBytes), true);
  return bytes;
}

function writeAscii(bytes: Uint8Array, offset: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[offset + index] = text.charCodeAt(index);
}
