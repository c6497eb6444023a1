// Laws of the payload codecs: any bytes, any cuts, any interruption.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MULAW_SILENCE } from '../../../core/media/mulaw.ts';
import { PayloadDecoder, PayloadEncoder } from '../../../core/media/payload-codec.ts';
import type { AudioFormat } from '../../../core/wire/messages.ts';
import { runs } from '../../support/runs.ts';

const PCM: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };
const MULAW: AudioFormat = { codec: 'mulaw', rateHz: 8000, frameMs: 20 };
const format = fc.constantFrom(PCM, MULAW);
const frames = fc.array(fc.uint8Array({ minLength: 2, maxLength: 1400 }), { maxLength: 6 });

function decodeAll(decoder: PayloadDecoder, bytes: Uint8Array): Int16Array {
  const into = new Int16Array(2 * bytes.length);
  return into.slice(0, decoder.decode(bytes, 0, bytes.length, into, 0));
}

function encodeAll(encoder: PayloadEncoder, samples: Int16Array): Uint8Array {
  const into = new Uint8Array(2 * samples.length);
  return into.slice(0, encoder.encode(samples, 0, samples.length, into, 0));
}

/** All the samples of a stretch of silence: those written and the zeros that the caller counts. */
function silence(decoder: PayloadDecoder, wireSamples: number): number[] {
  const into = new Int16Array(64).fill(-7);
  const written = decoder.silence(wireSamples, into, 0);
  const zeros = decoder.ratio * wireSamples - written;
  return [...into.subarray(0, written), ...new Array<number>(zeros).fill(0)];
}

describe('laws of the payload codecs', () => {
  it('[M21] writes any bytes of PCM16 back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const whole = bytes.subarray(0, bytes.length & ~1);
        const samples = decodeAll(new PayloadDecoder(PCM), whole);
        expect(encodeAll(new PayloadEncoder(PCM), samples)).toEqual(whole);
      }),
      { seed: 22, numRuns: runs(100) },
    );
  });

  it('[M24, M25] makes of silence exactly what as many silent bytes make, however it is cut', () => {
    const pieces = fc.array(fc.oneof(fc.nat(50), fc.nat(400)), { minLength: 1, maxLength: 5 });
    let heard = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uint8Array({ maxLength: 80 }), pieces)), (stream) => {
        let counted = new PayloadDecoder(MULAW);
        const decoded = new PayloadDecoder(MULAW);
        for (const [bytes, lengths] of stream) {
          expect(decodeAll(counted, bytes)).toEqual(decodeAll(decoded, bytes));
          const total = lengths.reduce((sum, length) => sum + length, 0);
          const quiet = lengths.flatMap((length) => {
            counted = moved(counted, new PayloadDecoder(MULAW));
            return silence(counted, length);
          });
          expect(quiet).toEqual([...decodeAll(decoded, new Uint8Array(total).fill(MULAW_SILENCE))]);
          heard += quiet.filter((sample) => sample !== 0).length;
        }
      }),
      { seed: 24, numRuns: runs(100) },
    );
    expect(heard).toBeGreaterThan(1000);
  });

  it('[M25] decodes and encodes in chunks as in one piece, and after a snapshot as if never interrupted', () => {
    fc.assert(
      fc.property(format, frames, (one, chunks) => {
        const even = chunks.map((chunk) => chunk.subarray(0, chunk.length & ~1));
        const bytes = Uint8Array.from(even.flatMap((chunk) => [...chunk]));
        const samples = decodeAll(new PayloadDecoder(one), bytes);
        expect(samples.length).toBe(one === MULAW ? 2 * bytes.length : bytes.length / 2);
        let decoder = new PayloadDecoder(one);
        let encoder = new PayloadEncoder(one);
        const decoded: number[] = [];
        const encoded: number[] = [];
        for (const chunk of even) {
          const part = decodeAll(decoder, chunk);
          decoded.push(...part);
          encoded.push(...encodeAll(encoder, part));
          decoder = moved(decoder, new PayloadDecoder(one));
          encoder = moved(encoder, new PayloadEncoder(one));
        }
        expect(decoded).toEqual([...samples]);
        expect(encoded).toEqual([...encodeAll(new PayloadEncoder(one), samples)]);
      }),
      { seed: 25, numRuns: runs(100) },
    );
  });

  it('[M25] begins anew after reset and after a snapshot without fields', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 300 }),
        (before, bytes) => {
          const fresh = decodeAll(new PayloadDecoder(MULAW), bytes);
          const freshBytes = encodeAll(new PayloadEncoder(MULAW), fresh);
          const decoder = new PayloadDecoder(MULAW);
          const encoder = new PayloadEncoder(MULAW);
          for (const again of [
            () => [decoder.reset(), encoder.reset()],
            () => [decoder.restore({}), encoder.restore({})],
          ]) {
            encodeAll(encoder, decodeAll(decoder, before));
            again();
            expect(decoder.silence(50, new Int16Array(100), 0)).toBe(0);
            expect(decodeAll(decoder, bytes)).toEqual(fresh);
            expect(encodeAll(encoder, fresh)).toEqual(freshBytes);
          }
        },
      ),
      { seed: 26, numRuns: runs(100) },
    );
  });
});

function moved<Codec extends PayloadDecoder | PayloadEncoder>(from: Codec, to: Codec): Codec {
  to.restore(structuredClone(from.snapshot()));
  return to;
}
