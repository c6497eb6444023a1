// The spans of a call, from its events.

import { describe, expect, it } from 'vitest';
import {
  holdSpans,
  speechSpans,
  turnSpans,
  utteranceSpans,
} from '../../../client/node/call-spans.ts';
import type { TimelineEvent } from '../../../client/node/timeline-event.ts';

const CALL_MS = 10_000;

const speech = (state: 'started' | 'stopped', positionMs: number): TimelineEvent => ({
  ...{ kind: 'speech', atMs: positionMs + 100, state, positionMs },
});
const turnStarted = (turn: number, startMs: number): TimelineEvent => ({
  ...{ kind: 'turn-started', atMs: startMs + 400, turn, startMs, continues: null },
});
const turnEnded = (turn: number, startMs: number, endMs: number): TimelineEvent => ({
  ...{ kind: 'turn-ended', atMs: endMs + 600, turn, startMs, endMs, leftAtMs: endMs },
  reason: 'silence',
});

describe('the caller', () => {
  it('[X26] speaks where the speech lies in the audio, not when it was told', () => {
    const events = [speech('started', 100), speech('stopped', 900), speech('started', 9000)];
    expect(speechSpans(events, CALL_MS)).toEqual([
      { startMs: 100, endMs: 900 },
      { startMs: 9000, endMs: CALL_MS },
    ]);
  });

  it('[X26] has a turn until it ends or the call does, and none that was dropped', () => {
    const events: TimelineEvent[] = [
      ...[turnStarted(1, 0), turnEnded(1, 0, 2000), turnStarted(2, 3000)],
      { kind: 'turn-dropped', atMs: 3500, turn: 2 },
      turnStarted(3, 8000),
    ];
    expect(turnSpans(events, CALL_MS)).toMatchObject([
      { name: 'turn 1', startMs: 0, endMs: 2000 },
      { name: 'turn 3', startMs: 8000, endMs: CALL_MS },
    ]);
  });
});

describe('the agent', () => {
  it('[X26] has an utterance from its first audible sample on', () => {
    const events: TimelineEvent[] = [
      { kind: 'utterance-started', atMs: 100, utterance: 1 },
      { kind: 'utterance-audible', atMs: 300, utterance: 1 },
      {
        ...{ kind: 'utterance-ended', atMs: 2000, utterance: 1 },
        ...{ reason: 'interrupted', heardMs: 1500 },
      },
      { kind: 'utterance-started', atMs: 9000, utterance: 2 },
    ];
    expect(utteranceSpans(events, CALL_MS)).toMatchObject([
      { name: 'utterance 1', startMs: 300, endMs: 2000, isInterrupted: true },
      { name: 'utterance 2', startMs: 9000, endMs: CALL_MS, isInterrupted: false },
    ]);
  });

  it('[X26] is held until it is released or cleared', () => {
    const events: TimelineEvent[] = [
      ...[{ kind: 'hold', atMs: 1000 } as const, { kind: 'release', atMs: 1200 } as const],
      ...[{ kind: 'hold', atMs: 2000 } as const, { kind: 'clear', atMs: 2400 } as const],
      // The agent's own clear; a release that follows one has nothing to release.
      ...[{ kind: 'clear', atMs: 5000 } as const, { kind: 'release', atMs: 5100 } as const],
      { kind: 'hold', atMs: 9000 },
    ];
    expect(holdSpans(events, CALL_MS)).toEqual([
      { startMs: 1000, endMs: 1200, ending: 'release' },
      { startMs: 2000, endMs: 2400, ending: 'clear' },
      { startMs: 5000, endMs: 5000, ending: 'clear' },
      { startMs: 9000, endMs: CALL_MS, ending: null },
    ]);
  });
});
