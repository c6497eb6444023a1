import { describe, expect, it } from 'vitest';
import { BackendCall, type BackendCallOptions } from '../../../fakes/backend/backend-call.ts';
import { voiceScript } from '../../../support/voice-script.ts';

/** A turn from 500 ms to 1500 ms. */
const ONE_TURN = voiceScript([[500, 1500]]);
/** The same, and speech over the answer from 3000 ms on. */
const BARGE_IN = voiceScript([
  [500, 1500],
  [3000, 4500],
]);

function callOf(options: Partial<BackendCallOptions> = {}): BackendCall {
  return new BackendCall({ microphone: ONE_TURN, ...options });
}

/** Number of each message, in the order that they came. */
function numbers(call: BackendCall): number[] {
  return call.backend.messages.map(({ number }) => number);
}

describe('a call with a backend', () => {
  it('[H21] gives it a turn with its audio, and plays what it answers', () => {
    const call = callOf();
    call.run(6000);
    expect(call.backend.violations).toEqual([]);
    expect(call.backend.starts).toMatchObject([{ resumed: false, hears: 'turns', utterances: [] }]);
    const [started, ended] = call.backend.told('turn');
    if (ended?.state !== 'ended') throw new Error('The turn did not end.');
    expect(started).toMatchObject({ number: 1, state: 'started', startSample: ended.startSample });
    // Its audio is that of the microphone, from the pre-roll to the end and on into the silence that ended it.
    const [first] = call.backend.pieces!;
    expect(first!.fromSample).toBe(ended.startSample);
    const given = call.backend.pieces!.flatMap(({ samples }) => [...samples]);
    expect(given.length).toBeGreaterThanOrEqual(ended.endSample - ended.startSample);
    const captured = ONE_TURN.subarray(ended.startSample, ended.endSample);
    expect(given.slice(0, captured.length)).toEqual([...captured]);
    const [completed] = call.backend.told('completed');
    expect(completed).toMatchObject({ heardSamples: 32_000, givenSamples: 32_000, heardMs: 2000 });
    expect(call.engine.sent('transcript')).toMatchObject([{ party: 'agent', final: true }]);
    expect(call.errors).toEqual([]);
  });

  it('[H22] counts what was heard in the samples of the backend’s own rate, never more than it gave', () => {
    const call = callOf({ microphone: BARGE_IN, backend: { rateHz: 24_000, answerMs: 10_000 } });
    call.run(6000);
    expect(call.backend.violations).toEqual([]);
    const [cut] = call.backend.told('interrupted');
    const [ended] = call.engine.sent('utterance').filter(({ state }) => state === 'ended');
    if (cut === undefined || ended?.state !== 'ended') throw new Error('Nothing was cut.');
    expect(cut.source).toBe('reported');
    expect(Math.abs(cut.heardSamples - ended.heardSamples * 1.5)).toBeLessThanOrEqual(2);
    expect(cut.heardMs).toBe(Math.floor(cut.heardSamples / 24));
    expect(cut.heardMs).toBeGreaterThan(300);
    expect(cut.heardSamples).toBeLessThan(cut.givenSamples);
    expect(cut.givenSamples).toBeLessThanOrEqual(240_000);
  });

  it('[H23] gives everything in order where that was asked for, and leaves out long silence', () => {
    const call = callOf({ agent: { hears: 'everything' }, microphone: BARGE_IN });
    call.run(2500);
    call.engine.session.mute(call.world.nowMs);
    call.run(14_000);
    call.engine.session.unmute(call.world.nowMs);
    call.run(16_000);
    expect(call.backend.violations).toEqual([]);
    expect(call.backend.starts).toMatchObject([{ hears: 'everything' }]);
    expect(call.backend.audioTo).toBeGreaterThan(15 * 16_000);
    // Of the mute a second was given, and what ended the turn before it.
    expect(call.backend.audioSamples).toBeLessThan(8 * 16_000);
    expect(call.backend.audioSamples).toBeGreaterThan(4 * 16_000);
  });

  it('[H24] passes on typed text, idle time, and words of the service', () => {
    const call = callOf({ microphone: new Int16Array(0), config: { userIdleMs: 5000 } });
    call.run(1000);
    call.engine.session.sendText('hello');
    call.run(1500);
    call.engine.event((engine, nowMs) => {
      const text = 'You have one minute left.';
      expect(engine.say({ kind: 'text', text, interruptible: false }, nowMs)).toBeNull();
    });
    call.run(20_000);
    expect(call.backend.violations).toEqual([]);
    expect(call.backend.told('text')).toMatchObject([{ text: 'hello' }]);
    expect(call.backend.told('say')).toMatchObject([{ interruptible: false }]);
    expect(call.backend.told('idle').length).toBeGreaterThanOrEqual(2);
  });

  it('[H25] does what the backend asks: tools, usage, errors, a transfer after the last word', () => {
    const call = callOf({ backend: { toolMs: 300, answerMs: 500 } });
    call.run(2600);
    call.backend.current!.say({ type: 'usage', amounts: { tokens: 12 } });
    call.backend.current!.say({ type: 'usage', amounts: { tokens: 30, seconds: 1.5 } });
    call.backend.current!.say({ type: 'error', code: 'model-slow', sentence: 'It is slow.' });
    call.backend.current!.say({ type: 'shout', volume: 11 });
    call.backend.current!.say({ type: 'transfer', destination: 'tel:+4930123456' });
    call.run(8000);
    expect(call.engine.engine.state(8000).usage).toEqual({ tokens: 42, seconds: 1.5 });
    expect(call.errors).toEqual(['model-slow']);
    const closing = call.engine.sent('closing');
    expect(closing).toMatchObject([
      { afterLastWord: true, transfer: 'tel:+4930123456' },
      { afterLastWord: false, transfer: 'tel:+4930123456' },
    ]);
    expect(call.backend.told('completed')).toHaveLength(1);
    expect(call.backend.closes).toEqual(['The agent hands the caller on.']);
  });
});

