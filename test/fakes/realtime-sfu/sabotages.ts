// Bridges to the SFU with a fault, made by overriding a method of a sound one.

import {
  RealtimeBridge,
  type RealtimeSockets,
  type RealtimeState,
} from '../../../durable-objects/bridges/realtime-sfu/realtime-bridge.ts';
import { once, type SabotageCase } from '../sabotage-case.ts';
import {
  measureRealtime,
  type RealtimeFigures,
  type RealtimeFiguresOptions,
} from './realtime-figures.ts';

const CALLS = 2;
/** What the bridge keeps at the SFU, and what the network's jitter adds. */
const BUFFER_MS = 160 + 31 + 2;
const FRAME_MS = 20;

/** What is wrong with the figures of a bridge, in sentences. */
function faultsOf(figures: RealtimeFigures): string[] {
  const { heardErrorMs, lostSamples, mostBufferedMs, underruns, violations } = figures;
  const errorMs = Math.max(0, ...heardErrorMs);
  return [
    ...violations,
    ...(heardErrorMs.length < CALLS ? ['An interruption was not told.'] : []),
    ...(errorMs > FRAME_MS ? [`What was heard is told ${Math.round(errorMs)} ms wrong.`] : []),
    ...(lostSamples > 0 ? [`${lostSamples} samples were lost.`] : []),
    ...(mostBufferedMs > BUFFER_MS ? [`${mostBufferedMs} ms lay at the SFU.`] : []),
    ...(underruns > 0 ? [`The SFU ran dry ${underruns} times.`] : []),
  ];
}

/** Every packet follows the one before: what is lost is not missed. */
class Uncounting extends RealtimeBridge {
  #next: number;

  constructor(state: RealtimeState, sockets: RealtimeSockets) {
    super(state, sockets);
    this.#next = state.caller.order.expected ?? 0;
  }

  override received(...[message, engine, nowMs]: Parameters<RealtimeBridge['received']>): void {
    if (typeof message === 'string') return;
    super.received(renumbered(message, this.#next++), engine, nowMs);
  }
}

/** Its clock runs ahead: all that waits is due. */
class Hasty extends RealtimeBridge {
  override answer(...[engine, nowMs]: Parameters<RealtimeBridge['answer']>): void {
    super.answer(engine, nowMs);
    for (let aheadMs = 0; aheadMs < 600; aheadMs += 20) super.answer(engine, nowMs + aheadMs);
  }
}

/** The message with another sequence number; its timestamp is left out. */
function renumbered(message: Uint8Array, sequence: number): Uint8Array {
  const payload = message.subarray(message.indexOf(0x2a, 3));
  const numbers = [0x08];
  let rest = sequence;
  for (; rest >= 0x80; rest >>>= 7) numbers.push((rest & 0x7f) | 0x80);
  numbers.push(rest);
  return Uint8Array.from([...numbers, ...payload]);
}

type Fault = Omit<RealtimeFiguresOptions, 'calls'>;

const SABOTAGES: Readonly<Record<string, readonly [Fault, RegExp]>> = {
  'takes no account of sequence numbers': [
    { makeBridge: (...given) => new Uncounting(...given) },
    /samples were lost/,
  ],
  'does not let the SFU dial again': [{ refusesRedial: true }, /samples were lost/],
  'sends what it has at once': [
    { makeBridge: (...given) => new Hasty(...given) },
    /ms lay at the SFU/,
  ],
};

const faultsOfSound = once(() => faultsOf(measureRealtime({ calls: CALLS })));

export const REALTIME_SABOTAGES: readonly SabotageCase[] = Object.entries(SABOTAGES).map(
  ([name, [fault, expected]]) => ({
    name,
    expected,
    faults: (isSabotaged) =>
      isSabotaged ? faultsOf(measureRealtime({ calls: CALLS, ...fault })) : faultsOfSound(),
  }),
);
