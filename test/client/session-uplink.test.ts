// The uplink of a session: frames, resending, the ring, mute.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Playback } from '../../client/session/playback.ts';
import { Session } from '../../client/session/session.ts';
import { PayloadDecoder } from '../../core/media/payload-codec.ts';
import type { AudioFormat, ServerMessage } from '../../core/wire/messages.ts';
import { FLAG_BUNDLE, FLAG_DISCONTINUITY, HEADER_BYTES } from '../../core/wire/packet.ts';
import { runs } from '../support/runs.ts';
import {
  content,
  MULAW,
  PCM16,
  ScriptedServer,
  serverText,
  type Welcome,
  welcome,
} from '../support/scripted-server.ts';

const SEED = 20_261;
const FRAME_BYTES = 640;

/** A session with a microphone that gives 20 ms of numbered content at a time. */
class Bench {
  readonly session: Session;
  readonly heardMessages: ServerMessage[] = [];
  ringFull = 0;
  nowMs = 0;
  captured = 0;

  constructor(format: AudioFormat = PCM16, firstSequence = 0) {
    const player = new Playback({ format: PCM16 });
    this.session = new Session(
      { stream: 77, uplink: format, downlink: PCM16, firstSequence },
      player,
      {
        message: (message) => this.heardMessages.push(message),
        violation: (sentence) => expect.unreachable(sentence),
        resendRingFull: () => this.ringFull++,
      },
    );
  }

  /** Opens a connection; its welcome comes at once unless it is null. */
  connect(changes: Partial<Welcome> | null = {}): ScriptedServer {
    const server = new ScriptedServer();
    this.session.opened(server, this.nowMs);
    if (changes !== null) this.session.received(welcome(changes), this.nowMs);
    return server;
  }

  /** Speaks that many frames in real time, ticking whenever the session asks to. */
  speak(frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      this.wait(20);
      this.session.capture(content(0, this.captured, 320), this.nowMs);
      this.captured += 320;
    }
  }

  wait(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    for (
      let dueMs = this.session.nextDeadlineMs;
      dueMs <= endMs;
      dueMs = this.session.nextDeadlineMs
    ) {
      this.nowMs = Math.max(this.nowMs, dueMs);
      this.session.tick(this.nowMs);
    }
    this.nowMs = endMs;
  }
}

function samplesOf(server: ScriptedServer): number[] {
  return server.packets.flatMap(({ payload }) => [...new Int16Array(payload.slice().buffer)]);
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe('Session: capturing', () => {
  it('[K2] cuts the same packets whatever the calls, numbered across 2^32', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 20 });
    const format = fc.constantFrom(PCM16, MULAW, { ...PCM16, frameMs: 60 as const });
    const first = fc.constantFrom(0, 0xffff_fffe);
    let packets = 0;
    const law = fc.property(cuts, format, first, (lengths, uplink, firstSequence) => {
      const whole = new Bench(uplink, firstSequence);
      const cut = new Bench(uplink, firstSequence);
      const wholeServer = whole.connect();
      const cutServer = cut.connect();
      const total = lengths.reduce((sum, length) => sum + length);
      whole.session.capture(content(0, 0, total), 0);
      let position = 0;
      for (const length of lengths) {
        cut.session.capture(content(0, position, length), 0);
        position += length;
      }
      const spanSamples = (uplink.rateHz * uplink.frameMs) / 1000;
      expect(wholeServer.packets).toHaveLength(
        Math.floor((total * uplink.rateHz) / 16_000 / spanSamples),
      );
      expect(cutServer.packets).toEqual(wholeServer.packets);
      wholeServer.packets.forEach((packet, index) => {
        expect(packet).toMatchObject({
          flags: 0,
          generation: 0,
          sequence: (firstSequence + index) >>> 0,
          timestamp: index * spanSamples,
        });
        packets++;
      });
    });
    fc.assert(law, { seed: SEED, numRuns: runs(60) });
    expect(packets).toBeGreaterThan(200);
  });

  it('[K2] sends a frame in the same call that completes it', () => {
    const bench = new Bench();
    const server = bench.connect();
    bench.session.capture(content(0, 0, 319), 1);
    expect(server.packets).toHaveLength(0);
    bench.session.capture(content(0, 319, 2), 2);
    expect(samplesOf(server)).toEqual([...content(0, 0, 320)]);
  });
});

