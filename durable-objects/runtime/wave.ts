// Reads the samples out of a wave file (RIFF/WAVE, Microsoft Multimedia Programming Interface 1.0).

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const FORMAT_CHUNK_BYTES = 16;
const FORMAT_PCM = 1;

/** Thrown for a file that cannot be used; the message is a sentence. */
export class WaveError extends Error {
  override readonly name = 'WaveError';
}

/** The samples of a mono PCM16 file, and their rate. */
export interface Wave {
  readonly rateHz: number;
  readonly samples: Int16Array;
}

/** The samples of a mono PCM16 file at `rateHz`, as a copy. Throws WaveError. */
export function readWave(file: ArrayBuffer, rateHz: number): Int16Array {
  return readWaveWithin(file, rateHz, rateHz).samples;
}

/**
 * A mono PCM16 file at a rate between two, as a copy. Chunks other than `fmt ` and `data` are stepped over, in any order;
 * a `data` chunk that claims more than the file holds ends with the file. Throws WaveError.
 */
export function readWaveWithin(file: ArrayBuffer, lowestHz: number, highestHz: number): Wave {
  const view = new DataView(file);
  if (file.byteLength < RIFF_HEADER_BYTES || tag(view, 0) !== 'RIFF' || tag(view, 8) !== 'WAVE') {
    throw new WaveError('Cannot read the wave file: it has no RIFF/WAVE header.');
  }
  let rateHz: number | null = null;
  for (let at = RIFF_HEADER_BYTES; at + CHUNK_HEADER_BYTES <= file.byteLength; ) {
    const start = at + CHUNK_HEADER_BYTES;
    const lengthBytes = Math.min(view.getUint32(at + 4, true), file.byteLength - start);
    const name = tag(view, at);
    if (name === 'fmt ') {
      rateHz = rateOf(view, start, lengthBytes, lowestHz, highestHz);
    } else if (name === 'data' && rateHz !== null) {
      return { rateHz, samples: decodePcm16(view, start, lengthBytes) };
    }
    at = start + lengthBytes + (lengthBytes % 2); // chunks are padded to even lengths
  }
  throw new WaveError(
    `Cannot read the wave file: it has no ${rateHz === null ? 'format' : 'samples'}.`,
  );
}

function rateOf(
  view: DataView,
  start: number,
  lengthBytes: number,
  lowestHz: number,
  highestHz: number,
): number {
  if (lengthBytes < FORMAT_CHUNK_BYTES) {
    throw new WaveError('Cannot read the wave file: its format is cut short.');
  }
  const encoding = view.getUint16(start, true);
  const channels = view.getUint16(start + 2, true);
  const fileRateHz = view.getUint32(start + 4, true);
  const sampleBits = view.getUint16(start + 14, true);
  const isRateRight = fileRateHz >= lowestHz && fileRateHz <= highestHz;
  if (encoding !== FORMAT_PCM || channels !== 1 || !isRateRight || sampleBits !== 16) {
    const rates = lowestHz === highestHz ? `${lowestHz} Hz` : `${lowestHz} to ${highestHz} Hz`;
    throw new WaveError(
      `Cannot read the wave file: it must be mono 16-bit PCM at ${rates}, received encoding ${encoding}, ${channels} channels, ${sampleBits} bits at ${fileRateHz} Hz.`,
    );
  }
  return fileRateHz;
}

function decodePcm16(view: DataView, start: number, lengthBytes: number): Int16Array {
  const samples = new Int16Array(Math.floor(lengthBytes / 2));
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = view.getInt16(start + 2 * index, true);
  }
  return samples;
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}
