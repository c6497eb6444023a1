// Close codes and what a client does about them.
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES, closeAction } from '../../../core/wire/close-codes.ts';

describe('close codes', () => {
  it('[W17] are free for applications, all different, and say why in at most 123 bytes', () => {
    const codes = Object.values(CLOSE_CODES);
    expect(new Set(codes.map(({ code }) => code)).size).toBe(codes.length);
    for (const { code, action, sentence } of codes) {
      expect(code).toBeGreaterThanOrEqual(4000);
      expect(code).toBeLessThanOrEqual(4999);
      expect(new TextEncoder().encode(sentence).length).toBeLessThanOrEqual(123);
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(closeAction(code)).toBe(action);
    }
  });

  it('[W17] never lead back when another connection took over', () => {
    expect(CLOSE_CODES.replaced).toMatchObject({ code: 4409, action: 'give-up' });
  });

  it('[W18] of others mean give-up where both sides disagree, and retry where something failed', () => {
    for (const code of [1000, 1002, 1003, 1007, 1008, 1009, 1010]) {
      expect(closeAction(code)).toBe('give-up');
    }
    for (const code of [0, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015, 3000, 4000, 4999]) {
      expect(closeAction(code)).toBe('retry');
    }
  });
});
