// The packets of the Realtime SFU's adapters, and what becomes of a caller's in any order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CallerTrack,
  newCallerTrackState,
} from '../../../durable-objects/bridges/realtime-sfu/caller-track.ts';
import {
  payloadMessage,
  readPacket,
} from '../../../durable-objects/bridges/realtime-sfu/packet.ts';
import { readWirePacket, writeWirePacket } from '../../fakes/realtime-sfu/wire-packet.ts';
import { runs } from '../../support/runs.ts';

/** A track, and what it was cut into. */
function track() {
  const frames: { lost: number; silent: number; samples: number[] }[] = [];
  const caller = new CallerTrack(newCallerTrackState(), (bytes, lost, silent) =>
    frames.push({ lost, silent, samples: Array.from(new Int16Array(bytes.slice().buffer)) }),
  );
  const take = (sequence: number, samples: number, nowMs: number, level = 1000) =>
    caller.take(
      readPacket(
        writeWirePacket(sequence, (sequence * samples) >>> 0, new Int16Array(samples).fill(level)),
      )!,
      nowMs,
    );
  return { caller, frames, take };
}

describe('a packet of the SFU', () => {
  it('[RS6] is written as documented', () => {
    expect(Array.from(payloadMessage(Uint8Array.from([1, 2, 3])))).toEqual([0x2a, 3, 1, 2, 3]);
    expect(Array.from(payloadMessage(new Uint8Array(0)))).toEqual([0x2a, 0]);
    const read = readWirePacket(payloadMessage(new Uint8Array(11_520)));
    expect(read).toMatchObject({ payload: { length: 11_520 } });
  });

  it('[RS3] is read, whatever its numbers', () => {
    const number = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(
        number,
        number,
        fc.int16Array({ maxLength: 100 }),
        (sequence, timestamp, mono) => {
          const packet = readPacket(writeWirePacket(sequence, timestamp, mono))!;
          expect(packet).toMatchObject({ sequence, timestamp });
          expect(packet.payload).toHaveLength(mono.length * 4);
        },
      ),
      { seed: 7, numRuns: runs(100) },
    );
    expect(readPacket(Uint8Array.from([0x2a, 4, 1, 2, 3, 4]))).toMatchObject({ sequence: 0 });
  });

  it('[RS12] is none when it is anything else, and nothing throws', () => {
    for (const bytes of [[0x2a], [0x2a, 9, 1], [0x2a, 3, 1, 2, 3], [0xff, 0xff], [0x08]]) {
      expect(readPacket(Uint8Array.from(bytes))).toBeNull();
    }
    let unreadable = 0;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
        if (readPacket(bytes) === null) unreadable++;
      }),
      { seed: 8, numRuns: runs(300) },
    );
    expect(unreadable).toBeGreaterThan(100);
  });
});

describe('a track of the SFU', () => {
  it.each([4, 480, 960, 1440, 1500, 2880])(
    '[RS3] is as long at 16 kHz, in packets of %i samples, and never waits for the next',
    (samples) => {
      const { frames, take } = track();
      const packets = Math.ceil(9600 / samples);
      for (let n = 0; n < packets; n++) take(n, samples, (n * samples) / 48);
      expect(frames).toHaveLength(Math.floor((packets * samples) / 960));
      expect(frames.every(({ lost, silent }) => lost === 0 && silent === 0)).toBe(true);
      expect(frames.at(-1)!.samples.every((sample) => Math.abs(sample - 1000) < 3)).toBe(true);
    },
  );

  it('[RS4] is put in order, across the wrap, and copies are left out', () => {
    const { caller, frames, take } = track();
    const order = [0, 2, 1, 1, 3, 6, 5, 4, 4, 7, 2];
    for (const [index, n] of order.entries())
      take((0xffff_fffd + n) >>> 0, 960, index * 20, 1000 * (n + 1));
    const levels = frames.map(({ samples }) => Math.round(samples.at(-1)! / 1000));
    expect(levels).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(caller.state.order).toMatchObject({ lostPackets: 0, discardedPackets: 3, restarts: 0 });
  });

  it('[RS4] gives up what is missing when three later ones have come, or after 60 ms', () => {
    const { caller, frames, take } = track();
    for (const [n, atMs] of [
      [0, 0],
      [2, 10],
      [3, 11],
      [4, 12],
    ] as const)
      take(n, 960, atMs);
    expect(frames).toHaveLength(1);
    take(5, 960, 13);
    expect(frames.map(({ lost }) => lost)).toEqual([0, 1, 0, 0, 0]);
    take(8, 960, 100);
    expect(caller.deadlineMs).toBe(160);
    caller.settle(159);
    expect(frames).toHaveLength(5);
    caller.settle(160);
    expect(frames.at(-1)).toMatchObject({ lost: 2 });
    expect(caller.deadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('[RS5] has numbers that begin anew without a loss when no time has passed', () => {
    const { caller, frames, take } = track();
    for (let n = 0; n < 5; n++) take(n, 960, n * 20);
    for (let n = 0; n < 5; n++) take(5_000_000 + n, 960, 100 + n * 20);
    expect(frames.map(({ lost }) => lost)).toEqual(new Array(10).fill(0));
    expect(caller.state.order.restarts).toBe(1);
  });
});
