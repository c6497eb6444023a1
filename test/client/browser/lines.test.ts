// The sound device's side of the browser client without a browser: capture at any rate, playback at any rate.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlaybackState } from '../../../client/browser/call-statistics.ts';
import { CaptureLine } from '../../../client/browser/capture-line.ts';
import { SpeakerFeed } from '../../../client/browser/speaker-feed.ts';
import { Playback } from '../../../client/session/playback.ts';
import type { PlayerAnswer } from '../../../client/session/player.ts';
import { Resampler } from '../../../core/media/resampler.ts';
import { FLAG_BUNDLE, FLAG_LAST } from '../../../core/wire/packet.ts';
import { runs } from '../../support/runs.ts';
import { downlinkPacket, PCM16, pcm16 } from '../../support/scripted-server.ts';

const RATES_HZ = [8000, 16_000, 22_050, 24_000, 44_100, 48_000, 96_000];
const rates = fc.constantFrom(...RATES_HZ);

/** Deterministic sound, −1 … 1. */
const tone = (length: number, rateHz: number) =>
  Float32Array.from(
    { length },
    (_, at) => 0.4 * Math.sin((2 * Math.PI * 440 * at) / rateHz) + 0.2 * Math.sin(at * at * 1e-4),
  );

function captured(line: CaptureLine, input: Float32Array, cuts: readonly number[]): number[] {
  const block = new Int16Array(160);
  const given: number[] = [];
  for (let at = 0, cut = 0; at < input.length; cut++) {
    const frames = Math.min(cuts[cut % cuts.length]!, input.length - at);
    line.capture(input.subarray(at, at + frames), frames);
    at += frames;
    while (line.hasBlock) {
      expect(line.position).toBe(given.length);
      line.takeBlock(block);
      given.push(...block);
    }
  }
  return given;
}

describe('the capture line', () => {
  it('[Y2] gives what one resampler gives to the whole, bit for bit, however the device cuts it', () => {
    fc.assert(
      fc.property(
        rates,
        fc.array(fc.integer({ min: 1, max: 128 }), { minLength: 1, maxLength: 8 }),
        (rateHz, cuts) => {
          const input = tone(Math.round(rateHz * 0.3), rateHz);
          const whole = new Int16Array(8000);
          const scaled = input.map((sample) => sample * 32_768);
          new Resampler(rateHz, 16_000).convert(scaled, 0, scaled.length, whole, 0);
          const given = captured(new CaptureLine(rateHz, 160), input, cuts);
          expect(given.length).toBeGreaterThanOrEqual(4480);
          expect(given).toEqual([...whole.subarray(0, given.length)]);
        },
      ),
      { seed: 61, numRuns: runs(20) },
    );
  });

  it.each(RATES_HZ)(
    '[Y2] puts sample k where sample k · rate / 16000 of a device of %i Hz lies',
    (rateHz) => {
      // 1 kHz comes out with the phase of its own place: what the filter waits for is not in the positions.
      const input = Float32Array.from(
        { length: rateHz / 4 },
        (_, at) => 0.5 * Math.sin((2 * Math.PI * 1000 * at) / rateHz),
      );
      const line = new CaptureLine(rateHz, 160);
      const given = captured(line, input, [128]);
      const steady = given.slice(800, 2400);
      const worst = steady.reduce((most, sample, at) => {
        const exact = 16_384 * Math.sin((2 * Math.PI * 1000 * (at + 800)) / 16_000);
        return Math.max(most, Math.abs(sample - exact));
      }, 0);
      expect(worst).toBeLessThan(40);
      expect(line.delayMs).toBeGreaterThan(0);
      expect(line.delayMs).toBeLessThanOrEqual(3);
    },
  );

  it('[Y3] captures silence where no microphone is connected, and goes on counting', () => {
    const line = new CaptureLine(48_000, 160);
    const block = new Int16Array(160).fill(1);
    for (let quantum = 0; quantum < 5; quantum++) line.capture(undefined, 128);
    expect(line.hasBlock).toBe(true);
    line.takeBlock(block);
    expect([...block]).toEqual(new Array(160).fill(0));
    expect(line.position).toBe(160);
  });
});

/** A speaker with one utterance of sound in it, in packets of 20 ms. */
function fed(rateHz: number, samples: Int16Array): SpeakerFeed {
  const feed = new SpeakerFeed(rateHz, 0, { format: PCM16, settleMs: 0, lowWaterMs: 0 });
  for (let at = 0, sequence = 0; at < samples.length; at += 320, sequence++) {
    const flags = at + 320 >= samples.length ? FLAG_LAST : 0;
    const payload = pcm16(samples.subarray(at, at + 320));
    feed.receive(downlinkPacket({ generation: 1, sequence, timestamp: at, flags, payload }));
  }
  return feed;
}

const speech = (length: number) =>
  Int16Array.from(tone(length, 16_000), (sample) => sample * 32_767);

/** Renders so many frames, in blocks of the sizes given, and tells the columns on the way. */
function rendered(
  feed: SpeakerFeed,
  frames: number,
  cuts: readonly number[] = [128],
  states: PlaybackState[] = [],
): number[] {
  const out: number[] = [];
  for (let cut = 0; out.length < frames; cut++) {
    const into = new Float32Array(Math.min(cuts[cut % cuts.length]!, frames - out.length));
    feed.render(into);
    out.push(...into);
    while (feed.hasColumn) {
      states.push(feed.takeColumn().state);
      feed.nextColumn();
    }
  }
  return out;
}

