// Playback: order, exact positions, start, underruns, hold, release, clear, bounds.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FADE_SAMPLES, Playback } from '../../client/session/playback.ts';
import type { PlayerAnswer } from '../../client/session/player.ts';
import { PayloadEncoder } from '../../core/media/payload-codec.ts';
import { FLAG_BUNDLE, FLAG_FIRST, FLAG_LAST } from '../../core/wire/packet.ts';
import { runs } from '../support/runs.ts';
import {
  content,
  contentSample,
  downlinkPacket,
  MULAW,
  PCM16,
  pcm16,
} from '../support/scripted-server.ts';

const FRAME_SAMPLES = 320;
const SEED = 20_261;

/** A player that starts at once and changes no sample. */
const RIGID = { format: PCM16, settleMs: 0, lowWaterMs: 0, conceals: false };

/** Feeds a rigid playback with whole generations and keeps what it plays. */
class Bench {
  readonly playback: Playback;
  readonly heard: number[] = [];
  sequence = 0;
  pulled = 0;

  constructor(startMs?: number) {
    this.playback = new Playback({ ...RIGID, startMs });
  }

  /** Sends frames `from … to` of a generation; `isLast` marks the last one. */
  send(generation: number, from: number, to: number, isLast = false): void {
    for (let frame = from; frame < to; frame++) {
      this.playback.receive(this.packet(generation, frame, isLast && frame === to - 1));
    }
  }

  packet(generation: number, frame: number, isLast = false): Uint8Array {
    return downlinkPacket({
      generation,
      sequence: this.sequence++,
      timestamp: frame * FRAME_SAMPLES,
      flags: (frame === 0 ? FLAG_FIRST : 0) | (isLast ? FLAG_LAST : 0),
      payload: pcm16(content(generation, frame * FRAME_SAMPLES, FRAME_SAMPLES)),
    });
  }

  /** One pull of that many samples; returns the output. */
  pull(samples = 160): Int16Array {
    const output = new Int16Array(samples).fill(-1);
    this.pulled++;
    const played = this.playback.pull(output);
    expect(output.subarray(played).every((sample) => sample === 0)).toBe(true);
    this.heard.push(...output.subarray(0, played));
    return output;
  }

  pulls(count: number): void {
    for (let pull = 0; pull < count; pull++) this.pull();
  }

  answer(): PlayerAnswer | null {
    const answer: PlayerAnswer = { kind: 'held', generation: -1, playedSamples: -1 };
    return this.playback.takeAnswer(answer) ? answer : null;
  }
}

