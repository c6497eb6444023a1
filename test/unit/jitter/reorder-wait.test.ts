// How long a missing frame is waited for on a wire that is not reliable.
import { describe, expect, it } from 'vitest';
import { ReorderWait } from '../../../core/jitter/reorder-wait.ts';

/** Frames in order, 20 ms apart. */
function inOrder(wait: ReorderWait, from: number, frames: number): void {
  for (let frame = from; frame < from + frames; frame++) wait.arrived(frame >>> 0, frame * 20);
}

describe('the wait for what was overtaken', () => {
  it('[F2] begins with the most, and shrinks to one frame while nothing is overtaken', () => {
    const wait = new ReorderWait(60);
    expect(wait.waitMs).toBe(60);
    inOrder(wait, 0, 1000);
    expect(wait.waitMs).toBeCloseTo(30, 0);
    inOrder(wait, 1000, 3000);
    expect(wait.waitMs).toBe(20);
  });

  it('[F2] is half again as long as the latest was late, and no longer than the most', () => {
    const wait = new ReorderWait(100);
    inOrder(wait, 0, 5000);
    wait.arrived(5001, 100_000);
    wait.arrived(5002, 100_020);
    wait.arrived(5000, 100_030);
    expect(wait.waitMs).toBeCloseTo(45, 0);
    wait.arrived(5004, 100_040);
    wait.arrived(5003, 100_400);
    expect(wait.waitMs).toBe(100);
  });

  it('[F2] learns nothing from copies, nor from what is older than it remembers, at the wrap as well', () => {
    const first = 0xffff_ff00;
    const wait = new ReorderWait(60);
    for (let frame = 0; frame < 5000; frame++) wait.arrived((first + frame) >>> 0, frame * 20);
    wait.arrived((first + 4990) >>> 0, 200_000);
    wait.arrived((first + 100) >>> 0, 200_000);
    expect(wait.waitMs).toBe(20);
  });

  it('[F2] is restored as it was', () => {
    const wait = new ReorderWait(60);
    inOrder(wait, 0, 500);
    wait.arrived(502, 10_000);
    const other = new ReorderWait(60);
    other.restore(structuredClone(wait.snapshot()));
    for (const each of [wait, other]) each.arrived(501, 10_033);
    expect(other.waitMs).toBe(wait.waitMs);
    expect(other.waitMs).toBeGreaterThan(45);
  });
});