describe('the speaker feed', () => {
  it('[Y4] gives the content resampled, bit for bit, in blocks of any size, at any rate', () => {
    fc.assert(
      fc.property(
        rates,
        fc.array(fc.integer({ min: 1, max: 128 }), { minLength: 1, maxLength: 8 }),
        (rateHz, cuts) => {
          const content = speech(3200);
          const frames = Math.floor(0.19 * rateHz);
          const heard = rendered(fed(rateHz, content), frames, cuts);
          const resampler = new Resampler(16_000, rateHz);
          const whole = new Float32Array(resampler.outputLimit(content.length + 64));
          const { delaySamples } = resampler;
          resampler.convert(new Int16Array(delaySamples), 0, delaySamples, whole, 0);
          resampler.convert(content, 0, content.length, whole, 0);
          expect(heard).toEqual(
            Array.from(whole.subarray(0, frames), (sample) => Math.fround(sample / 32_768)),
          );
          expect(heard.some((sample) => Math.abs(sample) > 0.3)).toBe(true);
        },
      ),
      { seed: 62, numRuns: runs(20) },
    );
  });

  it('[Y4] has pulled ⌊(n − 1) · 16000 / rate⌋ + 1 content samples after n frames, over seconds', () => {
    for (const rateHz of [44_100, 48_000]) {
      const feed = fed(rateHz, speech(80_000));
      for (let frames = 0; frames < 2.2 * rateHz; frames += 128) {
        rendered(feed, 128);
        const pulled = Math.floor(((frames + 127) * 16_000) / rateHz) + 1;
        expect(feed.status.playedSamples).toBe(pulled);
      }
      expect(feed.delayMs).toBeLessThanOrEqual(2);
    }
  });

  it('[Y5] lets what is cleared fade within 4 ms, and then nothing of it is heard', () => {
    const feed = fed(48_000, speech(16_000));
    const before = rendered(feed, 4800);
    feed.clear(1);
    const after = rendered(feed, 4800);
    const steps = [...before.slice(-200), ...after].map(
      (sample, at, all) => sample - (all[at - 1] ?? sample),
    );
    // 440 Hz and its companion rise by no more than this from frame to frame.
    expect(Math.max(...steps.map(Math.abs))).toBeLessThan(0.05);
    // 4 ms, and what the resampler rings on: its own 3 ms.
    expect(Math.max(...after.slice(0.008 * 48_000).map(Math.abs))).toBe(0);
    expect(Math.max(...after.slice(0, 96).map(Math.abs))).toBeGreaterThan(0.01);
    const answer: PlayerAnswer = { kind: 'held', generation: 0, playedSamples: 0 };
    expect(feed.takeAnswer(answer)).toBe(true);
    expect(answer).toEqual({ kind: 'cleared', generation: 1, playedSamples: 1600 });
  });

  it('[Y6] tells each 10 ms in one column, with what was heard in it and where it left', () => {
    const feed = fed(48_000, speech(1600));
    const states: PlaybackState[] = [];
    rendered(feed, 4800, [128], states);
    expect(states).toHaveLength(10);
    expect(new Set(states)).toEqual(new Set(['playing']));
    rendered(feed, 4800, [128], states);
    expect(states.slice(11)).toEqual(new Array(9).fill('silent'));
    rendered(feed, 480);
    const column = feed.takeColumn();
    expect(column.frame).toBe(21 * 480);
    expect(column.status).toBe(feed.status);
  });

  it('[Y6] tells a hold and an underrun by the state of their columns', () => {
    const held = fed(48_000, speech(16_000));
    const states: PlaybackState[] = [];
    rendered(held, 4800);
    held.hold(1);
    rendered(held, 4800, [128], states);
    expect(states.slice(3)).toEqual(new Array(states.length - 3).fill('held'));
    held.release(1, 1600);
    rendered(held, 960, [128], states);
    expect(states.at(-1)).toBe('playing');
    const starved = new SpeakerFeed(48_000, 0, { format: PCM16, settleMs: 0, lowWaterMs: 0 });
    const payload = pcm16(speech(1600));
    const bundle = { generation: 1, sequence: 0, timestamp: 0, flags: FLAG_BUNDLE, payload };
    starved.receive(downlinkPacket(bundle));
    states.length = 0;
    rendered(starved, 6720, [128], states);
    expect(states.filter((state) => state === 'starved').length).toBeGreaterThan(0);
    expect(starved.status.underruns).toBeGreaterThan(0);
  });

  it('[Y4] counts as the player does: nothing is an underrun that is none there', () => {
    const content = speech(3200);
    const player = new Playback({ format: PCM16, settleMs: 0, lowWaterMs: 0 });
    const feed = fed(44_100, content);
    for (let at = 0, sequence = 0; at < content.length; at += 320, sequence++) {
      const flags = at + 320 >= content.length ? FLAG_LAST : 0;
      const payload = pcm16(content.subarray(at, at + 320));
      player.receive(downlinkPacket({ generation: 1, sequence, timestamp: at, flags, payload }));
    }
    player.pull(new Int16Array(4000));
    rendered(feed, 11_025);
    expect(feed.status).toEqual(player.status);
  });
});
