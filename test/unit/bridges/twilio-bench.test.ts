// The figures of the Twilio bridge, and what they say of one that is wrong.
import { describe, expect, it } from 'vitest';
import { measureTwilio, type TwilioBenchOptions } from '../../../bench/agents/twilio.ts';
import { TwilioBridge } from '../../../durable-objects/bridges/twilio/twilio-bridge.ts';
import type { ClientsEngine, Link } from '../../../durable-objects/runtime/link.ts';
import { FakeTwilio } from '../../fakes/twilio/fake-twilio.ts';
import { LevelScorer } from '../../support/level-scorer.ts';
import { call, loud, say, tone } from '../../support/telephone.ts';

const createScorer: TwilioBenchOptions['createScorer'] = (listener) => new LevelScorer(listener);

/** A bridge whose words to the engine are changed on their way. */
function lying(change: (message: Told, bridge: Played) => void) {
  return (...[state, socket]: ConstructorParameters<typeof TwilioBridge>): Link => {
    const bridge = new TwilioBridge(state, socket);
    const played = { sent: () => state.speaker.sent };
    const deceive = (engine: ClientsEngine): ClientsEngine => ({
      receiveAudio: (number, bytes, nowMs) => engine.receiveAudio(number, bytes, nowMs),
      disconnect: (number, nowMs) => engine.disconnect(number, nowMs),
      receiveText: (number, text, nowMs) => {
        const message: Told = JSON.parse(text);
        change(message, played);
        engine.receiveText(number, JSON.stringify(message), nowMs);
      },
    });
    return around(bridge, {
      received: (text, engine, nowMs) => bridge.received(text, deceive(engine), nowMs),
      answer: (engine, nowMs) => bridge.answer(deceive(engine), nowMs),
    });
  };
}

/** What of a message is changed. */
interface Told {
  readonly type?: string;
  playedSamples?: number;
}

interface Played {
  readonly sent: () => number;
}

function around(bridge: TwilioBridge, changed: Partial<Link>): Link {
  return {
    connection: bridge.connection,
    resumeToken: null,
    received: (text, engine, nowMs) => bridge.received(text, engine, nowMs),
    left: (engine, nowMs) => bridge.left(engine, nowMs),
    answer: (engine, nowMs) => bridge.answer(engine, nowMs),
    answerClose: (code) => bridge.answerClose(code),
    sendAudio: (packet) => bridge.sendAudio(packet),
    sendControl: (message) => bridge.sendControl(message),
    close: (code, sentence) => bridge.close(code, sentence),
    ...changed,
  };
}

describe('the figures of the Twilio bridge', () => {
  it('[TW15] are those of the target', () => {
    const figures = measureTwilio({ conversations: 8, createScorer });
    expect(figures).toMatchObject({ addedMsP95: 0, commitToWireMsP95: 0, lostSamples: 0 });
    expect(figures.interruptions).toBe(8);
    expect(figures.heardErrorMsMax).toBeLessThan(100);
    expect(figures.mostBufferedMs).toBeLessThanOrEqual(600);
  });

  it('[TW15] show a bridge that counts the marks which a clear has brought back', () => {
    // They say that everything was played.
    const makeBridge = lying((message, { sent }) => {
      if (message.type === 'cleared') message.playedSamples = sent();
    });
    const { heardErrorMsMax } = measureTwilio({ conversations: 3, createScorer, makeBridge });
    expect(heardErrorMsMax).toBeGreaterThan(100);
  });

  it('[TW15] show a bridge that goes on from a mark at twice the speed', () => {
    const makeBridge = lying((message) => {
      if (message.type === 'cleared') message.playedSamples = Number(message.playedSamples) + 1000;
    });
    const { heardErrorMsMax } = measureTwilio({ conversations: 3, createScorer, makeBridge });
    expect(heardErrorMsMax).toBeGreaterThan(100);
  });

  it('[TW15] show a bridge that takes no account of what lies at Twilio', () => {
    // It takes each mark for played as soon as it has sent it.
    const makeBridge: TwilioBenchOptions['makeBridge'] = (state, socket) => {
      const marks: string[] = [];
      const send = (text: string) => {
        if (text.includes('"mark"')) marks.push(text);
        socket.send(text);
      };
      const bridge = new TwilioBridge(state, { ...socket, send });
      return around(bridge, {
        answer: (engine, nowMs) => {
          bridge.answer(engine, nowMs);
          for (const mark of marks.splice(0)) bridge.received(mark, engine, nowMs);
        },
      });
    };
    const options = { conversations: 2, createScorer, slowMs: 900 };
    expect(measureTwilio(options).mostBufferedMs).toBeLessThanOrEqual(600);
    expect(measureTwilio({ ...options, makeBridge }).mostBufferedMs).toBeGreaterThan(600);
  });

  it('[TW15] cannot be had from a fake that is not spoken to as documented', () => {
    const fake = new FakeTwilio({}, { send: () => {}, close: () => {}, cut: () => {} }, 0);
    const streamSid = `MZ${'0123456789abcdef'.repeat(2)}`;
    const wrong = [
      'not JSON',
      { event: 'media', streamSid, media: { payload: '' } },
      { event: 'media', streamSid, media: { payload: 'not base64!' } },
      { event: 'media', streamSid, media: { payload: '/w==', timestamp: '0' } },
      { event: 'media', streamSid: 'MZ1', media: { payload: '/w==' } },
      { event: 'mark', streamSid },
      { event: 'clear', streamSid, mark: {} },
      { event: 'stop', streamSid },
    ];
    for (const message of wrong) {
      fake.receive(typeof message === 'string' ? message : JSON.stringify(message), 0);
    }
    expect(fake.violations).toHaveLength(wrong.length);
    fake.receive(JSON.stringify({ event: 'media', streamSid, media: { payload: '/w==' } }), 0);
    expect(fake.violations).toHaveLength(wrong.length);
  });
});

describe('a telephone call of half an hour', () => {
  it('[TW14] loses nothing, and holds neither more memory nor more state at its end', () => {
    const spans: [number, number][] = [];
    for (let ms = 10_000; ms < 1_790_000; ms += 20_000) spans.push([ms, ms + 2000]);
    const kept: number[] = [];
    const { agent, world } = call({
      twilio: { voice: loud(...spans), keepsHeard: false, loses: (frame) => frame % 997 === 996 },
      delayMs: (sentMs) => 20 + ((sentMs * 31) % 37),
      keep: (state) => kept.push(state.speaker.runs.length + state.speaker.marks.length),
    });
    const [short, long] = [tone(3000), tone(9000)];
    // An answer that is heard out, and one that the caller cuts short, three times a minute.
    for (let ms = 1000; ms < 1_790_000; ms += 20_000) {
      world.runTo(ms);
      say(world, agent, short);
      say(world, agent, long);
    }
    world.runTo(1_800_000);
    const { statistics } = world.engine.state(1_800_000);
    expect(statistics).toMatchObject({
      turnsEnded: 89,
      utterancesCompleted: 91,
      utterancesInterrupted: 89,
      violations: 0,
      claimsClamped: 0,
      clientUnderruns: 0,
      gapSamples: 90 * 320,
    });
    expect(world.fake.violations).toEqual([]);
    expect(world.fake.mostBufferedSamples).toBeLessThanOrEqual(600 * 8);
    expect(kept.length).toBeGreaterThan(90_000);
    expect(kept.reduce((most, size) => Math.max(most, size))).toBeLessThan(20);
  });
});
