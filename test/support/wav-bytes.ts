// Makes WAV files of any kind, byte by byte and without the library that reads them.

export interface WavKind {
  readonly formatTag: 1 | 3;
  readonly bits: 8 | 16 | 24 | 32 | 64;
  readonly channels: number;
  readonly rateHz: number;
  /** WAVE_FORMAT_EXTENSIBLE, where the format tag hides in a GUID. */
  readonly extensible?: boolean;
  /** A chunk of odd length, and its padding byte, before the samples. */
  readonly oddChunk?: boolean;
}

/** A file whose channels hold the values (−1 … 1) that `value` gives. */
export function wavBytes(
  kind: WavKind,
  frames: number,
  value: (frame: number, channel: number) => number,
): Buffer {
  const { bits, channels } = kind;
  const sampleBytes = bits / 8;
  const data = Buffer.alloc(frames * channels * sampleBytes);
  for (let frame = 0; frame < frames; frame++) {
    for (let channel = 0; channel < channels; channel++) {
      writeSample(data, (frame * channels + channel) * sampleBytes, kind, value(frame, channel));
    }
  }
  const odd = kind.oddChunk === true ? [chunk('junk', Buffer.from('odd'))] : [];
  const body = [Buffer.from('WAVE'), chunk('fmt ', formatBytes(kind)), ...odd, chunk('data', data)];
  return chunk('RIFF', Buffer.concat(body));
}

function writeSample(data: Buffer, offset: number, { formatTag, bits }: WavKind, value: number) {
  if (formatTag === 3)
    return bits === 64 ? data.writeDoubleLE(value, offset) : data.writeFloatLE(value, offset);
  // The one width whose samples are unsigned.
  if (bits === 8) return data.writeUInt8(Math.round(value * 127) + 128, offset);
  return data.writeIntLE(Math.round(value * (2 ** (bits - 1) - 1)), offset, bits / 8);
}

function formatBytes({ formatTag, bits, channels, rateHz, extensible }: WavKind): Buffer {
  const bytes = Buffer.alloc(extensible === true ? 40 : 16);
  const blockBytes = (channels * bits) / 8;
  bytes.writeUInt16LE(extensible === true ? 0xfffe : formatTag, 0);
  bytes.writeUInt16LE(channels, 2);
  bytes.writeUInt32LE(rateHz, 4);
  bytes.writeUInt32LE(rateHz * blockBytes, 8);
  bytes.writeUInt16LE(blockBytes, 12);
  bytes.writeUInt16LE(bits, 14);
  if (extensible !== true) return bytes;
  bytes.writeUInt16LE(22, 16);
  bytes.writeUInt16LE(bits, 18);
  bytes.writeUInt16LE(formatTag, 24);
  bytes.write('000000001000800000aa00389b71', 26, 'hex');
  return bytes;
}

function chunk(name: string, content: Buffer): Buffer {
  const head = Buffer.from(`${name}????`);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}
