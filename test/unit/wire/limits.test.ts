// Limits at their bounds.
import { describe, expect, it } from 'vitest';
import { frameBytes } from '../../../core/media/payload-codec.ts';
import * as limits from '../../../core/wire/limits.ts';
import type { AudioFormat } from '../../../core/wire/messages.ts';
import { HEADER_BYTES } from '../../../core/wire/packet.ts';
import { TokenBucket } from '../../../core/wire/token-bucket.ts';

const { MESSAGE_MAX_BYTES, textBytes, textFits } = limits;
const encoder = new TextEncoder();

describe('size of a text', () => {
  it('[W13] counts every length of character, pairs and halves of pairs', () => {
    const texts = [
      '',
      'a',
      '\u007f',
      '\u0080',
      'é',
      '\u07ff',
      '\u0800',
      '世',
      '\uffff',
      '👋',
      '\u{10ffff}',
    ];
    const halves = ['\ud83d', '\udc4b', '\udc4b\ud83d', '\ud83d\ud83d\udc4b', '\ud83da', '\ud83dé'];
    for (const text of [...texts, ...halves, texts.join(''), halves.join('')]) {
      expect(textBytes(text)).toBe(encoder.encode(text).length);
    }
  });

  it('[W13] lets in what has exactly as many bytes as the limit, and not one more', () => {
    for (const character of ['a', 'é', '世', '👋']) {
      const bytes = encoder.encode(character).length;
      const text = character.repeat(Math.floor(MESSAGE_MAX_BYTES / bytes));
      const exact = text + 'a'.repeat(MESSAGE_MAX_BYTES - textBytes(text));
      expect(textBytes(exact)).toBe(65_536);
      expect(textFits(exact, MESSAGE_MAX_BYTES)).toBe(true);
      expect(textFits(`${exact}a`, MESSAGE_MAX_BYTES)).toBe(false);
    }
    // Fewer characters than the limit has bytes, and still too large.
    expect(textFits('世'.repeat(21_846), MESSAGE_MAX_BYTES)).toBe(false);
  });
});

describe('limits', () => {
  it('[W14] leave room for the largest bundle and the longest text', () => {
    const largest = frameBytes({ codec: 'pcm16', rateHz: 16_000, frameMs: 60 });
    expect(HEADER_BYTES + limits.BUNDLE_MAX_FRAMES * largest).toBe(61_452);
    expect(61_452).toBeLessThanOrEqual(MESSAGE_MAX_BYTES);
    for (const character of ['\u0000', '"', '世']) {
      const text = character.repeat(limits.TEXT_MAX_CHARACTERS);
      const json = JSON.stringify({ type: 'transcript', party: 'caller', text, final: false });
      expect(textFits(json, MESSAGE_MAX_BYTES)).toBe(true);
    }
  });

  it('[W16] admit a resend of 30 s at once and the live frames after it, in any format', () => {
    for (const frameMs of [10, 20, 40, 60] as const) {
      for (const codec of ['pcm16', 'mulaw'] as const) {
        const format: AudioFormat = { codec, rateHz: codec === 'pcm16' ? 16_000 : 8000, frameMs };
        const packetBytes = HEADER_BYTES + frameBytes(format);
        const budget = new TokenBucket(
          limits.RESEND_BYTES_PER_SECOND,
          limits.RESEND_BURST_BYTES,
          0,
        );
        for (let sent = 0; sent < 30_000; sent += frameMs) {
          expect(budget.take(packetBytes, 0)).toBe(true);
        }
        for (let nowMs = 0; nowMs < 2000; nowMs += frameMs) {
          // Ten times real time, and the live frame.
          for (let frame = 0; frame < 11; frame++)
            expect(budget.take(packetBytes, nowMs)).toBe(true);
        }
      }
    }
  });
});
