// Laws of the packet codec, on any header and on any bytes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES, PacketHeader, readHeader, writeHeader } from '../../../core/wire/packet.ts';
import { runs } from '../../support/runs.ts';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const header = fc
  .record({ flags: fc.nat(15), generation: fc.nat(0xffff), sequence: uint32, timestamp: uint32 })
  .map((fields) => Object.assign(new PacketHeader(), fields));
/** Bytes that often begin as an audio packet does. */
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .tuple(fc.constantFrom(0, 1, 1, 2), fc.nat(31), fc.uint8Array({ minLength: 8, maxLength: 40 }))
    .map(([kind, flags, rest]) => Uint8Array.of(kind, flags, ...rest)),
);

describe('laws of the packet codec', () => {
  it('[W1] reads every header as it was written, and writes nothing else', () => {
    fc.assert(
      fc.property(
        header,
        fc.uint8Array({ maxLength: 50 }),
        fc.nat(3),
        (written, payload, offset) => {
          const buffer = new Uint8Array(offset + HEADER_BYTES + payload.length + 1).fill(0xa5);
          const bytes = buffer.subarray(offset, -1);
          bytes.set(payload, HEADER_BYTES);
          writeHeader(bytes, written);
          const read = new PacketHeader();
          expect(readHeader(bytes, read)).toBe('ok');
          expect(read).toEqual(written);
          expect(bytes.subarray(HEADER_BYTES)).toEqual(payload);
          expect(
            [...buffer.subarray(0, offset), buffer.at(-1)].every((byte) => byte === 0xa5),
          ).toBe(true);
        },
      ),
      { seed: 1, numRuns: runs(500) },
    );
  });

  it('[W1, W2, W3, W4] reads any bytes: what is a header writes back the same, the rest changes nothing', () => {
    const outcomes = { ok: 0, 'too-short': 0, 'unknown-kind': 0, 'reserved-flags': 0 };
    fc.assert(
      fc.property(anyBytes, header, (bytes, before) => {
        const read = Object.assign(new PacketHeader(), before);
        const outcome = readHeader(bytes, read);
        outcomes[outcome]++;
        if (outcome !== 'ok') {
          expect(read).toEqual(before);
          return;
        }
        const back = bytes.slice();
        back.fill(0, 0, HEADER_BYTES);
        writeHeader(back, read);
        expect(back).toEqual(bytes);
      }),
      { seed: 2, numRuns: runs(1500) },
    );
    for (const times of Object.values(outcomes)) expect(times).toBeGreaterThan(50);
  });
});
