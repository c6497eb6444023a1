// A server's end of the wire for client tests: keeps what it is sent, and makes what a server sends.

import type { Transport } from '../../client/session/transport.ts';
import {
  type AudioFormat,
  type ClientMessage,
  KEEP_ALIVE_REQUEST,
  parseClientMessage,
  type ServerMessage,
} from '../../core/wire/messages.ts';
import { HEADER_BYTES, PacketHeader, readHeader, writeHeader } from '../../core/wire/packet.ts';

export const PCM16: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };
export const MULAW: AudioFormat = { codec: 'mulaw', rateHz: 8000, frameMs: 20 };

export type Welcome = Extract<ServerMessage, { type: 'welcome' }>;

/** A binary message as it came, its payload copied. */
export interface SentPacket {
  readonly flags: number;
  readonly generation: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
  /** How many text messages had come before it. */
  readonly afterMessages: number;
}

/** One connection, seen from the other end. Fails on a message that a server would refuse. */
export class ScriptedServer implements Transport {
  readonly messages: ClientMessage[] = [];
  readonly packets: SentPacket[] = [];
  pings = 0;
  closed: { readonly code: number; readonly reason: string } | null = null;

  send(data: string | Uint8Array): void {
    if (data === KEEP_ALIVE_REQUEST) this.pings++;
    else if (typeof data === 'string') this.messages.push(this.#parse(data));
    else this.packets.push(this.#read(data));
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  /** All messages of one type, in order. */
  ofType<Type extends ClientMessage['type']>(
    type: Type,
  ): readonly Extract<ClientMessage, { type: Type }>[] {
    return this.messages.filter((message) => message.type === type) as Extract<
      ClientMessage,
      { type: Type }
    >[];
  }

  /** Sequence numbers of all frames that came, in order, those of bundles one by one. */
  frames(frameBytes: number): number[] {
    return this.packets.flatMap(({ sequence, payload }) =>
      Array.from({ length: payload.length / frameBytes }, (_, frame) => (sequence + frame) >>> 0),
    );
  }

  #parse(text: string): ClientMessage {
    const parsed = parseClientMessage(text);
    if (parsed.kind !== 'message') throw new Error(`The client sent what no server takes: ${text}`);
    return parsed.message;
  }

  #read(bytes: Uint8Array): SentPacket {
    const header = new PacketHeader();
    if (readHeader(bytes, header) !== 'ok') throw new Error('The client sent a broken packet.');
    const { flags, generation, sequence, timestamp } = header;
    const payload = bytes.slice(HEADER_BYTES);
    const afterMessages = this.messages.length;
    return { flags, generation, sequence, timestamp, payload, afterMessages };
  }
}

/** A welcome that allows much, changed as wanted. */
export function welcome(changes: Partial<Welcome> = {}): string {
  const message: Welcome = {
    type: 'welcome',
    version: 1,
    conversation: 'c1',
    epoch: 0,
    connection: 1,
    stored: null,
    processed: null,
    lowestLiveGeneration: 0,
    resumeToken: null,
    resendBudget: { bytesPerSecond: 400_000, burstBytes: 1_300_000 },
    limits: { messageBytes: 65_536, bundleFrames: 32, reportsPerSecond: 5 },
    leadMs: 600,
    ...changes,
  };
  return serverText(message);
}

export function serverText(message: ServerMessage): string {
  return JSON.stringify(message);
}

export interface DownlinkPacket {
  readonly generation?: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly flags?: number;
  readonly payload: Uint8Array;
}

/** A downlink packet as the server sends it. */
export function downlinkPacket(packet: DownlinkPacket): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + packet.payload.length);
  const header = new PacketHeader();
  header.flags = packet.flags ?? 0;
  header.generation = packet.generation ?? 0;
  header.sequence = packet.sequence;
  header.timestamp = packet.timestamp;
  writeHeader(bytes, header);
  bytes.set(packet.payload, HEADER_BYTES);
  return bytes;
}

/** PCM16 bytes of samples. */
export function pcm16(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.slice().buffer);
}

/** Content that tells its generation and position: never zero, so that it is told apart from silence. */
export function content(generation: number, from: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, index) => contentSample(generation, from + index));
}

export function contentSample(generation: number, position: number): number {
  return 1 + ((generation * 7919 + position * 31) % 32_003);
}
