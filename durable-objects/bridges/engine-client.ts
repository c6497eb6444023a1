// A client of the engine inside its own object: what every bridge says to it, in the words of isochron.v1.

import type { AudioFormat, ClientMessage, ServerMessage } from '../../core/wire/messages.ts';
import {
  FLAG_DISCONTINUITY,
  HEADER_BYTES,
  PacketHeader,
  writeHeader,
} from '../../core/wire/packet.ts';
import type { ClientsEngine } from '../runtime/link.ts';

/** How a bridge presents itself. */
export interface EngineClientOptions {
  readonly connection: number;
  /** Of both directions; its codec must be one that the engine has. */
  readonly format: AudioFormat;
  /** Payload bytes of one frame of that format. */
  readonly frameBytes: number;
  /** Name for logs. */
  readonly client: string;
  /** The listener's position follows the clock, so the microphone's is told as the clock has it, free of the network's jitter. */
  readonly isByClock?: boolean | undefined;
}

/** What must outlive the memory as long as the socket does. */
export interface EngineClientState {
  /** Number of the capture stream. */
  readonly stream: number;
  /** Of the next frame of the caller. */
  sequence: number;
  timestamp: number;
  /** Of the engine, as its last welcome said; null before the first. */
  epoch: number | null;
}

/** Where the listener is. */
export interface ListenerPosition {
  readonly generation: number;
  readonly playedSamples: number;
}

/** What a player has when it says hello again. */
export interface PlayerContents extends ListenerPosition {
  readonly receivedSamples: number;
  readonly nextSequence: number;
}

/** The state of a client that has said nothing yet; `stream` is random, 32 bits. */
export function newClientState(stream: number): EngineClientState {
  return { stream, sequence: 0, timestamp: 0, epoch: null };
}

/**
 * One connection on a wire that is not reliable and cannot hold. It says nothing by itself: each method is called in an
 * event of the engine, and never from inside the engine's own calls of the link.
 */
export class EngineClient {
  readonly state: EngineClientState;
  readonly #options: EngineClientOptions;
  readonly #header = new PacketHeader();
  readonly #packet: Uint8Array;
  readonly #frameSamples: number;
  /** By how much the microphone's time is ahead of the clock's, by the fastest frames of late. */
  #aheadSamples = Number.NEGATIVE_INFINITY;

  constructor(options: EngineClientOptions, state: EngineClientState) {
    this.#options = options;
    this.state = state;
    this.#packet = new Uint8Array(HEADER_BYTES + options.frameBytes);
    this.#frameSamples = (options.format.frameMs * options.format.rateHz) / 1000;
  }

  /** Says who it is; `player` is what the other side has in its buffer, null for a new one. */
  hello(engine: ClientsEngine, player: PlayerContents | null, nowMs: number): void {
    const { format, client } = this.#options;
    const resume = player === null ? {} : { resume: { ...player, ...this.#now(nowMs) } };
    this.#say(
      engine,
      {
        type: 'hello',
        version: 1,
        stream: this.state.stream,
        uplink: format,
        downlink: format,
        canHold: false,
        wire: 'unreliable',
        client,
        ...resume,
      },
      nowMs,
    );
  }

  /** Takes a welcome; true when it wants to be told again who is here. */
  welcomed({ epoch }: Extract<ServerMessage, { type: 'welcome' }>): boolean {
    const isAskedAgain = this.state.epoch !== null && this.state.epoch !== epoch;
    this.state.epoch = epoch;
    return isAskedAgain;
  }

  /** Gives the engine one frame of the caller, which is copied; the `lostFrames` before it never come. */
  frame(engine: ClientsEngine, frame: Uint8Array, lostFrames: number, nowMs: number): void {
    this.#skip(lostFrames);
    this.#header.flags = lostFrames > 0 ? FLAG_DISCONTINUITY : 0;
    this.#header.sequence = this.state.sequence;
    this.#header.timestamp = this.state.timestamp;
    writeHeader(this.#packet, this.#header);
    this.#packet.set(frame, HEADER_BYTES);
    this.#skip(1);
    // One sample less with each frame, so that a slower clock is followed.
    const aheadSamples = this.state.timestamp - this.#samplesAt(nowMs);
    this.#aheadSamples = Math.max(this.#aheadSamples - 1, aheadSamples);
    engine.receiveAudio(this.#options.connection, this.#packet, nowMs);
  }

  /** The caller has meant nothing to be heard for so many frames. */
  silence(frames: number): void {
    this.state.timestamp = (this.state.timestamp + frames * this.#frameSamples) >>> 0;
  }

  /** Where the listener is, and what it still has. */
  report(
    engine: ClientsEngine,
    at: ListenerPosition,
    player: {
      readonly bufferedMs: number;
      readonly underruns: number;
      readonly roundTripMs: number | null;
    },
    nowMs: number,
  ): void {
    const nothing = { outputLatencyMs: 0, stretchMs: 0, concealedMs: 0, lagMs: 0, lagCause: null };
    this.#say(engine, { type: 'report', ...at, ...this.#now(nowMs), ...nothing, ...player }, nowMs);
  }

  /** The answer to a clear. */
  cleared(engine: ClientsEngine, at: ListenerPosition, nowMs: number): void {
    this.#say(engine, { type: 'cleared', ...at, ...this.#now(nowMs) }, nowMs);
  }

  text(engine: ClientsEngine, text: string, nowMs: number): void {
    this.#say(engine, { type: 'text', text }, nowMs);
  }

  /** The caller has left for good. */
  bye(engine: ClientsEngine, reason: string, nowMs: number): void {
    this.#say(engine, { type: 'bye', reason }, nowMs);
  }

  /** Something came that the bridge does not know: it is counted where a client's would be. */
  unknown(engine: ClientsEngine, nowMs: number): void {
    engine.receiveText(this.#options.connection, UNKNOWN, nowMs);
  }

  /** The microphone's time: the end of what has come of the caller, or of what will have left there by now. */
  #now(nowMs: number): { readonly uplinkTimestamp: number | null } {
    const { sequence, timestamp } = this.state;
    if (sequence === 0 && timestamp === 0) return { uplinkTimestamp: null };
    const isKnown = this.#options.isByClock === true && this.#aheadSamples > -Infinity;
    const byClock = Math.round(this.#samplesAt(nowMs) + this.#aheadSamples);
    return { uplinkTimestamp: isKnown ? byClock >>> 0 : timestamp };
  }

  #samplesAt(timeMs: number): number {
    return (timeMs * this.#options.format.rateHz) / 1000;
  }

  #skip(frames: number): void {
    this.state.sequence = (this.state.sequence + frames) >>> 0;
    this.state.timestamp = (this.state.timestamp + frames * this.#frameSamples) >>> 0;
  }

  #say(engine: ClientsEngine, message: ClientMessage, nowMs: number): void {
    engine.receiveText(this.#options.connection, JSON.stringify(message), nowMs);
  }
}

/** No message of any version has this type. */
const UNKNOWN = '{"type":"unknown-to-the-bridge"}';
