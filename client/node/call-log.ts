// Turns the server's messages and the speaker's sounds into a timeline, and knows whether anything is still under way.

import { samplesToMs } from '../../core/media/units.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { ServerMessage } from '../../core/wire/messages.ts';
import type { TimelineEvent } from './timeline-event.ts';

export interface CallLogOptions {
  readonly uplinkRateHz: number;
  readonly downlinkRateHz: number;
  /** When the last sample before this position of the caller's audio left the client, in ms of the call. */
  readonly leftAtMs: (positionMs: number) => number;
  readonly tell: (event: TimelineEvent) => void;
}

/** All times are ms since the call began. */
export class CallLog {
  readonly events: TimelineEvent[] = [];
  readonly #options: CallLogOptions;
  #openTurn: number | null = null;
  readonly #openUtterances = new Set<number>();
  /** Utterances of which nothing was audible yet, by generation. */
  readonly #awaited = new Map<number, number>();
  #lastEventMs = 0;

  constructor(options: CallLogOptions) {
    this.#options = options;
  }

  /** Nobody has a turn or an utterance under way. */
  get isQuiet(): boolean {
    return this.#openTurn === null && this.#openUtterances.size === 0;
  }

  get lastEventMs(): number {
    return this.#lastEventMs;
  }

  /** How many events of this kind there were. */
  count(kind: TimelineEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  add(event: TimelineEvent): void {
    this.events.push(event);
    this.#lastEventMs = event.atMs;
    this.#options.tell(event);
  }

  /** The first audible sample of a generation sounds. */
  audible(generation: number, atMs: number): void {
    const utterance = this.#awaited.get(generation);
    if (utterance === undefined) return;
    this.#awaited.delete(generation);
    this.add({ kind: 'utterance-audible', atMs, utterance });
  }

  message(message: ServerMessage, atMs: number): void {
    switch (message.type) {
      case 'speech': {
        const positionMs = this.#uplinkMs(message.timestamp);
        return this.add({ kind: 'speech', atMs, state: message.state, positionMs });
      }
      case 'turn':
        return this.#turn(message, atMs);
      case 'utterance':
        return this.#utterance(message, atMs);
      case 'hold':
      case 'release':
      case 'clear':
        return this.add({ kind: message.type, atMs });
      case 'transcript':
        if (message.final) {
          this.add({ kind: 'transcript', atMs, party: message.party, text: message.text });
        }
        return;
      case 'degraded':
        return this.#notice(`scoring is now "${message.level}": ${message.reason}`, atMs);
      case 'error':
        return this.#notice(`error: ${message.sentence}`, atMs);
      case 'closing':
        return this.#notice(`closing: ${message.reason}`, atMs);
      case 'welcome':
      case 'ack':
      case 'echo':
      case 'stats':
        return;
      default:
        return unreachable(message);
    }
  }

  #turn(message: Extract<ServerMessage, { type: 'turn' }>, atMs: number): void {
    const { turn } = message;
    if (message.state === 'dropped') {
      this.#openTurn = null;
      return this.add({ kind: 'turn-dropped', atMs, turn });
    }
    const startMs = this.#uplinkMs(message.startTimestamp);
    if (message.state === 'started') {
      this.#openTurn = turn;
      return this.add({ kind: 'turn-started', atMs, turn, startMs, continues: message.continues });
    }
    const endMs = this.#uplinkMs(message.endTimestamp);
    const leftAtMs = this.#options.leftAtMs(endMs);
    this.#openTurn = null;
    this.add({ kind: 'turn-ended', atMs, turn, startMs, endMs, leftAtMs, reason: message.reason });
  }

  #utterance(message: Extract<ServerMessage, { type: 'utterance' }>, atMs: number): void {
    const { utterance, generation } = message;
    if (message.state === 'started') {
      this.#openUtterances.add(utterance);
      this.#awaited.set(generation, utterance);
      return this.add({ kind: 'utterance-started', atMs, utterance });
    }
    const heardMs = samplesToMs(message.heardSamples, this.#options.downlinkRateHz);
    this.#openUtterances.delete(utterance);
    this.add({ kind: 'utterance-ended', atMs, utterance, reason: message.reason, heardMs });
  }

  #notice(sentence: string, atMs: number): void {
    this.add({ kind: 'notice', atMs, sentence });
  }

  /** Timestamps wrap after three days at 16 kHz; no call of this client is that long. */
  #uplinkMs(timestamp: number): number {
    return samplesToMs(timestamp, this.#options.uplinkRateHz);
  }
}