describe('Playback', () => {
  it('[K11] plays every sample once, in order, at exact positions, however packets and pulls are cut', () => {
    const utterance = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 });
    const call = fc.record({
      firstGeneration: fc.constantFrom(0, 65_533, 32_766),
      utterances: fc.array(utterance, { minLength: 1, maxLength: 6 }),
      pullSamples: fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
      repeatEvery: fc.integer({ min: 1, max: 4 }),
    });
    let repeated = 0;
    const law = fc.property(call, ({ firstGeneration, utterances, pullSamples, repeatEvery }) => {
      const bench = new Bench();
      bench.playback.dropBelow(firstGeneration);
      const expected: number[] = [];
      let packets = 0;
      let pulls = 0;
      let before = 0;
      utterances.forEach((bundles, index) => {
        const generation = (firstGeneration + index) & 0xffff;
        let frame = 0;
        bundles.forEach((frames, bundle) => {
          const packet = downlinkPacket({
            generation,
            sequence: bench.sequence,
            timestamp: frame * FRAME_SAMPLES,
            flags: FLAG_BUNDLE | (bundle === bundles.length - 1 ? FLAG_LAST : 0),
            payload: pcm16(content(generation, frame * FRAME_SAMPLES, frames * FRAME_SAMPLES)),
          });
          bench.sequence += frames;
          expect(bench.playback.receive(packet)).toBe('accepted');
          if (++packets % repeatEvery === 0) {
            expect(bench.playback.receive(packet)).toBe('duplicate');
            repeated++;
          }
          frame += frames;
          bench.pull(pullSamples[pulls++ % pullSamples.length]);
        });
        expected.push(...content(generation, 0, frame * FRAME_SAMPLES));
      });
      while (bench.playback.status.bufferedMs > 0) {
        bench.pull(pullSamples[pulls++ % pullSamples.length]);
        const { generation, playedSamples } = bench.playback.status;
        const index = (generation - firstGeneration) & 0xffff;
        before = utterances
          .slice(0, index)
          .flat()
          .reduce((sum, frames) => sum + frames * FRAME_SAMPLES, 0);
        expect(before + playedSamples).toBe(bench.heard.length);
      }
      expect(bench.heard).toEqual(expected);
      expect(bench.playback.status.nextSequence).toBe(bench.sequence);
      expect(bench.playback.status.overruns).toBe(0);
    });
    fc.assert(law, { seed: SEED, numRuns: runs(60) });
    expect(repeated).toBeGreaterThan(100);
  });

  it('[K11] takes the new part of a packet that overlaps, and nothing of an earlier generation', () => {
    const bench = new Bench();
    bench.send(7, 0, 3);
    const overlapping = downlinkPacket({
      generation: 7,
      sequence: 3,
      timestamp: 2 * FRAME_SAMPLES + 100,
      payload: pcm16(content(7, 2 * FRAME_SAMPLES + 100, FRAME_SAMPLES)),
    });
    expect(bench.playback.receive(overlapping)).toBe('accepted');
    expect(bench.playback.status.receivedSamples).toBe(3 * FRAME_SAMPLES + 100);
    bench.send(8, 0, 4, true);
    expect(bench.playback.receive(bench.packet(7, 4))).toBe('duplicate');
    bench.pulls(20);
    expect(bench.heard).toEqual([
      ...content(7, 0, 3 * FRAME_SAMPLES + 100),
      ...content(8, 0, 4 * FRAME_SAMPLES),
    ]);
    expect(bench.playback.status.packetsDuplicated).toBe(1);
  });

  it('[K11] counts positions of µ-law at 8 kHz in its own samples', () => {
    const playback = new Playback({ ...RIGID, format: MULAW });
    const payload = new Uint8Array(160);
    const encoder = new PayloadEncoder(MULAW);
    for (let frame = 0; frame < 10; frame++) {
      encoder.encode(content(0, 0, 320), 0, 320, payload, 0);
      playback.receive(
        downlinkPacket({ sequence: frame, timestamp: frame * 160, payload: payload.slice() }),
      );
    }
    expect(playback.status.receivedSamples).toBe(1600);
    expect(playback.pull(new Int16Array(161))).toBe(161);
    expect(playback.status.playedSamples).toBe(80);
    expect(playback.status.bufferedMs).toBeCloseTo(200 - 161 / 16);
    expect(() => new Playback({ format: { ...PCM16, codec: 'opus' } })).toThrow(RangeError);
  });

  it('[K12] starts with 60 ms, with the last packet, or with the next generation, and not before', () => {
    const bench = new Bench();
    bench.send(1, 0, 2);
    bench.pulls(5);
    expect(bench.heard).toHaveLength(0);
    bench.send(1, 2, 3);
    bench.pull();
    expect(bench.heard).toEqual([...content(1, 0, 160)]);
    bench.send(1, 3, 4, true);
    bench.pulls(7);
    expect(bench.heard).toHaveLength(4 * FRAME_SAMPLES);

    bench.send(2, 0, 1);
    bench.pulls(3);
    expect(bench.heard).toHaveLength(4 * FRAME_SAMPLES);
    bench.playback.receive(
      downlinkPacket({
        generation: 2,
        sequence: bench.sequence++,
        timestamp: FRAME_SAMPLES,
        flags: FLAG_LAST,
        payload: new Uint8Array(0),
      }),
    );
    bench.pulls(3);
    expect(bench.heard).toHaveLength(5 * FRAME_SAMPLES);

    bench.send(3, 0, 1);
    bench.pulls(2);
    bench.send(4, 0, 1);
    bench.pulls(4);
    expect(bench.heard.slice(5 * FRAME_SAMPLES)).toEqual([...content(3, 0, FRAME_SAMPLES)]);
    expect(bench.playback.status.underruns).toBe(0);
  });

  it('[K13] counts each short pull inside an utterance, and none before, between, after or on hold', () => {
    const bench = new Bench();
    bench.pulls(10);
    bench.send(1, 0, 3);
    bench.pulls(6);
    expect(bench.playback.status).toMatchObject({ underruns: 0, concealedMs: 0, playing: true });
    bench.pulls(4);
    expect(bench.playback.status).toMatchObject({ underruns: 4, concealedMs: 40 });
    bench.send(1, 3, 4);
    bench.pull(480);
    expect(bench.playback.status).toMatchObject({ underruns: 5, concealedMs: 50 });
    bench.playback.hold(1);
    bench.pulls(50);
    bench.playback.release(1, 4 * FRAME_SAMPLES);
    expect(bench.playback.status.underruns).toBe(5);
    bench.send(1, 4, 5, true);
    bench.pulls(50);
    expect(bench.playback.status).toMatchObject({ underruns: 5, concealedMs: 50, playing: false });
    expect(bench.heard).toHaveLength(5 * FRAME_SAMPLES);
  });

  /** 8 s of speech sent `leadMs` ahead over a network that delivers nothing for 300 ms of every second. */
  function stalledCall(leadMs: number): Bench {
    const bench = new Bench();
    for (let frame = 0; frame < 400; frame++) {
      const sentMs = Math.max(0, frame * 20 - leadMs);
      const isStalled = sentMs % 1000 >= 700;
      const arrivesMs = isStalled ? Math.ceil(sentMs / 1000) * 1000 : sentMs;
      // The device pulls every 10 ms, first at 0; what is due at the time of arrival was due before it.
      while (bench.pulled * 10 <= arrivesMs) bench.pull();
      bench.send(1, frame, frame + 1, frame === 399);
    }
    bench.pulls(2000);
    expect(bench.heard).toHaveLength(400 * FRAME_SAMPLES);
    return bench;
  }

  it('[K13] counts none with a lead of 600 ms over stalls of 300 ms, and many with a lead of 40 ms', () => {
    expect(stalledCall(600).playback.status).toMatchObject({ underruns: 0, concealedMs: 0 });
    const { underruns, concealedMs } = stalledCall(40).playback.status;
    expect(underruns).toBeGreaterThan(15);
    expect(concealedMs).toBeGreaterThan(150);
  });

  it('[K14][K15] plays every sample once through hold and release without backing up', () => {
    const law = fc.property(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 500 }),
      (pullsBetween, pullSamples) => {
        const bench = new Bench();
        bench.send(5, 0, 100, true);
        for (const pulls of pullsBetween) {
          for (let pull = 0; pull < pulls; pull++) bench.pull(pullSamples);
          bench.playback.hold(5);
          const before = bench.playback.status.playedSamples;
          for (let pull = 0; pull < 200; pull++) bench.pull(pullSamples);
          const held = bench.answer();
          const expected = Math.min(before + FADE_SAMPLES, 100 * FRAME_SAMPLES);
          expect(held).toEqual({ kind: 'held', generation: 5, playedSamples: expected });
          expect(bench.heard).toHaveLength(expected);
          expect(bench.answer()).toBeNull();
          bench.playback.release(5, expected);
        }
        for (let pull = 0; pull < 40_000 / pullSamples; pull++) bench.pull(pullSamples);
        expect(bench.heard).toHaveLength(100 * FRAME_SAMPLES);
        expect(bench.playback.status).toMatchObject({ underruns: 0, playedSamples: 32_000 });
      },
    );
    fc.assert(law, { seed: SEED, numRuns: runs(40) });
  });

  it('[K14] fades out within 10 ms, keeps the buffer, goes on filling it, and fades in again', () => {
    const bench = new Bench();
    bench.send(1, 0, 20);
    bench.pull(160);
    bench.playback.hold(1);
    const fade = bench.pull(400);
    for (let index = 0; index < FADE_SAMPLES; index++) {
      const share = (FADE_SAMPLES - 1 - index) / FADE_SAMPLES;
      expect(fade[index]).toBe(Math.trunc(contentSample(1, 160 + index) * share));
    }
    expect(fade.subarray(FADE_SAMPLES).every((sample) => sample === 0)).toBe(true);
    expect(bench.playback.status.playing).toBe(false);
    bench.send(1, 20, 30);
    expect(bench.playback.status.bufferedMs).toBe(600 - 20);
    bench.playback.release(1, 320);
    const rise = bench.pull(400);
    expect(rise[0]).toBe(Math.trunc(contentSample(1, 320) / FADE_SAMPLES));
    expect(rise[FADE_SAMPLES - 1]).toBe(contentSample(1, 320 + FADE_SAMPLES - 1));
    expect([...rise.subarray(FADE_SAMPLES)]).toEqual([...content(1, 480, 240)]);
  });

  it('[K14] is held at once when nothing plays, and ignores the hold of what may not play', () => {
    const bench = new Bench();
    bench.playback.dropBelow(4);
    bench.playback.hold(3);
    expect(bench.answer()).toBeNull();
    bench.playback.hold(4);
    expect(bench.answer()).toEqual({ kind: 'held', generation: 4, playedSamples: 0 });
    bench.send(4, 0, 10, true);
    bench.pulls(10);
    expect(bench.heard).toHaveLength(0);
    bench.playback.release(4, 0);
    bench.pulls(25);
    expect(bench.heard).toEqual([...content(4, 0, 3200)]);
  });

  it('[K15] backs up to a sample, to the oldest kept at most, and never ahead of the held one', () => {
    const bench = new Bench(0);
    for (let frame = 0; frame < 450; frame++) {
      bench.send(1, frame, frame + 1);
      bench.pulls(2);
    }
    const ends = 450 * FRAME_SAMPLES;
    expect(bench.playback.status).toMatchObject({ playedSamples: ends, underruns: 0 });
    for (const [from, resumesAt] of [
      [ends - 9600, ends - 9600],
      [ends - 40_000, ends - 40_000],
      [0, ends - 2 ** 17],
    ] as const) {
      bench.playback.hold(1);
      bench.pull();
      expect(bench.answer()?.playedSamples).toBe(ends);
      bench.heard.length = 0;
      bench.playback.release(1, from);
      expect(bench.playback.status.playedSamples).toBe(resumesAt);
      while (bench.playback.status.bufferedMs > 0) bench.pull();
      expect(bench.heard).toHaveLength(ends - resumesAt);
      expect(bench.heard.slice(FADE_SAMPLES)).toEqual([
        ...content(1, resumesAt + FADE_SAMPLES, ends - resumesAt - FADE_SAMPLES),
      ]);
    }
    bench.send(1, 450, 460);
    bench.pull();
    bench.playback.hold(1);
    bench.pull();
    const held = bench.answer()?.playedSamples ?? 0;
    bench.playback.release(1, held + 1000);
    expect(bench.playback.status.playedSamples).toBe(held);
  });

  it('[K15] answers a hold that is released while it fades, and ignores a release without a hold', () => {
    const bench = new Bench();
    bench.send(1, 0, 10);
    bench.pulls(4);
    bench.playback.release(1, 0);
    expect(bench.playback.status.playedSamples).toBe(640);
    bench.playback.hold(1);
    bench.pull(40);
    bench.playback.release(1, 680);
    expect(bench.answer()).toEqual({ kind: 'held', generation: 1, playedSamples: 680 });
    bench.pull(40);
    expect(bench.playback.status.playedSamples).toBe(720);
  });

  it('[K16] plays nothing of a cleared generation, wherever the clear falls, and answers exactly', () => {
    const call = fc.record({
      firstGeneration: fc.constantFrom(1, 65_534, 32_767),
      sentBefore: fc.integer({ min: 0, max: 30 }),
      pulls: fc.integer({ min: 0, max: 70 }),
      holds: fc.boolean(),
      nextSent: fc.integer({ min: 0, max: 10 }),
    });
    let midway = 0;
    const law = fc.property(call, ({ firstGeneration, sentBefore, pulls, holds, nextSent }) => {
      const bench = new Bench();
      const next = (firstGeneration + 1) & 0xffff;
      bench.playback.dropBelow(firstGeneration);
      bench.send(firstGeneration, 0, sentBefore);
      if (nextSent > 0) bench.send(next, 0, nextSent);
      bench.pulls(pulls);
      if (holds) bench.playback.hold(firstGeneration);
      const { generation, playedSamples } = bench.playback.status;
      if (generation === firstGeneration && playedSamples > 0) midway++;
      bench.playback.clear(firstGeneration);
      expect(bench.answer()).toEqual({ kind: 'cleared', generation, playedSamples });
      expect(bench.answer()).toBeNull();
      const { length } = bench.heard;
      bench.send(firstGeneration, sentBefore, sentBefore + 5);
      expect(bench.playback.status.packetsCleared).toBe(5);
      bench.send(next, nextSent, 20, true);
      bench.pulls(60);
      const alreadyHeard = length - sentBefore * FRAME_SAMPLES;
      const from = generation === next ? playedSamples : 0;
      if (generation === next) expect(from).toBe(alreadyHeard);
      expect(bench.heard.length - length).toBe(20 * FRAME_SAMPLES - from);
      expect(bench.heard.at(-1)).toBe(contentSample(next, 20 * FRAME_SAMPLES - 1));
    });
    fc.assert(law, { seed: SEED, numRuns: runs(150) });
    expect(midway).toBeGreaterThan(30);
  });

  it('[K16] drops what is below the lowest live generation without an answer, also before anything came', () => {
    const bench = new Bench();
    bench.playback.dropBelow(40_000);
    expect(bench.playback.status.generation).toBe(40_000);
    expect(bench.playback.receive(bench.packet(39_999, 0))).toBe('cleared');
    bench.send(40_000, 0, 10);
    bench.pulls(2);
    bench.playback.dropBelow(40_001);
    bench.pulls(10);
    expect(bench.heard).toEqual([...content(40_000, 0, 320)]);
    expect(bench.answer()).toBeNull();
    bench.playback.dropBelow(39_000);
    expect(bench.playback.receive(bench.packet(40_000, 10))).toBe('cleared');
  });

  it('[K16] keeps the order of generations over more than half their range', () => {
    const bench = new Bench();
    for (let generation = 0; generation < 40_000; generation += 100) {
      bench.send(generation, 0, 1, true);
      bench.pulls(3);
    }
    expect(bench.heard).toHaveLength(400 * FRAME_SAMPLES);
    expect(bench.playback.status).toMatchObject({ packetsCleared: 0, underruns: 0 });
  });

  it('[K17] refuses what is too far ahead, in content and in segments, and keeps 2.5 s behind', () => {
    const bench = new Bench();
    bench.send(1, 0, 300);
    const accepted = Math.floor((2 ** 17 - 40_000) / FRAME_SAMPLES);
    expect(bench.playback.status.overruns).toBe(300 - accepted);
    expect(bench.playback.status.receivedSamples).toBe(accepted * FRAME_SAMPLES);

    const words = new Bench();
    for (let generation = 0; generation < 70; generation++) words.send(generation, 0, 1, true);
    expect(words.playback.status.overruns).toBe(6);
    words.pulls(200);
    expect(words.heard).toHaveLength(64 * FRAME_SAMPLES);
  });

  it('[K18] plays a timestamp jump as silence, and counts it as concealed when packets were lost', () => {
    for (const [skipped, concealedMs] of [
      [0, 0],
      [2, 40],
    ] as const) {
      const bench = new Bench();
      bench.send(1, 0, 3);
      bench.sequence += skipped;
      bench.send(1, 5, 8, true);
      const output = bench.pull(8 * FRAME_SAMPLES);
      expect([...output.subarray(0, 960)]).toEqual([...content(1, 0, 960)]);
      expect(output.subarray(960, 1600).every((sample) => sample === 0)).toBe(true);
      expect([...output.subarray(1600)]).toEqual([...content(1, 1600, 960)]);
      expect(bench.playback.status).toMatchObject({ concealedMs, playedSamples: 2560 });
    }
  });

  it('[K21] refuses packets that cannot be read and changes nothing', () => {
    const bench = new Bench();
    const good = bench.packet(1, 0);
    const wrongKind = good.slice();
    wrongKind[0] = 9;
    const wrongFlags = good.slice();
    wrongFlags[1] = 0x80;
    const halfRange = good.slice();
    halfRange[11] = 0x80;
    const empty = good.slice(0, 12);
    empty[1] = 0;
    for (const packet of [
      wrongKind,
      wrongFlags,
      halfRange,
      empty,
      good.slice(0, 11),
      good.slice(0, 100),
    ]) {
      expect(bench.playback.receive(packet)).toBe('invalid');
    }
    expect(bench.playback.status).toMatchObject({
      packetsInvalid: 6,
      started: false,
      bufferedMs: 0,
    });
  });
});
