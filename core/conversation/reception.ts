// What a client sends, checked and handed to the part that it concerns.

import { unreachable } from '../unreachable.ts';
import { MESSAGE_MAX_BYTES, textFits } from '../wire/limits.ts';
import { type ClientMessage, parseClientMessage, type ServerMessage } from '../wire/messages.ts';
import { PacketHeader, readHeader } from '../wire/packet.ts';
import type { Call } from './call.ts';
import type { Connection } from './client-side.ts';
import { type Fault, fault } from './fault.ts';
import type { ConversationParts } from './parts.ts';
import { collectReport } from './statistics.ts';

/** Reads messages of the live connection. What breaks a rule closes that connection, and nothing of it is kept. */
export class Reception {
  readonly #parts: ConversationParts;
  readonly #call: Call;
  readonly #header = new PacketHeader();

  constructor(parts: ConversationParts, call: Call) {
    this.#parts = parts;
    this.#call = call;
  }

  /** Takes one binary message; the bytes are copied. False when its connection was superseded. */
  takePacket(number: number, bytes: Uint8Array, nowMs: number): boolean {
    const connection = this.#find(number);
    if (connection === null) return false;
    this.#call.refuse(connection, this.#readPacket(connection, bytes, nowMs), nowMs);
    return true;
  }

  /** Takes one text message. False when its connection was superseded. */
  takeText(number: number, text: string, nowMs: number): boolean {
    const connection = this.#find(number);
    if (connection === null) return false;
    this.#call.refuse(connection, this.#readText(connection, text, nowMs), nowMs);
    return true;
  }

  #find(number: number): Connection | null {
    // A call that is over hears nothing more, though its connection may wait for the last word to be stored.
    if (this.#call.phase === 'ended') return null;
    const connection = this.#parts.client.find(number);
    if (connection === null) this.#parts.statistics.supersededMessages++;
    return connection;
  }

  #readPacket(connection: Connection, bytes: Uint8Array, nowMs: number): Fault | null {
    const { client, statistics } = this.#parts;
    if (bytes.length > MESSAGE_MAX_BYTES) return fault('too-large');
    if (!connection.audioBudget.take(bytes.length, nowMs)) return fault('too-fast');
    // It is sent again after the hello that was asked for.
    if (client.asked) return null;
    if (!client.here) return NOT_GREETED;
    const outcome = readHeader(bytes, this.#header);
    switch (outcome) {
      case 'ok':
        if (this.#header.generation !== 0) {
          return fault('violation', 'The generation of an uplink packet is 0.');
        }
        return this.#insert(bytes, nowMs);
      case 'unknown-kind':
        statistics.unknownMessages++;
        return null;
      case 'too-short':
        return fault('violation', 'A packet has at least a header of 12 bytes.');
      case 'reserved-flags':
        return fault('violation', 'A packet has flags that this version does not know.');
      default:
        return unreachable(outcome);
    }
  }

  #insert(bytes: Uint8Array, nowMs: number): Fault | null {
    const outcome = this.#parts.uplink.insert(this.#header, bytes, nowMs);
    switch (outcome) {
      case 'taken':
        this.#parts.durability.took();
        this.#parts.telemetry.packetSeen(this.#header, this.#parts.uplink.rateHz, nowMs);
        return null;
      case 'no-stream':
        return NOT_GREETED;
      case 'wrong-length':
        return fault('violation', 'A payload is not whole frames of the format agreed in hello.');
      case 'overlap':
        return fault('violation', 'A timestamp lies before the end of the packet before it.');
      case 'left-out':
        return fault('violation', 'Packets were left out, and no discontinuity was declared.');
      default:
        return unreachable(outcome);
    }
  }

  #readText(connection: Connection, text: string, nowMs: number): Fault | null {
    if (!textFits(text, MESSAGE_MAX_BYTES)) return fault('too-large');
    if (!connection.controlBudget.take(1, nowMs)) return fault('too-fast');
    const parsed = parseClientMessage(text);
    switch (parsed.kind) {
      case 'message':
        return this.#dispatch(parsed.message, nowMs);
      case 'unknown-type':
        this.#parts.statistics.unknownMessages++;
        return null;
      case 'invalid':
        return fault('violation', parsed.sentence);
      default:
        return unreachable(parsed);
    }
  }

  #dispatch(message: ClientMessage, nowMs: number): Fault | null {
    const { client, uplink, downlink, echo, turns, agent, statistics, lag, chronicle } =
      this.#parts;
    if (message.type === 'hello') return this.#call.hello(message, nowMs);
    // It speaks of a time that the conversation no longer knows.
    if (client.asked) return null;
    if (!client.here) return NOT_GREETED;
    switch (message.type) {
      case 'report':
        collectReport(statistics, message);
        if (message.lagCause === 'isolate') lag.clientLag(message.lagMs);
        echo.reported(message, uplink);
        chronicle.position('report', message, message);
        downlink.report(message, nowMs);
        break;
      case 'cleared':
        echo.stopped(message, uplink);
        chronicle.position('cleared', message);
        downlink.cleared(message);
        break;
      case 'held':
        echo.stopped(message, uplink);
        chronicle.position('held', message);
        downlink.held(message);
        break;
      case 'interrupt':
        turns.interrupt(nowMs);
        break;
      case 'turn':
        if (!uplink.manual(message.state, message.timestamp)) client.post(NOT_MANUAL);
        break;
      case 'pause':
        chronicle.muted(message.timestamp);
        uplink.pause(message.timestamp, nowMs);
        break;
      case 'resume':
        chronicle.unmuted();
        uplink.resume(nowMs);
        break;
      case 'text':
        this.#parts.idle.active(nowMs);
        agent.text(message.text, nowMs);
        // Whoever speaks to somebody outside waits until this is stored.
        this.#parts.durability.owe();
        break;
      case 'bye':
        this.#call.finish(message.reason ?? 'The client said goodbye.', nowMs);
        break;
      default:
        unreachable(message);
    }
    return null;
  }
}

const NOT_MANUAL: ServerMessage = {
  type: 'error',
  code: 'automatic-turns',
  sentence: 'Turns are automatic here: "turn" was ignored.',
};

const NOT_GREETED = fault('violation', 'The first message must be "hello".');
