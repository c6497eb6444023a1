// Encodes samples as a mono 16-bit PCM wave file, and decodes the one a synthesizer prints.

const headerBytes = 44;
const bytesPerSample = 2;
const fullScale = 0x7fff;

/** Samples at one rate; 1 is full scale. */
export interface Recording {
  readonly sampleRateHz: number;
  readonly samples: Float64Array;
}

/** The bytes of a mono PCM16 wave file (RIFF, `fmt ` chunk of 16 bytes, then `data`). Throws where a sample would clip. */
export function encodeWaveFile({ sampleRateHz, samples }: Recording): Buffer {
  const dataBytes = samples.length * bytesPerSample;
  const file = Buffer.alloc(headerBytes + dataBytes);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(headerBytes - 8 + dataBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // one channel
  file.writeUInt32LE(sampleRateHz, 24);
  file.writeUInt32LE(sampleRateHz * bytesPerSample, 28);
  file.writeUInt16LE(bytesPerSample, 32);
  file.writeUInt16LE(8 * bytesPerSample, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  samples.forEach((sample, index) => {
    file.writeInt16LE(Math.round(sample * fullScale), headerBytes + index * bytesPerSample);
  });
  return file;
}

/** The recording in a mono PCM16 wave file whose header has the plain 44 bytes. Throws for any other file. */
export function decodeWaveFile(file: Buffer): Recording {
  const isPlain =
    file.toString('latin1', 8, 16) === 'WAVEfmt ' && file.toString('latin1', 36, 40) === 'data';
  if (!isPlain || file.readUInt16LE(22) !== 1 || file.readUInt16LE(34) !== 16) {
    throw new Error(
      'cannot decode the recording: it must be a mono 16-bit wave file with a plain header',
    );
  }
  const samples = new Float64Array((file.length - headerBytes) / bytesPerSample);
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = file.readInt16LE(headerBytes + index * bytesPerSample) / fullScale;
  }
  return { sampleRateHz: file.readUInt32LE(24), samples };
}
