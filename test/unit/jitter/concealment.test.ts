// Standing in for missing audio: how it begins, how it fades, how audio comes back.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fundamentalHz } from '../../../bench/stretch/fundamental.ts';
import { jumpQuantile, largestJump } from '../../../bench/stretch/stretch-measures.ts';
import { Concealment } from '../../../core/jitter/concealment.ts';
import { randomOf } from '../../../simulation/random.ts';
import { atRate, speechExcerpt } from '../../support/speech-excerpts.ts';

const RATES_HZ = [8000, 16_000, 24_000, 44_100, 48_000];

function noise(length: number, peak: number): Int16Array {
  const random = randomOf(3);
  return Int16Array.from({ length }, () => Math.round((2 * random() - 1) * peak));
}

/** A triangle wave: nothing of it but its period repeats. */
function voice(length: number, period: number, peak: number): Int16Array {
  return Int16Array.from({ length }, (_, index) => {
    const phase = (index % period) / period;
    return Math.round(peak * (phase < 0.3 ? phase / 0.15 - 1 : 1 - (phase - 0.3) / 0.35));
  });
}

function joinedUp(...parts: readonly Int16Array[]): Int16Array {
  const joined = new Int16Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function rms(samples: Int16Array, from = 0, length = samples.length): number {
  let sum = 0;
  for (let index = from; index < from + length; index++) sum += samples[index]! ** 2;
  return Math.sqrt(sum / length);
}

function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

/** Normalised correlation of two pieces of the same length. */
function likeness(a: Int16Array, b: Int16Array): number {
  let product = 0;
  for (let index = 0; index < a.length; index++) product += a[index]! * b[index]!;
  return product / (a.length * rms(a) * rms(b) + 1e-9);
}

/** What stands in for `missing` samples after `before` was played in frames of 20 ms, pulled 10 ms at a time. */
function concealed(rateHz: number, before: Int16Array, missing: number): [Concealment, Int16Array] {
  const concealment = new Concealment(rateHz);
  const frame = rateHz / 50;
  for (let at = 0; at < before.length; at += frame) {
    concealment.played(before, at, Math.min(frame, before.length - at));
  }
  const output = new Int16Array(missing);
  for (let at = 0; at < missing; at += frame / 2) {
    concealment.conceal(output, at, Math.min(frame / 2, missing - at));
  }
  return [concealment, output];
}

describe('while audio is missing', () => {
  it('[Q8] a voice goes on in phase and without a jump, at every rate', () => {
    for (const rateHz of RATES_HZ) {
      for (const pitchHz of [75, 120, 210, 390]) {
        const period = Math.round(rateHz / pitchHz);
        const whole = voice(rateHz, period, 8000);
        const start = Math.round(0.71 * rateHz);
        const [, output] = concealed(rateHz, whole.slice(0, start), rateHz / 50);
        expect(likeness(output, whole.slice(start, start + rateHz / 50))).toBeGreaterThan(0.995);
        const joined = joinedUp(whole.slice(start - 10, start), output);
        const own = largestJump(whole, 0, whole.length - 1);
        expect(largestJump(joined, 0, joined.length - 1)).toBeLessThanOrEqual(1.05 * own + 2);
      }
    }
  });

  it('[Q9] the voice is 6 dB down by 60 ms, and only background is left by 120 ms', () => {
    for (const rateHz of RATES_HZ) {
      const ms = rateHz / 1000;
      const room = noise(2 * rateHz, 60);
      const speech = voice(rateHz, Math.round(rateHz / 130), 8000).map((s, n) => s + room[n]!);
      const before = joinedUp(room, speech);
      const [concealment, output] = concealed(rateHz, before, Math.round(400 * ms));
      const level = (fromMs: number, toMs: number) =>
        rms(output, Math.round(fromMs * ms), Math.round((toMs - fromMs) * ms));
      expect(decibels(level(0, 8) / rms(speech))).toBeGreaterThan(-2);
      expect(decibels(level(52, 60) / rms(speech))).toBeLessThan(-6);
      expect(decibels(level(52, 60) / rms(speech))).toBeGreaterThan(-9);
      expect(Math.abs(decibels(level(120, 400) / rms(room)))).toBeLessThan(1.5);
      expect(concealment.silent).toBe(true);
    }
  });

  it('[Q10] the background has the spectrum of the quietest 20 ms of the last 2 s, and never the level of speech', () => {
    const random = randomOf(5);
    let low = 0;
    const dark = Int16Array.from({ length: 16_000 }, () => {
      low = 0.95 * low + 40 * (2 * random() - 1);
      return Math.round(low);
    });
    const tilt = (samples: Int16Array) => {
      const steps = samples.slice(1).map((sample, index) => sample - samples[index]!);
      return decibels(rms(steps) / rms(samples));
    };
    const [, after] = concealed(16_000, joinedUp(noise(16_000, 3000), dark), 8000);
    const tail = after.slice(2400);
    expect(Math.abs(tilt(tail) - tilt(dark))).toBeLessThan(3);
    expect(Math.abs(decibels(rms(tail) / rms(dark)))).toBeLessThan(4);
    const [, unknown] = concealed(16_000, voice(16_000, 100, 12_000), 8000);
    expect(rms(unknown.slice(2000))).toBe(0);
    const [, long] = concealed(16_000, joinedUp(dark, noise(80_000, 200)), 8000);
    expect(Math.abs(decibels(rms(long.slice(2000)) / rms(noise(80_000, 200))))).toBeLessThan(2);
  });

  it('[Q10] nothing stands in for nothing: zeros before any audio, and after digital silence', () => {
    expect(rms(concealed(16_000, new Int16Array(0), 3200)[1])).toBe(0);
    expect(rms(concealed(16_000, new Int16Array(16_000), 3200)[1])).toBe(0);
  });

  it('[Q8] noise goes on as noise, not as a buzz', () => {
    const hiss = noise(16_000, 4000);
    const [, output] = concealed(16_000, hiss, 640);
    expect(Math.abs(decibels(rms(output, 0, 320) / rms(hiss)))).toBeLessThan(4);
    for (let lag = 40; lag <= 240; lag++) {
      const repeated = likeness(output.slice(0, 400), output.slice(lag, lag + 400));
      expect(repeated).toBeLessThan(0.7);
    }
  });
});

describe('when audio comes back', () => {
  it('[Q11] it joins speech without a jump, by a change of its first 10 ms at most', async () => {
    for (const rateHz of [8000, 16_000, 48_000]) {
      const samples = await atRate(speechExcerpt('conversation', 1, 6), rateHz);
      const ms = rateHz / 1000;
      const most = 1.5 * jumpQuantile(samples);
      let gaps = 0;
      for (let at = rateHz; at + 300 * ms < samples.length; at += Math.round(0.237 * rateHz)) {
        for (const missingMs of [10, 20, 60, 160]) {
          const missing = Math.round(missingMs * ms);
          const before = samples.slice(at - rateHz, at);
          const [concealment, output] = concealed(rateHz, before, missing);
          const back = samples.slice(at + missing, at + missing + 40 * ms);
          const untouched = back.slice();
          expect(concealment.active).toBe(true);
          concealment.merge(back, 0, back.length);
          expect(concealment.active).toBe(false);
          expect(back.subarray(10 * ms)).toEqual(untouched.subarray(10 * ms));
          const joined = joinedUp(before.slice(-8), output, back);
          expect(largestJump(joined, 0, joined.length - 1)).toBeLessThan(most);
          gaps++;
        }
      }
      expect(gaps).toBeGreaterThan(60);
    }
  });

  it('[Q11] a voice that runs a little ahead or behind is brought into phase while it goes out', () => {
    for (const [offset, expected] of [
      [0, 0.99],
      [12, 0.94],
      [-12, 0.94],
    ] as const) {
      const whole = voice(32_000, 130, 8000);
      const [concealment] = concealed(16_000, whole.slice(0, 13_000), 320);
      const back = whole.slice(13_320 + offset, 13_960 + offset);
      const untouched = back.slice();
      concealment.merge(back, 0, 640);
      expect(likeness(back.slice(0, 160), untouched.slice(0, 160))).toBeGreaterThan(expected);
      expect(rms(back, 0, 160) / rms(untouched, 0, 160)).toBeGreaterThan(0.8);
    }
  });

  it('[Q11] fewer samples than 10 ms are merged as they are, down to one, and none', () => {
    for (const length of [0, 1, 7, 100]) {
      const whole = voice(20_000, 130, 8000);
      const [concealment] = concealed(16_000, whole.slice(0, 13_000), 320);
      const back = whole.slice(13_320, 13_960);
      const untouched = back.slice();
      concealment.merge(back, 5, length);
      expect(concealment.active).toBe(false);
      expect(back.subarray(0, 5)).toEqual(untouched.subarray(0, 5));
      expect(back.subarray(5 + length)).toEqual(untouched.subarray(5 + length));
    }
  });

  it('[Q12] says how much longer to conceal until the voice is in phase with what came back', () => {
    for (const rateHz of RATES_HZ) {
      const period = Math.round(rateHz / 123);
      const whole = voice(2 * rateHz, period, 8000);
      const start = Math.round(0.71 * rateHz);
      for (const missing of [0.01, 0.02, 0.03, 0.05]) {
        // The audio was late, not lost: it goes on where it stopped.
        const [concealment] = concealed(
          rateHz,
          whole.slice(0, start),
          Math.round(missing * rateHz),
        );
        const back = whole.slice(start, start + rateHz / 50);
        const longer = concealment.alignment(back, 0, back.length);
        expect(longer).toBeGreaterThanOrEqual(0);
        expect(longer).toBeLessThan(period);
        const phase = (Math.round(missing * rateHz) + longer) % period;
        expect(Math.min(phase, period - phase)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('[Q12] is 0 when nothing is concealed, the voice is gone, or there was none', () => {
    const whole = voice(20_000, 130, 8000);
    expect(new Concealment(16_000).alignment(whole, 0, 320)).toBe(0);
    expect(concealed(16_000, whole.slice(0, 13_000), 1760)[0].alignment(whole, 0, 320)).toBe(0);
    expect(concealed(16_000, noise(13_000, 4000), 320)[0].alignment(whole, 0, 320)).toBe(0);
  });

  it('[Q13] speech goes on more like what is missing than a voice that is repeated at a fixed lag', () => {
    const samples = speechExcerpt('conversation', 1, 8);
    const ours: number[] = [];
    const fixed: number[] = [];
    for (let at = 16_000; at + 640 < samples.length; at += 2741) {
      if (fundamentalHz(samples, 16_000, at - 400) === null) continue;
      const truth = samples.slice(at, at + 160);
      ours.push(likeness(concealed(16_000, samples.slice(at - 16_000, at), 160)[1], truth));
      fixed.push(likeness(samples.slice(at - 160, at), truth));
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
    expect(ours.length).toBeGreaterThan(15);
    expect(median(ours)).toBeGreaterThan(0.9);
    expect(median(fixed)).toBeLessThan(0.7);
  });
});

describe('the same everywhere', () => {
  it('[Q14] gives these very samples', () => {
    const samples = speechExcerpt('conversation', 0.9, 4);
    const hashes: Record<string, string> = {};
    for (const rateHz of RATES_HZ) {
      const concealment = new Concealment(rateHz);
      const hash = createHash('sha256');
      const frame = rateHz / 50;
      const block = new Int16Array(frame);
      for (let at = 0, run = 0; at + frame <= samples.length; at += frame, run++) {
        block.set(samples.subarray(at, at + frame));
        if (run % 7 < 2 || run % 50 > 41) concealment.conceal(block, 0, frame);
        else {
          concealment.merge(block, 0, frame);
          concealment.played(block, 0, frame);
        }
        hash.update(Uint8Array.from(block, (sample) => sample & 0xff));
        hash.update(Uint8Array.from(block, (sample) => (sample >> 8) & 0xff));
      }
      hashes[rateHz] = hash.digest('hex').slice(0, 16);
    }
    expect(hashes).toMatchInlineSnapshot(`
      {
        "16000": "93961040d7bdae4b",
        "24000": "d51915bd48b34b05",
        "44100": "f23cf49d84567084",
        "48000": "5a1330217b24f8ff",
        "8000": "550aed0a1a5c67eb",
      }
    `);
  });
});
