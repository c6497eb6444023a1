import { describe, expect, it } from 'vitest';
import { closeReason } from '../../../durable-objects/runtime/close-reason.ts';
import {
  checkRow,
  ROW_MAX_BYTES,
  RowSizeError,
  storedBytes,
} from '../../../durable-objects/runtime/row-size.ts';
import { isTeardown } from '../../../durable-objects/runtime/teardown.ts';

describe('limits of the platform', () => {
  it('[D11] estimates no less than what a value takes, also inside records and lists', () => {
    const value = { a: [new Int16Array(1000), new Float32Array(10)], b: 'text', c: null, d: 1.5 };
    expect(storedBytes(value)).toBeGreaterThanOrEqual(2000 + 40 + 8 + 8);
    expect(storedBytes(new ArrayBuffer(500))).toBeGreaterThanOrEqual(500);
  });

  it('[D11] refuses a row of more than 2,000,000 bytes and takes one of as much', () => {
    const overhead = storedBytes(new Uint8Array(0));
    checkRow('full', new Uint8Array(ROW_MAX_BYTES - overhead));
    expect(() => checkRow('over', new Uint8Array(ROW_MAX_BYTES - overhead + 1))).toThrow(
      RowSizeError,
    );
    expect(() => checkRow('over', new Uint8Array(ROW_MAX_BYTES))).toThrow(/"over".*2000000/);
  });

  it('[D16] cuts the reason of a close to 123 bytes, between characters', () => {
    expect(closeReason('short')).toBe('short');
    expect(closeReason('x'.repeat(200))).toBe('x'.repeat(123));
    expect(closeReason('é'.repeat(100))).toBe('é'.repeat(61));
    expect(closeReason('𝄞'.repeat(40))).toBe('𝄞'.repeat(30));
  });

  it('[D17] tells the end of a connection apart from a fault', () => {
    expect(isTeardown(new TypeError("Can't call WebSocket send() after close()."))).toBe(true);
    expect(isTeardown(new Error('Network connection lost.'))).toBe(true);
    expect(isTeardown(new TypeError('undefined is not a function'))).toBe(false);
    expect(isTeardown('after close')).toBe(false);
  });
});
