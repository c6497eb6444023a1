// The jitter buffer's eager exit: order, silence against loss, and what becomes of every frame.

import { describe, expect, it } from 'vitest';
import { PacketSlots } from '../../../core/jitter/packet-slots.ts';
import { CAPACITY_FRAMES, FRAME_SAMPLES, FrameStream } from '../../support/frame-stream.ts';

const kinds = [
  ['reliable', true],
  ['unreliable', false],
] as const;

describe.each(kinds)('a jitter buffer on a(n) %s wire', (_name, reliable) => {
  it('[J1][J2] delivers frames in order at once, across both wraps', () => {
    const stream = new FrameStream(reliable, 0xffff_fffe, 0xffff_ff00);
    for (let number = 0; number < 5; number++) {
      expect(stream.insert({ number })).toBe('accepted');
      expect(stream.pull()).toEqual([`frame ${number}@${number * FRAME_SAMPLES}`]);
    }
    expect(stream.buffer.nextSequence).toBe(3);
    expect(stream.buffer.endPosition).toBe(5 * FRAME_SAMPLES);
  });

  it('[J1] wants nothing before the first frame', () => {
    const stream = new FrameStream(reliable, 77);
    expect(stream.buffer.nextSequence).toBeNull();
    expect(stream.pull()).toEqual([]);
  });

  it('[J1] unwraps timestamps of a stream longer than 2³¹ samples', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    for (let number = 1; number <= 6; number++) {
      expect(stream.send({ number, position: number * 2 ** 30 })).toBe('accepted');
    }
    expect(stream.left.at(-1)).toBe(`frame 6@${6 * 2 ** 30}`);
  });

  it('[J3] drops a frame that is kept or was delivered', () => {
    const stream = new FrameStream(reliable);
    stream.insert({ number: 0 });
    expect(stream.insert({ number: 0 })).toBe('duplicate');
    stream.pull();
    expect(stream.insert({ number: 0 })).toBe('duplicate');
    stream.insert({ number: 2 });
    expect(stream.insert({ number: 2 })).toBe('duplicate');
    expect(stream.pull()).toEqual([]);
  });

  it('[J3] drops a frame too far behind to know about, also one that was never here', () => {
    const stream = new FrameStream(reliable, 5000);
    stream.send({ number: 0 });
    expect(stream.insert({ number: -4095 })).toBe('late');
    expect(stream.insert({ number: -4096 })).toBe('duplicate');
  });

  it('[J4] puts frames in order', () => {
    const stream = new FrameStream(reliable, 0xffff_fffd);
    stream.send({ number: 0 });
    for (const number of [3, 1, 5, 4]) stream.insert({ number });
    expect(stream.pull()).toEqual(['frame 1@320']);
    stream.insert({ number: 2 });
    expect(stream.pull()).toEqual([2, 3, 4, 5].map((n) => `frame ${n}@${n * FRAME_SAMPLES}`));
    expect(stream.buffer.counters.lost).toBe(0);
  });

  it('[J5] tells a jump of the timestamp without a missing frame as silence', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    stream.insert({ number: 1, position: 160_001 });
    expect(stream.pull()).toEqual(['silence 159681@320', 'frame 1@160001']);
    expect(stream.buffer.counters).toMatchObject({ silentSamples: 159_681, gapEvents: 0, lost: 0 });
  });

  it('[J7] turns what is missing before a discontinuity into a gap', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    stream.insert({ number: 4, discontinuity: true });
    expect(stream.pull()).toEqual(['gap 960@320', 'frame 4@1280']);
    expect(stream.insert({ number: 2 })).toBe('late');
    expect(stream.buffer.counters).toMatchObject({
      lost: 3,
      gapEvents: 1,
      gapSamples: 960,
      late: 1,
    });
  });

  it('[J7] still takes what is missing until the gap has left', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    stream.insert({ number: 3, discontinuity: true });
    expect(stream.insert({ number: 2 })).toBe('accepted');
    expect(stream.pull()).toEqual(['gap 320@320', 'frame 2@640', 'frame 3@960']);
  });

  it('[J7] passes every hole before a discontinuity, and none after it', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    for (const number of [2, 7]) stream.insert({ number });
    stream.insert({ number: 4, discontinuity: true });
    expect(stream.pull()).toEqual(['gap 320@320', 'frame 2@640', 'gap 320@960', 'frame 4@1280']);
    expect(stream.buffer.backlogFrames).toBe(1);
  });

  it('[J7] takes the jump before a marked frame for a gap, and no jump for none', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    stream.insert({ number: 1, position: 1000, discontinuity: true });
    expect(stream.pull()).toEqual(['gap 680@320', 'frame 1@1000']);
    stream.insert({ number: 3, position: 1320, discontinuity: true });
    expect(stream.pull()).toEqual(['frame 3@1320']);
    expect(stream.buffer.counters).toMatchObject({ gapEvents: 1, lost: 1 });
  });

  it('[J9] refuses a frame beyond the capacity while frames are kept', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    expect(stream.insert({ number: 1 + CAPACITY_FRAMES - 1 })).toBe('accepted');
    expect(stream.insert({ number: 1 + CAPACITY_FRAMES })).toBe('overrun');
    expect(stream.buffer.backlogFrames).toBe(1);
  });

  it('[J9] jumps over what is missing to a marked frame, however far', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    expect(stream.insert({ number: 100_001, discontinuity: true })).toBe('accepted');
    expect(stream.pull()).toEqual(['gap 32000000@320', 'frame 100001@32000320']);
    expect(stream.insert({ number: 99_000 })).toBe('late');
    expect(stream.buffer.counters.lost).toBe(100_000);
  });

  it('[J10] refuses timestamps that contradict the neighbours', () => {
    const stream = new FrameStream(reliable);
    stream.send({ number: 0 });
    stream.insert({ number: 4 });
    expect(stream.insert({ number: 1, position: 319 })).toBe('overlap');
    expect(stream.insert({ number: 2, position: 961 })).toBe('overlap');
    expect(stream.insert({ number: 6, position: 1599 })).toBe('overlap');
    expect(stream.insert({ number: 500, position: 100 })).toBe('overlap');
    expect(stream.insert({ number: 2, position: 960 })).toBe('accepted');
    expect(stream.insert({ number: 1, position: 320 })).toBe('accepted');
    expect(stream.pull()).toEqual(['frame 1@320', 'silence 320@640', 'frame 2@960']);
    expect(stream.buffer.counters.overlap).toBe(4);
  });
});

