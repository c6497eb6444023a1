// Makes the events of a call out of the service's messages and the player's columns.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { samplesToMs } from '../../core/media/units.ts';
import type { ServerMessage } from '../../core/wire/messages.ts';
import type { WorkerEvent } from './call-orders.ts';
import type { PlaybackColumn } from './call-statistics.ts';

type Of<Type extends ServerMessage['type']> = Extract<ServerMessage, { type: Type }>;

/** Positions of messages are 16 kHz samples, and so are those of the axis: 16 of them are a ms. */
export class CallNarrator {
  readonly #tell: (event: WorkerEvent) => void;
  /** Utterances of which nothing was audible yet, by generation. */
  readonly #awaited = new Map<number, number>();
  #agentSpeaks = false;

  constructor(tell: (event: WorkerEvent) => void) {
    this.#tell = tell;
  }

  /** A message of the service, `atMs` on the axis. */
  message(message: ServerMessage, atMs: number): void {
    switch (message.type) {
      case 'turn':
        return this.#turn(message, atMs);
      case 'utterance':
        return this.#utterance(message, atMs);
      case 'transcript': {
        const { party, text, final } = message;
        return this.#tell({ name: 'transcript', event: { atMs, party, text, final } });
      }
      case 'speech': {
        const speaking = message.state === 'started';
        const soundMs = placeMs(message.timestamp);
        return this.#tell({
          name: 'speaking',
          event: { party: 'caller', speaking, atMs, soundMs },
        });
      }
      case 'hold':
      case 'release':
      case 'clear': {
        const { type: stage, generation } = message;
        return this.#tell({ name: 'interruption', event: { stage, atMs, generation } });
      }
    }
  }

  /** The player's next 10 ms. */
  column({ state, generation, atMs: soundMs }: PlaybackColumn, atMs: number): void {
    const speaking = state === 'playing' || state === 'starved';
    const utterance = speaking ? this.#awaited.get(generation) : undefined;
    if (speaking !== this.#agentSpeaks) {
      this.#agentSpeaks = speaking;
      this.#tell({ name: 'speaking', event: { party: 'agent', speaking, atMs, soundMs } });
    }
    if (utterance === undefined) return;
    this.#awaited.delete(generation);
    this.#tell({
      name: 'agent',
      event: { state: 'audible', atMs: soundMs, utterance, generation },
    });
  }

  #turn(message: Of<'turn'>, atMs: number): void {
    const { state, turn } = message;
    if (state === 'dropped') return this.#tell({ name: 'turn', event: { state, atMs, turn } });
    const startMs = placeMs(message.startTimestamp);
    if (state === 'started') {
      const { continues } = message;
      return this.#tell({ name: 'turn', event: { state, atMs, turn, startMs, continues } });
    }
    const endMs = placeMs(message.endTimestamp);
    const { reason } = message;
    this.#tell({ name: 'turn', event: { state, atMs, turn, startMs, endMs, reason } });
  }

  #utterance(message: Of<'utterance'>, atMs: number): void {
    const { state, utterance, generation } = message;
    if (state === 'started') {
      const { interruptible } = message;
      this.#awaited.set(generation, utterance);
      this.#tell({ name: 'agent', event: { state, atMs, utterance, generation, interruptible } });
      return;
    }
    const { reason } = message;
    this.#awaited.delete(generation);
    const heardMs = toMs(message.heardSamples);
    this.#tell({ name: 'agent', event: { state, atMs, utterance, generation, reason, heardMs } });
  }
}

/** What lies before this stream's first sample, as after a reload, is negative: no call is as long as 2³¹ samples. */
function placeMs(timestamp: number): number {
  return toMs(timestamp | 0);
}

function toMs(samples: number): number {
  return samplesToMs(samples, ENGINE_RATE_HZ);
}
