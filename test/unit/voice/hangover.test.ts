// The hangover by itself: what counts as silence, and how long a turn waits for it.

import { describe, expect, it } from 'vitest';
import { conversationConfig } from '../../../core/conversation/config.ts';
import { Hangover } from '../../../core/voice/hangover.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';

const SECOND = 16_000;

function hangover(hangoverMaximumMs: number): Hangover {
  return new Hangover(conversationConfig({ hangoverMs: 320, hangoverMaximumMs }));
}

/** Windows of one score after which a turn of so much speech ends. */
function windowsToEnd(probability: number, speechSamples: number, hangoverMaximumMs = 1280) {
  const silence = hangover(hangoverMaximumMs);
  silence.speech();
  for (let windows = 1; windows <= 100; windows++) {
    silence.nextProbability = probability;
    silence.silence(WINDOW_SAMPLES);
    if (silence.isOver(windows * WINDOW_SAMPLES, speechSamples)) return windows;
  }
  throw new Error('The turn did not end.');
}

describe('the hangover', () => {
  it('[T20] is hangoverMs of clear silence', () => {
    expect(windowsToEnd(0, 0)).toBe(10);
    expect(windowsToEnd(0.02, 0)).toBe(10);
  });

  it('[T20] counts silence that scores higher for less, half of it in the geometric mean', () => {
    expect(windowsToEnd(0.0634, 0)).toBe(21);
    expect(windowsToEnd(0.0632, 0)).toBe(20);
    expect(windowsToEnd(0.03, 0)).toBe(13);
  });

  it('[T20] is hangoverMaximumMs where every score hovers', () => {
    expect(windowsToEnd(0.2, 0)).toBe(40);
    expect(windowsToEnd(0.34, 0)).toBe(40);
  });

  it('[T21] grows with the speech of the turn, to twice as much after 4 s', () => {
    expect(windowsToEnd(0, 2 * SECOND)).toBe(15);
    expect(windowsToEnd(0, 4 * SECOND)).toBe(20);
    expect(windowsToEnd(0, 60 * SECOND)).toBe(20);
    expect(windowsToEnd(0, 60 * SECOND, 480)).toBe(15);
  });

  it.each([0, 320])('[T22] is a constant with a maximum of %i ms', (hangoverMaximumMs) => {
    for (const probability of [0, 0.05, 0.3]) {
      for (const speechSamples of [0, 2 * SECOND, 60 * SECOND]) {
        expect(windowsToEnd(probability, speechSamples, hangoverMaximumMs)).toBe(10);
      }
    }
  });
});
