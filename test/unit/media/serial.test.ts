// Serial-number arithmetic at its edges.
import { describe, expect, it } from 'vitest';
import {
  generationDelta,
  nextGeneration,
  nextSequence,
  sequenceDelta,
  unwrapTimestamp,
  wrapTimestamp,
} from '../../../core/media/serial.ts';

describe('serial numbers', () => {
  it('[M1] measures the distance across the wrap at 2³²', () => {
    expect(sequenceDelta(3, 0xffff_fffe)).toBe(5);
    expect(sequenceDelta(0xffff_fffe, 3)).toBe(-5);
    expect(sequenceDelta(7, 7)).toBe(0);
  });

  it('[M1] turns negative at half the range, seen from either side', () => {
    expect(sequenceDelta(0x7fff_ffff, 0)).toBe(2 ** 31 - 1);
    expect(sequenceDelta(0x8000_0000, 0)).toBe(-(2 ** 31));
    expect(sequenceDelta(0, 0x8000_0000)).toBe(-(2 ** 31));
    expect(sequenceDelta(0x8000_0001, 0)).toBe(-(2 ** 31) + 1);
  });

  it('[M2] counts sequence numbers on from 2³² − 1 to 0', () => {
    expect(nextSequence(0)).toBe(1);
    expect(nextSequence(0x7fff_ffff)).toBe(0x8000_0000);
    expect(nextSequence(0xffff_ffff)).toBe(0);
  });

  it('[M3] does the same with generations at 2¹⁶', () => {
    expect(generationDelta(1, 0xffff)).toBe(2);
    expect(generationDelta(0xffff, 1)).toBe(-2);
    expect(generationDelta(0x7fff, 0)).toBe(2 ** 15 - 1);
    expect(generationDelta(0x8000, 0)).toBe(-(2 ** 15));
    expect(generationDelta(0, 0x8000)).toBe(-(2 ** 15));
    expect(nextGeneration(0xffff)).toBe(0);
    expect(nextGeneration(41)).toBe(42);
  });

  it('[M4] places a timestamp beside one that is known, across the wrap', () => {
    expect(unwrapTimestamp(0x10, 0xffff_fff0, 100)).toBe(132);
    expect(unwrapTimestamp(0xffff_fff0, 0x10, 132)).toBe(100);
    expect(unwrapTimestamp(5, 10, 0)).toBe(-5);
    expect(wrapTimestamp(132, 0xffff_ff8c)).toBe(0x10);
    expect(wrapTimestamp(0x8000_0000, 5)).toBe(0x8000_0005);
  });
});
