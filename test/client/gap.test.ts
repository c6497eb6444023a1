// A player that runs dry: what it puts in for what is missing, and how that begins and ends.

import { describe, expect, it } from 'vitest';
import { Playback } from '../../client/session/playback.ts';
import { FLAG_FIRST, FLAG_LAST } from '../../core/wire/packet.ts';
import { downlinkPacket, PCM16, pcm16 } from '../support/scripted-server.ts';

const FRAME_SAMPLES = 320;
const PULL_SAMPLES = 160;
const PERIOD = 128;

/** A voice of 125 Hz with overtones, without end. */
function voiceAt(index: number): number {
  const phase = (2 * Math.PI * index) / PERIOD;
  return Math.round(
    6000 * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(3 * phase)),
  );
}

/** The largest step of that voice from one sample to the next. */
const LARGEST_STEP = Math.max(
  ...Array.from({ length: PERIOD }, (_, index) => Math.abs(voiceAt(index + 1) - voiceAt(index))),
);

class Bench {
  readonly playback = new Playback({ format: PCM16, settleMs: 0, lowWaterMs: 0 });
  readonly output: number[] = [];
  played = 0;
  #sent = 0;

  send(frames: number, isLast = false): void {
    for (let count = 0; count < frames; count++, this.#sent++) {
      const from = this.#sent * FRAME_SAMPLES;
      const samples = Int16Array.from({ length: FRAME_SAMPLES }, (_, index) =>
        voiceAt(from + index),
      );
      const ends = isLast && count === frames - 1;
      this.playback.receive(this.#packet(from, pcm16(samples), ends ? FLAG_LAST : 0));
    }
  }

  /** Says that the utterance is over, without any more of it. */
  end(): void {
    this.playback.receive(this.#packet(this.#sent * FRAME_SAMPLES, new Uint8Array(0), FLAG_LAST));
  }

  pull(pulls = 1, samples = PULL_SAMPLES): void {
    const block = new Int16Array(samples);
    for (let count = 0; count < pulls; count++) {
      this.played += this.playback.pull(block.fill(-1));
      this.output.push(...block);
    }
  }

  /** The largest step in the output from this sample on. */
  largestStep(from: number): number {
    const { output } = this;
    let largest = 0;
    for (let index = Math.max(1, from); index < output.length; index++)
      largest = Math.max(largest, Math.abs(output[index]! - output[index - 1]!));
    return largest;
  }

  #packet(timestamp: number, payload: Uint8Array, flags: number): Uint8Array {
    const sequence = timestamp / FRAME_SAMPLES;
    const first = timestamp === 0 ? FLAG_FIRST : 0;
    return downlinkPacket({ generation: 1, sequence, timestamp, flags: flags | first, payload });
  }
}

function loudest(samples: readonly number[]): number {
  return Math.max(...samples.map(Math.abs));
}

describe('a player that runs dry', () => {
  it('[K26] lets the voice go on, at half its level after 50 ms and gone after 120, and counts that as concealed', () => {
    const bench = new Bench();
    bench.send(10);
    bench.pull(20);
    expect(bench.playback.status.concealedMs).toBe(0);
    bench.pull(30);
    const gap = bench.output.slice(3200);
    expect(loudest(gap.slice(0, PERIOD))).toBeGreaterThan(0.9 * 7000);
    const half = loudest(gap.slice(800, 800 + PERIOD)) / loudest(bench.output.slice(0, 3200));
    expect(half).toBeGreaterThan(0.4);
    expect(half).toBeLessThan(0.55);
    expect(loudest(gap.slice(1920))).toBe(0);
    expect(bench.largestStep(0)).toBeLessThanOrEqual(1.2 * LARGEST_STEP);
    expect(bench.playback.status).toMatchObject({ underruns: 30, concealedMs: 300 });
    expect([bench.played, bench.playback.status.playedSamples]).toEqual([3200, 3200]);
  });

  it('[K26] brings what comes back into phase, whatever the pulls, and keeps its positions exact', () => {
    for (const pullSamples of [43, 160, 320]) {
      for (let missing = 1; missing < 6; missing++) {
        const bench = new Bench();
        bench.send(10);
        bench.pull(Math.ceil(3200 / pullSamples) + missing, pullSamples);
        const dry = bench.output.length;
        const concealed = dry - 3200;
        bench.send(20);
        bench.pull(Math.floor(4000 / pullSamples), pullSamples);
        expect(bench.largestStep(0)).toBeLessThanOrEqual(1.2 * LARGEST_STEP);
        const { playedSamples, concealedMs } = bench.playback.status;
        expect(playedSamples).toBe(bench.played);
        const lead = concealedMs * 16 - concealed;
        expect(lead).toBeGreaterThanOrEqual(0);
        expect(lead).toBeLessThan(PERIOD);
        // In phase: what was concealed is whole periods.
        const offset = (concealedMs * 16) % PERIOD;
        expect(Math.min(offset, PERIOD - offset)).toBeLessThanOrEqual(2);
        expect(bench.output.at(-1)).toBe(voiceAt(bench.played - 1));
      }
    }
  });

  it('[K26] fades what stands in for speech that turns out to be over, and holds it as it holds speech', () => {
    for (const stop of ['end', 'hold', 'clear'] as const) {
      const bench = new Bench();
      bench.send(10);
      bench.pull(21);
      if (stop === 'end') bench.end();
      else bench.playback[stop](1);
      const from = bench.output.length;
      bench.pull(3);
      expect(loudest(bench.output.slice(from + PULL_SAMPLES))).toBe(0);
      if (stop === 'clear') expect(loudest(bench.output.slice(from))).toBe(0);
      else expect(bench.largestStep(from)).toBeLessThanOrEqual(LARGEST_STEP);
      expect(bench.playback.status).toMatchObject({ underruns: 1, playing: false });
    }
  });

  it('[K26] conceals nothing of a voice from before a hold', () => {
    const bench = new Bench();
    bench.send(10);
    bench.pull(20);
    bench.playback.hold(1);
    bench.pull(2);
    bench.playback.release(1, 3200);
    const from = bench.output.length;
    bench.pull(5);
    expect(loudest(bench.output.slice(from))).toBe(0);
    expect(bench.playback.status.underruns).toBe(5);
  });

  it('[K15] has no step where hold and release come together, at any point of the fade, backed up or not', () => {
    for (const backUp of [0, 5 * PERIOD])
      for (const faded of [0, 40, 100, 150]) {
        const bench = new Bench();
        bench.send(20);
        bench.pull(10);
        bench.playback.hold(1);
        if (faded > 0) bench.pull(1, faded);
        bench.playback.release(1, bench.playback.status.playedSamples - backUp);
        bench.pull(10);
        expect(bench.largestStep(0)).toBeLessThanOrEqual(1.1 * LARGEST_STEP);
        expect(bench.playback.status.playedSamples).toBe(bench.played - backUp);
      }
  });
});
