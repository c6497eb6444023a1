// A WebRTC caller behind the Realtime SFU: to the engine a client, to the SFU the far end of two adapters.

import { MESSAGE_MAX_BYTES } from '../../../core/wire/limits.ts';
import type { ServerMessage } from '../../../core/wire/messages.ts';
import { FLAG_LAST, HEADER_BYTES, PacketHeader, readHeader } from '../../../core/wire/packet.ts';
import type { ClientsEngine, Link } from '../../runtime/link.ts';
import {
  EngineClient,
  type EngineClientState,
  type ListenerPosition,
  newClientState,
} from '../engine-client.ts';
import { AgentTrack, type AgentTrackState, newAgentTrackState } from './agent-track.ts';
import {
  CallerTrack,
  type CallerTrackState,
  FRAME_BYTES,
  newCallerTrackState,
} from './caller-track.ts';
import { payloadMessage, readPacket } from './packet.ts';

const FORMAT = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 } as const;

/** The engine wants at most five reports a second. */
const REPORT_INTERVAL_MS = 200;

/** A track that is gone is asked for again at once, and then at longer and longer intervals. */
const FIRST_RENEWAL_MS = 1000;
const LONGEST_RENEWAL_MS = 16_000;

/** What must outlive the memory: it is attached to the socket that the caller's audio comes over. */
export interface RealtimeState {
  connection: number;
  readonly client: EngineClientState;
  readonly caller: CallerTrackState;
  readonly agent: AgentTrackState;
  reportedMs: number;
  /** Position of the last report on the agent's line. */
  reported: number;
}

/** The SFU's ends of both sockets. Calls on one that is gone do nothing. */
export interface RealtimeSockets {
  /** Whether the adapter that takes the agent's audio has its socket open. */
  readonly canSpeak: boolean;
  /** A message on the agent's socket. */
  send(message: Uint8Array): void;
  /** The agent's adapter is gone, and does not come back by itself. */
  renew(): void;
  /** Closes the caller's socket. */
  close(code: number, sentence: string): void;
  /** Finishes a close of the caller's socket that the SFU has begun. */
  answerClose(code: number): void;
  /** Keeps a copy as long as the caller's socket lives. */
  keep(state: RealtimeState): void;
}

/** Clears that the engine awaits an answer to, which comes when all that was sent is played. */
interface Clearing {
  readonly generations: number[];
  readonly at: ListenerPosition | null;
  readonly dueMs: number;
}

/** The state of a call that was just opened; `stream` is random, 32 bits. */
export function newRealtimeState(connection: number, stream: number): RealtimeState {
  return {
    connection,
    client: newClientState(stream),
    caller: newCallerTrackState(),
    agent: newAgentTrackState(),
    reportedMs: Number.NEGATIVE_INFINITY,
    reported: 0,
  };
}

/** Pure: it knows no socket and no clock. After a re-dial the same state goes on under another connection. */
export class RealtimeBridge implements Link {
  /** The SFU dials with the URL that it has. */
  readonly resumeToken = null;
  readonly #sockets: RealtimeSockets;
  readonly #state: RealtimeState;
  readonly #client: EngineClient;
  readonly #caller: CallerTrack;
  readonly #agent: AgentTrack;
  readonly #header = new PacketHeader();
  #engine: ClientsEngine | null = null;
  #clearing: Clearing | null = null;
  #isAskedAgain = false;
  #renewAtMs = Number.NEGATIVE_INFINITY;
  #renewalMs = FIRST_RENEWAL_MS;

