// Bridges with a fault, made by changing what a sound one tells the engine, or Twilio.

import {
  TwilioBridge,
  type TwilioSocket,
} from '../../../durable-objects/bridges/twilio/twilio-bridge.ts';
import type { ClientsEngine } from '../../../durable-objects/runtime/link.ts';
import { once, type SabotageCase } from '../sabotage-case.ts';
import { linkAround } from './link-around.ts';
import { type MakeBridge, measureTelephone, type TelephoneFigures } from './telephone-figures.ts';

const CALLS = 2;
const MARK_MS = 100;
const BUFFER_MS = 600;
/** Twilio is slow to play: what lies there is not heard. */
const SLOW_MS = 900;

/** What of a message to the engine is changed. */
interface Told {
  readonly type?: string;
  playedSamples?: number;
}

/** What is wrong with the figures of a bridge, in sentences. */
function faultsOfTelephone(figures: TelephoneFigures): string[] {
  const { heardErrorMs, mostBufferedMs, commitToWireMs, violations, lostSamples } = figures;
  const errorMs = Math.max(0, ...heardErrorMs);
  return [
    ...violations,
    ...(errorMs > MARK_MS ? [`What was heard is told ${Math.round(errorMs)} ms wrong.`] : []),
    ...(mostBufferedMs > BUFFER_MS ? [`${mostBufferedMs} ms lay at Twilio.`] : []),
    ...(commitToWireMs.length === 0 ? ['Twilio was never told to clear.'] : []),
    ...(lostSamples > 0 ? [`${lostSamples} samples were told as heard, and were not.`] : []),
  ];
}

/** A bridge whose words to the engine are changed on their way. */
function lying(change: (message: Told, sentSamples: number) => void): MakeBridge {
  return (state, socket) => {
    const bridge = new TwilioBridge(state, socket);
    const deceived = (engine: ClientsEngine): ClientsEngine => ({
      receiveAudio: (number, bytes, nowMs) => engine.receiveAudio(number, bytes, nowMs),
      disconnect: (number, nowMs) => engine.disconnect(number, nowMs),
      receiveText: (number, text, nowMs) => {
        const message: Told = JSON.parse(text);
        change(message, state.speaker.sent);
        engine.receiveText(number, JSON.stringify(message), nowMs);
      },
    });
    return linkAround(bridge, {
      received: (text, engine, nowMs) => bridge.received(text, deceived(engine), nowMs),
      answer: (engine, nowMs) => bridge.answer(deceived(engine), nowMs),
    });
  };
}

/** A bridge whose messages to Twilio are changed on their way; null for one that is lost. */
function misspelling(change: (text: string) => string | null): MakeBridge {
  return (state, socket) => {
    const send = (text: string): void => {
      const sent = change(text);
      if (sent !== null) socket.send(sent);
    };
    return new TwilioBridge(state, { ...socket, send });
  };
}

const countReturnedMarks = lying((message, sentSamples) => {
  if (message.type === 'cleared') message.playedSamples = sentSamples;
});

const runAhead = lying((message) => {
  if (message.type === 'cleared') message.playedSamples = Number(message.playedSamples) + 1000;
});

/** Takes each mark for played as soon as it has sent it. */
function ignoreBuffer(...[state, socket]: Parameters<MakeBridge>): ReturnType<MakeBridge> {
  const marks: string[] = [];
  const send: TwilioSocket['send'] = (text) => {
    if (text.includes('"mark"')) marks.push(text);
    socket.send(text);
  };
  const bridge = new TwilioBridge(state, { ...socket, send });
  return linkAround(bridge, {
    answer: (engine, nowMs) => {
      bridge.answer(engine, nowMs);
      for (const mark of marks.splice(0)) bridge.received(mark, engine, nowMs);
    },
  });
}

interface Fault {
  readonly makeBridge: MakeBridge;
  readonly expected: RegExp;
  readonly slowMs?: number;
}

const SABOTAGES: Readonly<Record<string, Fault>> = {
  'counts the marks that a clear has brought back': {
    makeBridge: countReturnedMarks,
    expected: /ms wrong/,
  },
  'goes on from a mark at twice the speed': { makeBridge: runAhead, expected: /ms wrong/ },
  'takes no account of what lies at Twilio': {
    makeBridge: ignoreBuffer,
    slowMs: SLOW_MS,
    expected: /ms lay at Twilio/,
  },
  'never clears': {
    makeBridge: misspelling((text) => (text.includes('"clear"') ? null : text)),
    expected: /never told to clear/,
  },
  'does not name the stream': {
    makeBridge: misspelling((text) => text.replace(/"streamSid":"[^"]+",?/, '')),
    expected: /streamSid/,
  },
};

const faultsOfSound = once(() => faultsOfTelephone(measureTelephone({ calls: CALLS })));
const faultsOfSlow = once(() =>
  faultsOfTelephone(measureTelephone({ calls: CALLS, slowMs: SLOW_MS })),
);

export const TWILIO_SABOTAGES: readonly SabotageCase[] = Object.entries(SABOTAGES).map(
  ([name, { makeBridge, expected, slowMs }]) => ({
    name,
    expected,
    faults: (isSabotaged) => {
      if (!isSabotaged) return slowMs === undefined ? faultsOfSound() : faultsOfSlow();
      return faultsOfTelephone(measureTelephone({ calls: CALLS, slowMs, makeBridge }));
    },
  }),
);
