// Playback that stretches: slower speech while little is left, pauses held while nothing comes, positions all the while.

import { describe, expect, it } from 'vitest';
import { Playback, type PlaybackOptions } from '../../client/session/playback.ts';
import { FLAG_FIRST, FLAG_LAST } from '../../core/wire/packet.ts';
import { downlinkPacket, PCM16, pcm16 } from '../support/scripted-server.ts';

const FRAME_SAMPLES = 320;
const SECOND = 16_000;
const PULL_SAMPLES = 160;

/** A voice of 125 Hz with overtones, whose pitch and level wander. */
function voice(samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, index) => {
    const phase = (2 * Math.PI * index) / (128 + 6 * Math.sin(index / 9000));
    const level = 6000 + 3000 * Math.sin(index / 5000);
    return level * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(3 * phase));
  });
}

/** A player and all that it gave; one frame a call. */
class Bench {
  readonly playback: Playback;
  readonly speech: Int16Array;
  readonly output: number[] = [];
  /** Samples that were not zeros put in for what was missing. */
  given = 0;
  readonly positions: number[] = [];
  #sent = 0;

  constructor(speech: Int16Array, options: Partial<PlaybackOptions> = {}) {
    this.speech = speech;
    this.playback = new Playback({ format: PCM16, settleMs: 0, ...options });
  }

