// The parts of the harness that faults are made of: seeded chance, message frames, and a bundle that is changed.

import { describe, expect, it } from 'vitest';
import { patched } from '../../../chaos/chaotic-service.ts';
import { FrameSplitter } from '../../../chaos/frame-splitter.ts';
import { Random } from '../../../chaos/random.ts';

const HEAD = Buffer.from('GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n');

/** A masked binary frame with so much payload (RFC 6455 §5.2). */
function frame(payloadBytes: number): Buffer {
  const head = Buffer.alloc(payloadBytes < 126 ? 6 : 8, 1);
  head[0] = 0x82;
  head[1] = 0x80 | Math.min(payloadBytes, 126);
  if (payloadBytes >= 126) head.writeUInt16BE(payloadBytes, 2);
  return Buffer.concat([head, Buffer.alloc(payloadBytes, 7)]);
}

describe('the harness', () => {
  it('[E9] gives the same plan for the same seed, and another for another', () => {
    const plan = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 50 }, () => random.between(0, 1000));
    };
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
    expect(Math.max(...plan(7)) - Math.min(...plan(7))).toBeGreaterThan(500);
  });

  it('[E10] repeats whole messages only: frames are found whatever the pieces that they come in', () => {
    const frames = [frame(10), frame(652), frame(3), frame(6412)];
    const bytes = Buffer.concat([HEAD, ...frames]);
    const random = new Random(3);
    for (let trial = 0; trial < 20; trial++) {
      const splitter = new FrameSplitter();
      const pieces = [];
      for (let at = 0; at < bytes.length; ) {
        const to = Math.min(bytes.length, at + random.between(1, 900));
        pieces.push(...splitter.push(bytes.subarray(at, to)));
        at = to;
      }
      expect(pieces.map((piece) => piece.bytes)).toEqual([HEAD, ...frames]);
      expect(pieces.map(({ isBinary }) => isBinary)).toEqual([false, true, true, true, true]);
    }
  });

  it('[E11] refuses to sabotage a bundle that has the text not at all, or twice', () => {
    const bundle = [{ type: 'ESModule' as const, path: 'entry.js', contents: 'one two two' }];
    expect(patched(bundle, [{ from: 'one', to: 'three' }])[0]!.contents).toBe('three two two');
    expect(() => patched(bundle, [{ from: 'two', to: 'x' }])).toThrow('exactly once');
    expect(() => patched(bundle, [{ from: 'four', to: 'x' }])).toThrow('exactly once');
  });
});