describe('Session: resending', () => {
  it('[K3] sends everything from the cursor on, in order and once per connection, over any outages', () => {
    const outage = fc.record({
      spoken: fc.integer({ min: 0, max: 80 }),
      missed: fc.integer({ min: 0, max: 120 }),
      stored: fc.integer({ min: 0, max: 100 }),
      cursor: fc.constantFrom('stored' as const, 'processed' as const, 'none' as const),
    });
    let resent = 0;
    const law = fc.property(
      fc.array(outage, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 0xffff_ffe0),
      (outages, firstSequence) => {
        const bench = new Bench(PCM16, firstSequence);
        const numbers = () =>
          range(0, bench.captured / 320).map((index) => (firstSequence + index) >>> 0);
        let acknowledged = 0;
        let server = bench.connect();
        for (const { spoken, missed, stored, cursor } of outages) {
          bench.speak(spoken);
          bench.session.lost(1006, bench.nowMs);
          bench.speak(missed);
          const from = Math.max(acknowledged, Math.min(stored, bench.captured / 320));
          const sequence = (firstSequence + from) >>> 0;
          if (cursor === 'stored') acknowledged = from;
          server = bench.connect(cursor === 'none' ? {} : { [cursor]: sequence });
          bench.speak(20);
          bench.wait(1000);
          const expected = numbers().slice(cursor === 'none' ? acknowledged : from);
          expect(server.frames(FRAME_BYTES)).toEqual(expected);
          const samples = expected.length * 320;
          const spokenLast = content(0, bench.captured - samples, samples);
          expect(samplesOf(server).every((sample, index) => sample === spokenLast[index])).toBe(
            true,
          );
          resent += expected.length;
        }
      },
    );
    fc.assert(law, { seed: SEED, numRuns: runs(25) });
    expect(resent).toBeGreaterThan(2000);
  });

  it('[K3] sends what was captured before the first welcome, and nothing before it', () => {
    const bench = new Bench();
    bench.speak(3);
    const server = bench.connect(null);
    bench.speak(4);
    expect(server.packets).toHaveLength(0);
    bench.session.received(welcome(), bench.nowMs);
    bench.speak(2);
    expect(server.frames(FRAME_BYTES)).toEqual(range(0, 9));
    expect(bench.session.statistics.packetsResent).toBe(7);
  });

  it('[K3] takes a cursor beyond what was sent for the end of it', () => {
    const bench = new Bench();
    bench.speak(3);
    const server = bench.connect({ processed: 500 });
    bench.speak(2);
    expect(server.frames(FRAME_BYTES)).toEqual([3, 4]);
  });

  it('[K4] bundles contiguous frames within every limit and at most ten times as fast as real time', () => {
    const limits = { messageBytes: 65_536, bundleFrames: 32, reportsPerSecond: 5 };
    for (const [changes, most] of [
      [{}, 10],
      [{ limits: { ...limits, bundleFrames: 4 } }, 4],
      [{ limits: { ...limits, messageBytes: HEADER_BYTES + 3 * FRAME_BYTES + 1 } }, 3],
      [{ resendBudget: { bytesPerSecond: 400_000, burstBytes: 2 * FRAME_BYTES + 20 } }, 2],
    ] as const) {
      const bench = new Bench();
      bench.speak(100);
      bench.session.mute(bench.nowMs);
      bench.nowMs += 1000;
      bench.session.unmute(bench.nowMs);
      bench.speak(99);
      const startMs = bench.nowMs;
      const server = bench.connect(changes);
      while (bench.session.statistics.packetsResent < 199) {
        bench.wait(1);
        const mediaMs = bench.session.statistics.packetsResent * 20;
        expect(mediaMs).toBeLessThanOrEqual((bench.nowMs - startMs) * 10 + most * 20);
        expect(bench.nowMs - startMs).toBeLessThan(5000);
      }
      const sizes = server.packets.map(({ payload }) => payload.length / FRAME_BYTES);
      expect(Math.max(...sizes)).toBe(most);
      expect(server.packets.every(({ flags }) => flags === FLAG_BUNDLE)).toBe(true);
      expect(server.packets.some(({ sequence }) => sequence === 100)).toBe(true);
    }
  });

  it('[K4] never exceeds the resend budget, and never refuses a live frame for it', () => {
    const bench = new Bench();
    bench.speak(200);
    const startMs = bench.nowMs;
    const budget = { bytesPerSecond: 65_000, burstBytes: 10_000 };
    const server = bench.connect({ resendBudget: budget });
    bench.speak(500);
    expect(server.frames(FRAME_BYTES)).toEqual(range(0, 700));
    const bytes = server.packets
      .filter(({ flags }) => flags === FLAG_BUNDLE)
      .reduce((sum, { payload }) => sum + payload.length, 0);
    expect(bytes).toBeLessThanOrEqual(10_000 + (65_000 * (bench.nowMs - startMs)) / 1000);

    const poor = new Bench();
    const live = poor.connect({ resendBudget: { bytesPerSecond: 1, burstBytes: 1 } });
    poor.speak(50);
    expect(live.packets).toHaveLength(50);
  });

  it('[K5] keeps 40 s, forgets what is on disk, and says once that it overwrites', () => {
    const bench = new Bench();
    const server = bench.connect();
    bench.speak(2000);
    expect(bench.session.statistics).toMatchObject({ packetsKept: 2000, packetsOverwritten: 0 });
    bench.speak(100);
    expect(bench.ringFull).toBe(1);
    expect(bench.session.statistics).toMatchObject({ packetsKept: 2047, packetsOverwritten: 53 });
    bench.session.received(serverText({ type: 'ack', sequence: 2090 }), bench.nowMs);
    expect(bench.session.statistics.packetsKept).toBe(10);
    bench.session.received(serverText({ type: 'ack', sequence: 5 }), bench.nowMs);
    expect(bench.session.statistics.packetsKept).toBe(10);
    bench.speak(2100);
    expect(bench.ringFull).toBe(2);
    expect(server.packets).toHaveLength(4200);
  });

  it('[K6] marks the first packet after overwritten ones, resent or live, and no other', () => {
    const bench = new Bench();
    bench.connect();
    bench.session.lost(1006, bench.nowMs);
    bench.speak(2100);
    const server = bench.connect({ processed: 10 });
    bench.speak(300);
    const marked = server.packets.filter(({ flags }) => (flags & FLAG_DISCONTINUITY) !== 0);
    expect(marked.map(({ sequence }) => sequence)).toEqual([53]);
    expect(server.packets[0]).toMatchObject({ sequence: 53 });
    expect(server.frames(FRAME_BYTES)).toEqual(range(53, 2400));

    bench.session.received(serverText({ type: 'ack', sequence: 2400 }), bench.nowMs);
    bench.session.lost(1006, bench.nowMs);
    const live = bench.connect({ processed: 2390 });
    bench.speak(3);
    expect(live.packets.map(({ sequence, flags }) => [sequence, flags])).toEqual([
      [2400, FLAG_DISCONTINUITY],
      [2401, 0],
      [2402, 0],
    ]);
  });
});