describe('a backend that is lost', () => {
  it('[H26] is dialled at once, gets what it has not acknowledged, and goes on in mid-utterance', () => {
    const call = callOf({ backend: { diesAfterMs: 600, burstMs: 200, burstEveryMs: 100 } });
    call.run(9000);
    expect(call.backend.violations).toEqual([]);
    expect(call.backend.connections).toBe(2);
    expect(call.backend.starts[1]).toMatchObject({
      resumed: true,
      utterances: [{ utterance: 'answer-2', receivedSamples: 9600, isOpen: true }],
    });
    expect(call.backend.told('completed')).toMatchObject([{ heardSamples: 32_000 }]);
    expect(numbers(call)).toEqual([1, 2, 3]);
    expect(call.errors).toEqual([]);
  });

  it('[H27] that has lost its memory is told again what was not acknowledged, under the same number', () => {
    // The second connection knows nothing; what the first had acknowledged does not come again.
    const call = callOf({ backend: { forgets: true, thinkMs: 1000 } });
    call.run(2400);
    call.backend.current!.cut();
    call.run(8000);
    expect(call.backend.violations).toEqual([]);
    expect(numbers(call)).toEqual([1, 2, 3]);
    expect(call.backend.told('completed')).toHaveLength(1);
  });

  it('[H28] is not told twice, nor anything left out, when the object’s memory is lost', () => {
    for (const evictedMs of [700, 1200, 1800, 2080, 2120, 2160, 2400, 3000]) {
      const call = callOf();
      call.run(evictedMs);
      call.evict();
      call.run(10_000);
      expect([evictedMs, call.backend.violations]).toEqual([evictedMs, []]);
      expect([evictedMs, call.backend.told('turn').length]).toEqual([evictedMs, 2]);
      expect([evictedMs, call.backend.told('completed').length]).toEqual([evictedMs, 1]);
      expect(call.backend.told('completed')[0]).toMatchObject({ heardSamples: 32_000 });
    }
  });

  it('[H29] is missed after 3 s: the caller is told, what it left open ends, and the next word dials again', () => {
    let refuses = true;
    const call = callOf({
      agent: { giveUpMs: 8000 },
      make: (line, nowMs) => {
        if (!refuses) return call.backend.connect(line, nowMs);
        line.cut();
        return { receive: () => {}, nextDeadlineMs: Infinity, tick: () => {} };
      },
      microphone: voiceScript([
        [500, 1500],
        [20_000, 21_000],
      ]),
    });
    call.run(2900);
    expect(call.errors).toEqual([]);
    call.run(15_000);
    expect(call.errors).toEqual(['agent-unavailable']);
    refuses = false;
    call.run(19_000);
    expect(call.backend.connections).toBe(0);
    call.run(30_000);
    // The first turn was held all the while.
    expect(call.backend.violations).toEqual([]);
    expect(call.backend.told('turn').filter(({ state }) => state === 'ended')).toHaveLength(2);
    expect(call.backend.told('completed').length).toBeGreaterThan(0);
    expect(call.errors).toEqual(['agent-unavailable']);
  });

  it('[H30] that does not acknowledge for 10 s, or does not get ready, is closed and told of', () => {
    const deaf = callOf({ backend: { mode: 'deaf' } });
    deaf.run(10_500);
    expect(deaf.errors).toEqual([]);
    deaf.run(13_000);
    expect(deaf.errors).toEqual(['agent-slow']);
    expect(deaf.backend.connections).toBe(2);
    const flooded = callOf({ backend: { mode: 'deaf' }, agent: { hears: 'everything' } });
    flooded.run(9900);
    expect(flooded.errors).toEqual([]);
    flooded.run(10_300);
    expect(flooded.errors).toEqual(['agent-slow']);
    const silent = callOf({ backend: { mode: 'silent' } });
    silent.run(12_000);
    expect(silent.errors).toEqual(['agent-unavailable', 'agent-timeout']);
  });

  it('[H31] that breaks the protocol is told why, closed, and dialled again', () => {
    const call = callOf({ backend: { mode: 'malformed' } });
    call.run(2000);
    expect(call.errors[0]).toBe('agent-protocol');
    expect(call.backend.connections).toBeGreaterThan(1);
  });

  it('[H32] is told how much audio was dropped when it was away for longer than 10 s', () => {
    let refuses = true;
    const call = callOf({
      agent: { hears: 'everything' },
      make: (line, nowMs) => {
        if (!refuses) return call.backend.connect(line, nowMs);
        line.cut();
        return { receive: () => {}, nextDeadlineMs: Infinity, tick: () => {} };
      },
    });
    call.run(15_000);
    refuses = false;
    call.run(25_000);
    expect(call.backend.violations).toEqual([]);
    const [gap] = call.backend.gaps;
    expect(gap).toMatchObject({ kind: 'dropped', fromSample: 0 });
    const [first] = call.backend.pieces!;
    expect(first!.fromSample).toBe(gap!.lengthSamples);
    expect(gap!.lengthSamples).toBeGreaterThan(4 * 16_000);
    expect(numbers(call)).toEqual(numbers(call).map((_number, index) => index + 1));
  });
});

describe('an address', () => {
  it('[H33] is given the operator’s token only when it is the operator’s own', () => {
    const asked: (string | null)[] = [];
    for (const url of ['wss://other.example', undefined]) {
      const call = new BackendCall({
        microphone: new Int16Array(0),
        agent: { url },
        variables: { ISOCHRON_AGENT_URL: 'wss://own.example', ISOCHRON_AGENT_TOKEN: 'secret' },
        dialled: ({ headers }) => asked.push(headers?.['Authorization'] ?? null),
      });
      call.run(100);
    }
    expect(asked).toEqual([null, 'Bearer secret']);
    const nowhere = new BackendCall({ microphone: new Int16Array(0), agent: { url: undefined } });
    nowhere.run(1000);
    expect(nowhere.errors).toEqual(['agent-unavailable']);
  });
});