describe('a jitter buffer on a reliable wire', () => {
  it('[J6] waits for a missing frame for ever, conceals nothing and sets no deadline', () => {
    const stream = new FrameStream(true);
    stream.send({ number: 0 });
    for (const number of [3, 4]) stream.insert({ number });
    expect(stream.pull(1e9)).toEqual([]);
    expect(stream.buffer.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    for (const number of [1, 2]) expect(stream.insert({ number, nowMs: 2e9 })).toBe('accepted');
    expect(stream.pull(2e9)).toEqual([1, 2, 3, 4].map((n) => `frame ${n}@${n * FRAME_SAMPLES}`));
    expect(stream.buffer.counters).toMatchObject({ late: 0, lost: 0, gapEvents: 0 });
  });

  it('[J9] is not moved by an unmarked frame beyond the capacity', () => {
    const stream = new FrameStream(true);
    stream.send({ number: 0 });
    expect(stream.insert({ number: 1 + CAPACITY_FRAMES })).toBe('overrun');
    expect(stream.pull(1e9)).toEqual([]);
    expect(stream.send({ number: 1 })).toBe('accepted');
    expect(stream.left.at(-1)).toBe('frame 1@320');
  });

  it('[J9] lets kept frames go when a marked frame is beyond the capacity', () => {
    const stream = new FrameStream(true);
    stream.send({ number: 0 });
    stream.insert({ number: 2 });
    expect(stream.insert({ number: 50, discontinuity: true })).toBe('overrun');
    expect(stream.pull()).toEqual(['gap 320@320', 'frame 2@640']);
    expect(stream.send({ number: 50, discontinuity: true })).toBe('accepted');
    expect(stream.left.at(-1)).toBe('frame 50@16000');
  });
});

describe('a jitter buffer on an unreliable wire', () => {
  it('[J8] gives a missing frame up when the time is over, and not before', () => {
    const stream = new FrameStream(false);
    stream.send({ number: 0, nowMs: 0 });
    expect(stream.buffer.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    stream.send({ number: 2, nowMs: 25 });
    stream.send({ number: 3, nowMs: 45 });
    expect(stream.buffer.nextDeadlineMs).toBe(85);
    expect(stream.pull(84)).toEqual([]);
    expect(stream.pull(85)).toEqual(['gap 320@320', 'frame 2@640', 'frame 3@960']);
    expect(stream.buffer.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    expect(stream.insert({ number: 1, nowMs: 86 })).toBe('late');
  });

  it('[J8] waits for every gap by itself', () => {
    const stream = new FrameStream(false);
    stream.send({ number: 0, nowMs: 0 });
    stream.send({ number: 2, nowMs: 10 });
    stream.send({ number: 4, nowMs: 50 });
    expect(stream.pull(70)).toEqual(['gap 320@320', 'frame 2@640']);
    expect(stream.buffer.nextDeadlineMs).toBe(110);
    expect(stream.insert({ number: 3, nowMs: 100 })).toBe('accepted');
    expect(stream.pull(100)).toEqual(['frame 3@960', 'frame 4@1280']);
  });

  it('[J9] does not get stuck behind a burst of loss longer than the capacity', () => {
    const stream = new FrameStream(false);
    stream.send({ number: 0 });
    expect(stream.insert({ number: 400 })).toBe('accepted');
    expect(stream.pull()).toEqual(['gap 127680@320', 'frame 400@128000']);
    stream.insert({ number: 402 });
    expect(stream.insert({ number: 500 })).toBe('overrun');
    expect(stream.pull()).toEqual(['gap 320@128320', 'frame 402@128640']);
    expect(stream.send({ number: 501 })).toBe('accepted');
    expect(stream.left.at(-1)).toBe('frame 501@160320');
  });
});

it('[J9] a capacity that is no power of two is refused at construction', () => {
  expect(() => new PacketSlots(48, 640)).toThrow(
    'Cannot make packet slots: "capacityFrames" must be a power of two, received 48.',
  );
});