describe('Session: mute', () => {
  it('[K9] pads the frame, sends the pause behind it, is silent, and goes on where media time is', () => {
    for (const deviceGoesOn of [true, false]) {
      const bench = new Bench();
      const server = bench.connect();
      bench.speak(2);
      bench.session.capture(content(0, 640, 100), bench.nowMs);
      bench.session.mute(bench.nowMs);
      bench.session.mute(bench.nowMs);
      expect(server.packets).toHaveLength(3);
      expect(samplesOf(server).slice(640)).toEqual([
        ...content(0, 640, 100),
        ...new Array(220).fill(0),
      ]);
      expect(server.messages.at(-1)).toEqual({ type: 'pause', timestamp: 960 });
      for (let frame = 0; frame < 50; frame++) {
        bench.nowMs += 20;
        if (deviceGoesOn) bench.session.capture(content(0, 0, 320), bench.nowMs);
      }
      expect(server.packets).toHaveLength(3);
      bench.session.unmute(bench.nowMs);
      bench.session.unmute(bench.nowMs);
      expect(server.messages.at(-1)).toEqual({ type: 'resume', timestamp: 740 + 16_000 });
      expect(server.messages).toHaveLength(3);
      bench.speak(1);
      expect(server.packets.at(-1)).toMatchObject({ sequence: 3, timestamp: 740 + 16_000 });
    }
  });

  it('[K9] keeps whole samples of µ-law apart, and its own 8 kHz time', () => {
    const bench = new Bench(MULAW);
    const server = bench.connect();
    bench.session.capture(content(0, 0, 321), 0);
    bench.session.mute(0);
    expect(server.messages.at(-1)).toEqual({ type: 'pause', timestamp: 320 });
    bench.session.capture(content(0, 321, 16_001), 5);
    bench.session.unmute(5);
    expect(server.messages.at(-1)).toEqual({ type: 'resume', timestamp: 160 + 8000 });
    bench.session.capture(content(0, 0, 320), 25);
    const decoder = new PayloadDecoder(MULAW);
    const samples = new Int16Array(320);
    expect(decoder.decode(server.packets.at(-1)!.payload, 0, 160, samples, 0)).toBe(320);
    expect(server.packets.at(-1)).toMatchObject({ sequence: 2, timestamp: 8160 });
  });

  it('[K9] says the last edge again after a welcome, a pause behind all that is owed', () => {
    const bench = new Bench();
    bench.connect();
    bench.speak(5);
    bench.session.lost(1006, bench.nowMs);
    bench.speak(100);
    bench.session.mute(bench.nowMs);
    const muted = bench.connect();
    bench.wait(1000);
    expect(muted.ofType('pause')).toEqual([{ type: 'pause', timestamp: 105 * 320 }]);
    expect(muted.frames(FRAME_BYTES)).toHaveLength(105);
    const index = muted.messages.findIndex(({ type }) => type === 'pause');
    expect(muted.packets.every(({ afterMessages }) => afterMessages <= index)).toBe(true);

    bench.session.lost(1006, bench.nowMs);
    bench.session.unmute(bench.nowMs);
    const heard = bench.connect();
    expect(heard.ofType('resume')).toHaveLength(1);
    expect(heard.ofType('pause')).toHaveLength(0);
  });
});
