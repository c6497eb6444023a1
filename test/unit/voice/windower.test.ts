// Windows of audio, silence and gaps.

import { describe, expect, it } from 'vitest';
import { conversationConfig } from '../../../core/conversation/config.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import { Windower, type WindowSink } from '../../../core/voice/windower.ts';

const W = WINDOW_SAMPLES;
const RESET_SAMPLES = 16_000;
const SCORED_SAMPLES = 960;

/** Writes down 'window 0', 'missing 512-1024', 'silence …' and 'restart'; keeps the windows. */
class Sink implements WindowSink {
  readonly heard: string[] = [];
  readonly windows: Int16Array[] = [];

  window(startSample: number, samples: Int16Array): void {
    this.heard.push(`window ${startSample}`);
    this.windows.push(samples.slice());
  }

  missing(fromSample: number, toSample: number): void {
    this.heard.push(`missing ${fromSample}-${toSample}`);
  }

  silence(fromSample: number, toSample: number): void {
    this.heard.push(`silence ${fromSample}-${toSample}`);
  }

  restart(): void {
    this.heard.push('restart');
  }

  take(): string[] {
    return this.heard.splice(0);
  }
}

function start() {
  const sink = new Sink();
  const windower = new Windower(conversationConfig(), sink);
  const speak = (samples: number) => {
    windower.audio(new Int16Array(samples + 7).fill(5), 7, samples);
    return sink.take();
  };
  return { sink, windower, speak };
}

describe('audio', () => {
  it('[V10] is cut into windows from the first sample on', () => {
    const { sink, windower } = start();
    const samples = Int16Array.from({ length: 3 * W }, (_, index) => index);
    windower.audio(samples, 100, 2 * W + 1);
    expect(sink.take()).toEqual(['window 0', `window ${W}`]);
    expect(sink.windows).toEqual([
      samples.slice(100, 100 + W),
      samples.slice(100 + W, 100 + 2 * W),
    ]);
    expect(windower.position).toBe(2 * W + 1);
  });

  it('[V10] of no samples changes nothing', () => {
    const { sink, windower } = start();
    windower.audio(new Int16Array(4), 4, 0);
    windower.silence(0);
    windower.gap(0);
    expect(sink.take()).toEqual([]);
    expect(windower.position).toBe(0);
  });
});

describe('silence', () => {
  it('[V12] is windowed as zeros', () => {
    const { sink, windower, speak } = start();
    speak(100);
    windower.silence(1000);
    expect(speak(W * 3 - 1100)).toEqual(['window 0', `window ${W}`, `window ${2 * W}`]);
    expect(sink.windows[0]!.filter((sample) => sample === 0)).toHaveLength(412);
    expect(sink.windows[2]!.filter((sample) => sample === 0)).toHaveLength(1100 - 2 * W);
  });

  it('[V12] is skipped after gapResetMs; then windows begin anew', () => {
    const { sink, windower, speak } = start();
    speak(W + 100);
    const end = W + 100 + RESET_SAMPLES;
    windower.silence(RESET_SAMPLES);
    // The zeros fill windows up to the last whole one.
    expect(sink.windows).toHaveLength(Math.floor(end / W));
    sink.take();
    windower.silence(1000);
    const from = Math.floor(end / W) * W;
    expect(sink.take()).toEqual([
      `silence ${from}-${from + Math.floor((end + 1000 - from) / W) * W}`,
    ]);
    const rest = from + Math.floor((end + 1000 - from) / W) * W;
    expect(speak(W)).toEqual([`silence ${rest}-${end + 1000}`, 'restart', `window ${end + 1000}`]);
    expect([...sink.windows.at(-1)!]).toEqual(new Array(W).fill(5));
  });

  it('[V12] of exactly gapResetMs is not skipped', () => {
    const { sink, windower, speak } = start();
    windower.silence(RESET_SAMPLES);
    expect(speak(W).concat(sink.take())).not.toContain('restart');
  });

  it('[V12] counts from the last audio, and with lost audio in between', () => {
    const { sink, windower, speak } = start();
    windower.silence(RESET_SAMPLES - 100);
    windower.gap(SCORED_SAMPLES);
    expect(sink.take().some((heard) => heard.startsWith('silence'))).toBe(true);
    expect(speak(1)).toContain('restart');
    windower.silence(RESET_SAMPLES);
    expect(sink.take()).not.toContain('restart');
  });
});

describe('a gap', () => {
  it('[V13] up to gapScoredMs is scored as zeros', () => {
    const { sink, windower, speak } = start();
    speak(W);
    windower.gap(SCORED_SAMPLES);
    expect(speak(2 * W - SCORED_SAMPLES)).toEqual([`window ${W}`, `window ${2 * W}`]);
    expect(sink.heard).toEqual([]);
    expect(sink.windows[1]!.every((sample) => sample === 0)).toBe(true);
  });

  it('[V13] that is longer leaves no window scored that it touches, and the model begins anew after it', () => {
    const { sink, windower, speak } = start();
    speak(W + 10);
    windower.gap(SCORED_SAMPLES + 1);
    expect(sink.take()).toEqual([`missing ${W}-${2 * W}`]);
    expect(speak(3 * W)).toEqual([
      `missing ${2 * W}-${3 * W}`,
      'restart',
      `window ${3 * W}`,
      `window ${4 * W}`,
    ]);
  });

  it('[V14] longer than gapResetMs is skipped, and windows begin anew', () => {
    const { sink, windower, speak } = start();
    speak(10);
    windower.gap(5 * RESET_SAMPLES);
    const heard = [...sink.take(), ...speak(W)];
    expect(heard[0]).toBe(`missing 0-${W}`);
    expect(heard.at(-2)).toBe('restart');
    expect(heard.at(-1)).toBe(`window ${10 + 5 * RESET_SAMPLES}`);
    expect(heard.length).toBeLessThan(40);
    expect(heard.filter((word) => !word.startsWith('missing'))).toHaveLength(2);
  });

  it('[V14] and silence in one skipped stretch are told apart', () => {
    const { sink, windower, speak } = start();
    windower.silence(2 * RESET_SAMPLES);
    sink.take();
    const from = windower.position;
    windower.gap(5000);
    windower.silence(5000);
    const heard = [...sink.take(), ...speak(1)].join(' ');
    expect(heard).toMatch(new RegExp(`silence \\d+-${from} missing ${from}-`));
    expect(heard).toMatch(new RegExp(`missing \\d+-${from + 5000} silence ${from + 5000}-`));
  });
});

it('[V18] a restart gives up the unfinished window, and positions count on', () => {
  const { sink, windower, speak } = start();
  speak(W + 10);
  windower.restart();
  expect(sink.take()).toEqual([`missing ${W}-${W + 10}`, 'restart']);
  expect(speak(W)).toEqual([`window ${W + 10}`]);
  windower.restart();
  expect(sink.take()).toEqual(['restart']);
});
