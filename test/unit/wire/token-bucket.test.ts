// The token bucket, by hand.
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../core/wire/token-bucket.ts';

describe('token bucket', () => {
  it('[W15] admits its burst at once, then its rate', () => {
    const bucket = new TokenBucket(5, 10, 0);
    expect(bucket.take(10, 0)).toBe(true);
    expect(bucket.take(1, 0)).toBe(false);
    expect(bucket.take(1, 199)).toBe(false);
    expect(bucket.take(1, 200)).toBe(true);
    expect(bucket.take(1, 200)).toBe(false);
  });

  it('[W15] takes nothing for what it refuses, and never holds more than its burst', () => {
    const bucket = new TokenBucket(1000, 10, 0);
    expect(bucket.take(11, 60_000)).toBe(false);
    expect(bucket.take(10, 60_000)).toBe(true);
  });

  it('[W15] gains nothing from a clock that is set back and runs again', () => {
    const bucket = new TokenBucket(1000, 10, 5000);
    expect(bucket.take(10, 5000)).toBe(true);
    expect(bucket.take(1, 1000)).toBe(false);
    expect(bucket.take(1, 5000)).toBe(false);
    expect(bucket.take(1, 5001)).toBe(true);
  });
});
