// Samples as the bytes that the API carries, and back.

import { encodeBase64 } from '../../../durable-objects/agents/vendor/base64.ts';

/** PCM16, little-endian, as base64. */
export function bytesOf(samples: Int16Array): string {
  const bytes = new Uint8Array(2 * samples.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < samples.length; index++) {
    view.setInt16(2 * index, samples[index]!, true);
  }
  return encodeBase64(bytes);
}

/** Whole samples of PCM16, little-endian. */
export function samplesOf(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = new Int16Array(bytes.length / 2);
  for (let index = 0; index < samples.length; index++)
    samples[index] = view.getInt16(2 * index, true);
  return samples;
}
