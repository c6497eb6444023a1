// Laws of text sizes and of the token bucket.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textBytes, textFits } from '../../../core/wire/limits.ts';
import { TokenBucket } from '../../../core/wire/token-bucket.ts';
import { runs } from '../../support/runs.ts';

describe('laws of limits', () => {
  it('[W13] counts the bytes that an encoder makes, of any text', () => {
    const encoder = new TextEncoder();
    const units = fc.array(
      fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })),
    );
    fc.assert(
      fc.property(units, fc.nat(30), (codes, limit) => {
        const text = String.fromCharCode(...codes);
        const bytes = encoder.encode(text).length;
        expect(textBytes(text)).toBe(bytes);
        expect(textFits(text, limit)).toBe(bytes <= limit);
      }),
      { seed: 13, numRuns: runs(500) },
    );
  });

  it('[W15] admits at most burst + rate · time over every stretch, and all that keeps to it', () => {
    const takes = fc.array(
      fc.record({ waitMs: fc.integer({ min: -50, max: 400 }), amount: fc.nat(30) }),
    );
    let admitted = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(60), takes, (rate, burst, steps) => {
        const bucket = new TokenBucket(rate, burst, 1_000_000);
        let nowMs = 1_000_000;
        let latestMs = nowMs;
        /** What a bucket holds, in thousandths: whole numbers, no rounding. */
        let tokens = burst * 1000;
        for (const { waitMs, amount } of steps) {
          nowMs += waitMs;
          tokens = Math.min(burst * 1000, tokens + Math.max(0, nowMs - latestMs) * rate);
          latestMs = Math.max(latestMs, nowMs);
          // Within a billionth of the bound either answer is right.
          const taken = bucket.take(amount, nowMs);
          if (Math.abs(tokens - amount * 1000) > 1e-6) expect(taken).toBe(tokens >= amount * 1000);
          if (taken) tokens -= amount * 1000;
          if (taken) admitted++;
          else refused++;
        }
      }),
      { seed: 15, numRuns: runs(300) },
    );
    expect(Math.min(admitted, refused)).toBeGreaterThan(300);
  });
});
