// µ-law against the values of ITU-T G.711, table 2a, which are in 14-bit units.
import { describe, expect, it } from 'vitest';
import { decodeMulaw, encodeMulaw, MULAW_SILENCE } from '../../../core/media/mulaw.ts';

/** Character signal, output value, and the decision value at its lower end: the outermost of every segment. */
const TABLE_2A = [
  [0x80, 8031, 7903],
  [0x8f, 4191, 4063],
  [0x90, 3999, 3935],
  [0x9f, 2079, 2015],
  [0xa0, 1983, 1951],
  [0xaf, 1023, 991],
  [0xb0, 975, 959],
  [0xbf, 495, 479],
  [0xc0, 471, 463],
  [0xcf, 231, 223],
  [0xd0, 219, 215],
  [0xdf, 99, 95],
  [0xe0, 93, 91],
  [0xef, 33, 31],
  [0xf0, 30, 29],
  [0xfe, 2, 1],
] as const;

describe('µ-law', () => {
  it('[M12] decodes to the output values of G.711, of either sign', () => {
    for (const [byte, value] of TABLE_2A) {
      expect(decodeMulaw(byte)).toBe(value * 4);
      expect(decodeMulaw(byte & 0x7f)).toBe(-value * 4);
    }
    expect(decodeMulaw(0xff)).toBe(0);
    expect(decodeMulaw(0x7f)).toBe(0);
  });

  it('[M13] encodes by the decision values of G.711, of either sign', () => {
    for (const [byte, , decision] of TABLE_2A) {
      expect(encodeMulaw(decision * 4)).toBe(byte);
      expect(encodeMulaw(decision * 4 - 1)).toBe(byte + 1);
      expect(encodeMulaw(-decision * 4)).toBe(byte & 0x7f);
    }
  });

  it('[M13] makes samples that are too loud the loudest, and zero 0xff', () => {
    expect(encodeMulaw(32_767)).toBe(0x80);
    expect(encodeMulaw(-32_768)).toBe(0x00);
    expect(encodeMulaw(0)).toBe(MULAW_SILENCE);
  });

  it('[M14] keeps every byte but the second zero through decode and encode', () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(encodeMulaw(decodeMulaw(byte))).toBe(byte === 0x7f ? 0xff : byte);
    }
  });

  it('[M14] brings every sample in range back within half a step of its segment, in order', () => {
    let previous = -32_124;
    for (let sample = -32_635; sample <= 32_635; sample++) {
      const byte = encodeMulaw(sample);
      const halfStep = 4 << ((~byte >> 4) & 7);
      const back = decodeMulaw(byte);
      if (Math.abs(back - sample) > halfStep || back < previous) {
        expect.fail(`${sample} came back as ${back}.`);
      }
      previous = back;
    }
    expect(previous).toBe(32_124);
  });
});
