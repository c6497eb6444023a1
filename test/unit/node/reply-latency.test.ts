// From the caller's last word to the first sound of the answer.

import { describe, expect, it } from 'vitest';
import { replyLatenciesMs } from '../../../client/node/reply-latency.ts';
import type { TimelineEvent } from '../../../client/node/timeline-event.ts';
import { VirtualMicrophone } from '../../../client/node/virtual-microphone.ts';

const turnEnded = (leftAtMs: number): TimelineEvent => ({
  ...{ kind: 'turn-ended', atMs: leftAtMs + 550, turn: 1, startMs: 0, endMs: 0 },
  ...{ leftAtMs, reason: 'silence' },
});
const audible = (atMs: number): TimelineEvent => ({
  kind: 'utterance-audible',
  atMs,
  utterance: 1,
});

describe('reply latency', () => {
  it('[X6] runs from the last speech sample to the first sound that follows', () => {
    expect(replyLatenciesMs([turnEnded(1000), audible(1600)])).toEqual([600]);
    // Whichever the server tells first.
    expect(replyLatenciesMs([audible(1600), turnEnded(1000)])).toEqual([600]);
  });

  it('[X6] counts no sound that came before the words, and no turn whose answer another turn forestalled', () => {
    expect(replyLatenciesMs([audible(100), turnEnded(1000)])).toEqual([]);
    const events = [turnEnded(1000), turnEnded(3000), audible(3700), audible(9000)];
    expect(replyLatenciesMs(events)).toEqual([700]);
  });

  it('[X6] takes the time at which the packet left that carries the last speech sample', () => {
    const microphone = new VirtualMicrophone(new Int16Array(800).fill(9), 160, 320);
    for (const nowMs of [10, 20, 30, 40, 50, 60]) microphone.capture(nowMs);
    expect(microphone.leftAtMs(1)).toBe(20);
    expect(microphone.leftAtMs(320)).toBe(20);
    expect(microphone.leftAtMs(321)).toBe(40);
    expect(microphone.leftAtMs(800)).toBe(60);
  });
});

describe('the virtual microphone', () => {
  it('[X22] gives the recording and then silence without end', () => {
    const microphone = new VirtualMicrophone(Int16Array.from([1, 2, 3, 4, 5]), 2, 2);
    const blocks = [10, 20, 30, 40].map((nowMs) => [...microphone.capture(nowMs)]);
    expect(blocks).toEqual([
      [1, 2],
      [3, 4],
      [5, 0],
      [0, 0],
    ]);
    expect(microphone.isFinished).toBe(true);
    expect(microphone.position).toBe(8);
  });
});