  send(frames: number): void {
    for (let count = 0; count < frames && this.#sent < this.frames; count++, this.#sent++) {
      const from = this.#sent * FRAME_SAMPLES;
      const isLast = this.#sent === this.frames - 1;
      this.playback.receive(
        downlinkPacket({
          generation: 1,
          sequence: this.#sent,
          timestamp: from,
          flags: (this.#sent === 0 ? FLAG_FIRST : 0) | (isLast ? FLAG_LAST : 0),
          payload: pcm16(this.speech.slice(from, from + FRAME_SAMPLES)),
        }),
      );
    }
  }

  get frames(): number {
    return this.speech.length / FRAME_SAMPLES;
  }

  pull(pulls = 1): void {
    const block = new Int16Array(PULL_SAMPLES);
    for (let count = 0; count < pulls; count++) {
      const played = this.playback.pull(block);
      this.given += played;
      this.output.push(...block.subarray(0, played));
      this.positions.push(this.playback.status.playedSamples);
    }
  }

  get stretchSamples(): number {
    return this.playback.status.stretchMs * 16;
  }
}

/** Speech comes at its own rate, 200 ms ahead. */
function thinlyAhead(options: Partial<PlaybackOptions> = {}): Bench {
  const bench = new Bench(voice(4 * SECOND), options);
  bench.send(10);
  while (bench.playback.status.playedSamples < bench.speech.length) {
    bench.pull(2);
    bench.send(1);
    if (bench.positions.length > 2000) throw new Error('It does not end.');
  }
  return bench;
}

describe('an elastic player', () => {
  it('[K12] begins 20 ms later with less than 300 ms, at once with more or with all', () => {
    for (const [frames, pulls] of [
      [3, 3],
      [14, 3],
      [15, 1],
      [200, 1],
    ] as const) {
      const bench = new Bench(voice(4 * SECOND), { settleMs: undefined });
      bench.send(frames);
      bench.pull(pulls - 1);
      expect(bench.given).toBe(0);
      bench.pull();
      expect(bench.given).toBe(PULL_SAMPLES);
    }
  });

  it('[K24] plays slower while little is ahead, never below 0.8 of a second in a second', () => {
    const bench = thinlyAhead();
    expect(bench.playback.status).toMatchObject({ underruns: 0, concealedMs: 0 });
    // It gains until 400 ms are ahead.
    expect(bench.stretchSamples).toBeGreaterThan(0.15 * SECOND);
    expect(bench.given).toBe(bench.speech.length + bench.stretchSamples);
    for (let index = 100; index < bench.positions.length - 1; index++) {
      const content = bench.positions[index]! - bench.positions[index - 100]!;
      expect(content).toBeGreaterThanOrEqual(0.8 * SECOND);
    }
    expect(bench.positions.every((at, index) => at >= (bench.positions[index - 1] ?? 0))).toBe(
      true,
    );
  });

  it('[K24] leaves every sample as it is with enough ahead, with the end known, or with a mark of 0', () => {
    const speech = voice(4 * SECOND);
    const ample = new Bench(speech);
    ample.send(50);
    for (let frame = 0; frame < 120; frame++) {
      ample.pull(2);
      ample.send(1);
    }
    expect(ample.output).toEqual([...speech.subarray(0, 120 * FRAME_SAMPLES)]);
    const whole = new Bench(speech.slice(0, 20 * FRAME_SAMPLES));
    whole.send(20);
    whole.pull(40);
    expect(whole.output).toEqual([...speech.subarray(0, 20 * FRAME_SAMPLES)]);
    const rigid = thinlyAhead({ lowWaterMs: 0 });
    expect(rigid.output).toEqual([...speech]);
    expect(rigid.stretchSamples).toBe(0);
  });

  it('[K24] keeps positions through hold, release and clear in the middle of a stretched span', () => {
    const bench = new Bench(voice(4 * SECOND));
    bench.send(15);
    bench.pull(5);
    expect(bench.stretchSamples).toBeGreaterThan(0);
    bench.playback.hold(1);
    bench.pull(3);
    const { playedSamples } = bench.playback.status;
    expect(playedSamples).toBe(bench.given - bench.stretchSamples);
    bench.playback.release(1, 100);
    expect(bench.playback.status.playedSamples).toBe(100);
    bench.pull();
    bench.playback.clear(1);
    const { given } = bench;
    bench.pull(10);
    expect(bench.given).toBe(given);
  });

  it('[K15][K24] counts what is heard twice once when hold and release come together in stretched speech', () => {
    const bench = new Bench(voice(4 * SECOND));
    bench.send(15);
    bench.pull(20);
    const { playedSamples } = bench.playback.status;
    expect(bench.stretchSamples).toBeGreaterThan(0);
    bench.playback.hold(1);
    bench.playback.release(1, 416);
    bench.send(30);
    bench.pull(20);
    const repeated = playedSamples - 416;
    expect(bench.playback.status.playedSamples).toBe(bench.given - bench.stretchSamples - repeated);
    expect(bench.playback.status).toMatchObject({ underruns: 0, concealedMs: 0 });
  });

  /** 160 ms of voice, 60 ms of hiss, 180 ms of voice have come; then nothing does for 1.4 s. */
  function stalled(options: Partial<PlaybackOptions> = {}): Bench {
    const speech = voice(4 * SECOND);
    for (let index = 2560; index < 3520; index++) speech[index] = (index * 7919) % 61;
    const bench = new Bench(speech, options);
    bench.send(20);
    bench.pull(140);
    return bench;
  }

  it('[K25] holds a pause while nothing comes, without a step, and goes on with what comes', () => {
    const bench = stalled();
    expect(bench.playback.status).toMatchObject({ underruns: 0, concealedMs: 0, playing: true });
    const { playedSamples } = bench.playback.status;
    expect(playedSamples).toBeGreaterThanOrEqual(2560);
    expect(playedSamples).toBeLessThan(3520);
    expect(bench.stretchSamples).toBeGreaterThan(SECOND);
    const loudest = Math.max(...bench.output.slice(-SECOND));
    expect(loudest).toBeLessThanOrEqual(60);
    bench.send(200);
    bench.pull(500);
    expect(bench.playback.status).toMatchObject({ underruns: 0, playedSamples: 4 * SECOND });
    expect(bench.given).toBe(4 * SECOND + bench.stretchSamples);
    expect(bench.output.slice(-3 * SECOND)).toEqual([...bench.speech.subarray(SECOND)]);
  });

  it('[K25] runs dry where it may not hold, and where there is no pause', () => {
    expect(stalled({ lowWaterMs: 0 }).playback.status.underruns).toBe(100);
    const bench = new Bench(voice(4 * SECOND));
    bench.send(20);
    bench.pull(140);
    const { underruns } = bench.playback.status;
    expect(underruns).toBeGreaterThan(80);
    // Slower speech alone has bridged some of it.
    expect(underruns).toBeLessThan(98);
  });
});
