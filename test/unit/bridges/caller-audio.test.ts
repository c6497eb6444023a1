// What Twilio sends of the caller, cut into frames by its timestamps.
import { describe, expect, it } from 'vitest';
import { CallerAudio } from '../../../durable-objects/bridges/twilio/caller-audio.ts';

interface Taken {
  readonly lost: number;
  readonly bytes: number[];
}

/** A stream, and the frames that it was cut into. */
function stream() {
  const audio = new CallerAudio({ expected: null, lostFrames: 0 });
  const frames: Taken[] = [];
  const take = (timestampMs: number, samples: number, byte = 1) =>
    audio.take(timestampMs, new Uint8Array(samples).fill(byte), (frame, lost) =>
      frames.push({ lost, bytes: Array.from(frame) }),
    );
  return { audio, frames, take, lost: () => frames.map(({ lost }) => lost) };
}

describe('the caller of a telephone call', () => {
  it.each([1, 80, 160, 161, 400, 8000])(
    '[TW3] is cut into frames of 20 ms from payloads of %i samples',
    (size) => {
      const { frames, take } = stream();
      for (let sent = 0; sent < 8000; sent += size) take(sent / 8, Math.min(size, 8000 - sent), 7);
      expect(frames).toHaveLength(50);
      expect(frames.every(({ lost, bytes }) => lost === 0 && bytes.length === 160)).toBe(true);
      expect(frames.flatMap(({ bytes }) => bytes).every((byte) => byte === 7)).toBe(true);
    },
  );

  it('[TW3] begins at any timestamp, and takes 40 ms more or less for none', () => {
    const { take, lost } = stream();
    for (const timestamp of [5, 65, 45, 65, 85, 65, 125]) take(timestamp, 160);
    expect(lost()).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('[TW3] finds more than 40 ms missing, in whole frames, and makes up for the rest with the next loss', () => {
    const { take, lost, audio } = stream();
    for (const timestamp of [0, 71, 91, 162]) take(timestamp, 160);
    // 51 ms are two frames; 11 ms are left, and with 51 ms more they make three.
    expect(lost()).toEqual([0, 2, 0, 3]);
    expect(audio.state.lostFrames).toBe(5);
  });

  it('[TW3] finds 2 s missing at most, and counts on from where the stream is', () => {
    const { take, lost } = stream();
    for (const timestamp of [0, 60_000, 60_020, 60_100]) take(timestamp, 160);
    expect(lost()).toEqual([0, 100, 0, 3]);
  });

  it('[TW3] never goes back', () => {
    const { take, lost } = stream();
    for (const timestamp of [5000, 5020, 100, 120, 140, 240]) take(timestamp, 160);
    expect(lost()).toEqual([0, 0, 0, 0, 0, 4]);
  });

  it('[TW3] fills up the frame within which a loss begins', () => {
    const { frames, take } = stream();
    take(0, 200);
    take(125, 160, 2);
    // 25 ms came, 15 ms of silence make it two frames, and then 85 ms are missing.
    expect(frames.map(({ lost }) => lost)).toEqual([0, 0, 4]);
    expect(frames[1]!.bytes.indexOf(0xff)).toBe(40);
    expect(frames[2]!.bytes[0]).toBe(2);
  });
});