  constructor(state: RealtimeState, sockets: RealtimeSockets) {
    this.#sockets = sockets;
    this.#state = state;
    const { connection } = state;
    this.#client = new EngineClient(
      {
        connection,
        format: FORMAT,
        frameBytes: FRAME_BYTES,
        client: 'realtime-sfu',
        isByClock: true,
      },
      state.client,
    );
    this.#caller = new CallerTrack(state.caller, (frame, lost, silent, nowMs) => {
      this.#client.silence(silent);
      this.#client.frame(this.#engine!, frame, lost, nowMs);
    });
    this.#agent = new AgentTrack(state.agent, (payload) => sockets.send(payloadMessage(payload)));
  }

  get connection(): number {
    return this.#state.connection;
  }

  /** The engine knows the connection: the caller is introduced. */
  greet(engine: ClientsEngine, nowMs: number): void {
    this.#caller.redialled(nowMs);
    this.#client.hello(engine, this.#agent.contents(nowMs), nowMs);
  }

  received(message: string | Uint8Array, engine: ClientsEngine, nowMs: number): void {
    const isReadable = typeof message !== 'string' && message.length <= MESSAGE_MAX_BYTES;
    const packet = isReadable ? readPacket(message) : null;
    if (packet === null) {
      this.#client.unknown(engine, nowMs);
      return;
    }
    this.#engine = engine;
    this.#caller.take(packet, nowMs);
  }

  /** A socket that is lost is not a caller who has left: the SFU dials again. */
  left(engine: ClientsEngine, nowMs: number): void {
    engine.disconnect(this.connection, nowMs);
  }

  answerClose(code: number): void {
    this.#sockets.answerClose(code);
  }

  answer(engine: ClientsEngine, nowMs: number): void {
    this.#engine = engine;
    this.#caller.settle(nowMs);
    this.#answerClears(engine, nowMs);
    if (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      this.#client.hello(engine, this.#agent.contents(nowMs), nowMs);
    }
    this.#report(engine, nowMs);
    this.#speak(nowMs);
    this.#sockets.keep(this.#state);
  }

  /** When `answer` is to be called though nothing has happened; Infinity for never. */
  get nextDeadlineMs(): number {
    return Math.min(
      this.#caller.deadlineMs,
      this.#clearing?.dueMs ?? Number.POSITIVE_INFINITY,
      this.#reportDueMs,
      this.#sockets.canSpeak ? this.#agent.deadlineMs : this.#renewAtMs,
    );
  }

  sendAudio(packet: Uint8Array): void {
    if (readHeader(packet, this.#header) !== 'ok') return;
    const { generation, timestamp, sequence, flags } = this.#header;
    // Copied: the engine reuses the bytes, and a view of 16-bit numbers needs an even place.
    const payload = packet.slice(HEADER_BYTES);
    const samples = new Int16Array(payload.buffer, 0, payload.length >> 1);
    const isLast = (flags & FLAG_LAST) !== 0;
    this.#agent.take({ generation, firstSample: timestamp, samples, isLast }, sequence);
  }

  sendControl(message: ServerMessage): void {
    if (message.type === 'welcome') {
      this.#isAskedAgain ||= this.#client.welcomed(message);
      // It was told elsewhere that nothing below is to play any more.
      if (this.#agent.waitsBelow(message.lowestLiveGeneration)) this.#agent.clear();
    }
    if (message.type !== 'clear') return;
    this.#agent.clear();
    this.#clearing ??= { generations: [], at: this.#agent.end, dueMs: this.#agent.endMs };
    this.#clearing.generations.push(message.generation);
  }

  close(code: number, sentence: string): void {
    this.#sockets.close(code, sentence);
  }

  /** The first clear says how far the listener came; after it nothing is there that another could cut. */
  #answerClears(engine: ClientsEngine, nowMs: number): void {
    while (this.#clearing !== null && nowMs >= this.#clearing.dueMs) {
      let { at } = this.#clearing;
      const { generations } = this.#clearing;
      this.#clearing = null;
      for (const generation of generations) {
        this.#client.cleared(engine, at ?? { generation, playedSamples: 0 }, nowMs);
        at = null;
      }
    }
  }

  #report(engine: ClientsEngine, nowMs: number): void {
    const position = this.#agent.position(nowMs);
    if (nowMs < this.#reportDueMs || position === null) return;
    const { sent, underruns } = this.#state.agent;
    this.#state.reportedMs = nowMs;
    if (nowMs >= this.#agent.endMs) this.#state.reported = sent;
    const bufferedMs = this.#agent.bufferedMs(nowMs);
    this.#client.report(engine, position, { bufferedMs, underruns, roundTripMs: null }, nowMs);
  }

  /** A report is due now and then while something plays, and when all of it has been. */
  get #reportDueMs(): number {
    const { agent, reported, reportedMs } = this.#state;
    if (agent.sent === reported) return Number.POSITIVE_INFINITY;
    return Math.max(Math.min(reportedMs + REPORT_INTERVAL_MS, this.#agent.endMs), agent.anchorMs);
  }

  #speak(nowMs: number): void {
    if (this.#sockets.canSpeak) {
      this.#renewAtMs = nowMs;
      this.#renewalMs = FIRST_RENEWAL_MS;
      this.#agent.pump(nowMs);
    } else if (nowMs >= this.#renewAtMs) {
      this.#sockets.renew();
      this.#renewAtMs = nowMs + this.#renewalMs;
      this.#renewalMs = Math.min(2 * this.#renewalMs, LONGEST_RENEWAL_MS);
    }
  }
}
