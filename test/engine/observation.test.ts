// Looking on: what an observer is shown, what that costs the conversation, and what a slow one misses.

import { describe, expect, it } from 'vitest';
import { COLUMN_SAMPLES, UNSEEN_MAX } from '../../core/observation/observed-line.ts';
import { CLOSE_CODES } from '../../core/wire/close-codes.ts';
import { ObserverSocket, observedCall, SPOKEN } from '../support/observed-call.ts';

const PER_MS = 16;

const WATCHED = (() => {
  const socket = new ObserverSocket();
  const slow = new ObserverSocket(false);
  const call = observedCall([socket, slow]);
  return { socket, slow, ...call };
})();

/** A run of moments is told without a hole and without a repetition. */
function expectContinuous(levels: readonly { fromSample: number; peaks: readonly number[] }[]) {
  const told = levels.filter(({ peaks }) => peaks.length > 0);
  expect(told.length).toBeGreaterThan(10);
  for (const [index, { fromSample, peaks }] of told.entries()) {
    const next = told[index + 1];
    if (next !== undefined)
      expect(next.fromSample).toBe(fromSample + peaks.length * COLUMN_SAMPLES);
  }
}

describe('what an observer is shown', () => {
  const { socket } = WATCHED;

  it('[O2] begins with how the timeline would begin, and every message ends with a moment', () => {
    expect(socket.lines[0]).toMatchObject({ type: 'start', agent: 'parrot' });
    for (const message of socket.messages) {
      expect(JSON.parse(message.split('\n').at(-1)!)).toHaveProperty('type', 'moment');
    }
  });

  it('[O2] tells the lines of the timeline though nothing is recorded', () => {
    expect(WATCHED.engine.journal.size).toBe(0);
    const ended = socket.of('turn').filter(({ state }) => state === 'ended');
    expect(ended).toHaveLength(SPOKEN.length);
    expect(socket.of('speech').length).toBeGreaterThanOrEqual(2 * SPOKEN.length);
    expect(socket.of('latency')).toHaveLength(SPOKEN.length);
    expect(socket.of('heard').length).toBeGreaterThan(5);
  });

  it('[O3] comes four times a second at most, in order', () => {
    const times = socket.of('moment').map(({ atMs }) => atMs);
    expect(times.length).toBeGreaterThan(30);
    for (const [index, atMs] of times.entries()) {
      if (index > 0) expect(atMs - times[index - 1]!).toBeGreaterThanOrEqual(250);
    }
  });

  it('[O4] has the level of both parties and every score once, at their samples', () => {
    const moments = socket.of('moment');
    expectContinuous(moments.map(({ level }) => level));
    expect(moments.flatMap(({ said }) => said.peaks).some((peak) => peak > 20)).toBe(true);
    const loud = moments.flatMap(({ level }) =>
      level.peaks.map((peak, index) => ({ peak, ms: (level.fromSample + index * 320) / PER_MS })),
    );
    for (const { peak, ms } of loud) {
      const isSpoken = SPOKEN.some(([from, to]) => ms >= from && ms < to);
      if (peak > 0) expect(isSpoken).toBe(true);
    }
    const samples = moments.flatMap(({ scores }) => scores.samples);
    const { windowsScored } = WATCHED.engine.engine.state(12_000).statistics;
    expect(samples.length).toBeGreaterThan(windowsScored - 20);
    expect(new Set(samples).size).toBe(samples.length);
  });
});

describe('what looking on costs', () => {
  it('[O5] the engine sends the same, whether or not anybody looks on', () => {
    const { engine } = observedCall([]);
    expect(engine.happenings.length).toBeGreaterThan(300);
    expect(WATCHED.engine.happenings).toEqual(engine.happenings);
    expect(WATCHED.engine.heard).toEqual(engine.heard);
  });

  it('[O5] nothing is written down, scored or measured for nobody', () => {
    const asked: string[] = [];
    const note = (what: string) => (): void => void asked.push(what);
    const watch = {
      isOpen: false,
      begin: note('begin'),
      line: note('line'),
      scored: note('scored'),
    };
    observedCall([], { watch });
    expect(asked).toEqual(['begin']);
  });
});

describe('an observer that is slow', () => {
  it('[O6] is sent nothing more until it says what it has seen, and is told how much it missed', () => {
    const { slow, socket, observation } = WATCHED;
    expect(slow.messages).toHaveLength(UNSEEN_MAX);
    expect(socket.messages.length).toBeGreaterThan(UNSEEN_MAX + 10);
    slow.isPrompt = true;
    slow.say('seen');
    observation.eventDone(20_000, true);
    expect(slow.of('missed')).toEqual([
      { type: 'missed', messages: socket.messages.length - 1 - UNSEEN_MAX },
    ]);
  });
});

describe('the end of looking on', () => {
  it('[O7] closes the socket of one that says anything else', () => {
    const socket = new ObserverSocket();
    const { observation } = observedCall([socket]);
    socket.say('{"type":"interrupt"}');
    expect(socket.closedWith).toBe(CLOSE_CODES.violation.code);
    expect(observation.isOpen).toBe(false);
  });

  it('[O8] shows the end of a conversation, and closes with it', () => {
    const socket = new ObserverSocket();
    const { engine, observation } = observedCall([socket]);
    engine.event((conversation, nowMs) => conversation.end(false, 'Enough.', nowMs));
    observation.end(20_000);
    expect(socket.of('end')).toMatchObject([{ reason: 'Enough.' }]);
    expect(socket.closedWith).toBe(CLOSE_CODES.ended.code);
  });
});
