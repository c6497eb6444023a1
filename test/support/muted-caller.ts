// A caller over TCP who speaks for a second, mutes, and then says nothing for longer than the runtime keeps an object awake.

import { setTimeout as wait } from 'node:timers/promises';
import { createConversation, type Service, socketUrl } from '../../client/node/service-api.ts';
import {
  type ClientMessage,
  KEEP_ALIVE_REQUEST,
  KEEP_ALIVE_RESPONSE,
  parseServerMessage,
  type ServerMessage,
  SUBPROTOCOL,
} from '../../core/wire/messages.ts';
import { HEADER_BYTES, PacketHeader, writeHeader } from '../../core/wire/packet.ts';

/** The runtime lets an object sleep after ten seconds without an event; a flush after five comes first. The rest is for a busy machine. */
const QUIET_MS = 32_000;
const FRAMES = 50;
const FRAME_SAMPLES = 320;
const FORMAT = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 } as const;

type Welcome = Extract<ServerMessage, { type: 'welcome' }>;

/** What came of it. */
export interface MutedCall {
  /** The first, and one for each loss of memory. */
  readonly welcomes: readonly Welcome[];
  /** Times that the runtime answered while the object slept. */
  readonly pongs: number;
  readonly isClosed: boolean;
}

export async function stayMuted(service: Service): Promise<MutedCall> {
  const settings = { idleTimeoutMs: 600_000 };
  const { conversation, token } = await createConversation(service, { settings });
  const url = socketUrl(service, conversation);
  const socket = new WebSocket(url.href, [SUBPROTOCOL, `bearer.${token}`]);
  socket.binaryType = 'arraybuffer';
  const welcomes: Welcome[] = [];
  let pongs = 0;
  let isClosed = false;
  const send = (message: ClientMessage): void => socket.send(JSON.stringify(message));
  const hello = (): void =>
    send({ type: 'hello', version: 1, stream: 5, uplink: FORMAT, downlink: FORMAT, canHold: true });
  socket.addEventListener('close', () => {
    isClosed = true;
  });
  socket.addEventListener('message', ({ data }) => {
    if (data === KEEP_ALIVE_RESPONSE) pongs++;
    if (typeof data !== 'string' || data === KEEP_ALIVE_RESPONSE) return;
    const parsed = parseServerMessage(data);
    if (parsed.kind !== 'message' || parsed.message.type !== 'welcome') return;
    welcomes.push(parsed.message);
    if (welcomes.length > 1) hello();
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  hello();
  for (let frame = 0; frame < FRAMES; frame++) socket.send(silentPacket(frame));
  send({ type: 'pause', timestamp: FRAMES * FRAME_SAMPLES });
  for (let pings = 0; pings < 2; pings++) {
    await wait(QUIET_MS / 2);
    socket.send(KEEP_ALIVE_REQUEST);
  }
  send({ type: 'resume', timestamp: 20 * 16_000 });
  await wait(1000);
  socket.close();
  return { welcomes, pongs, isClosed };
}

function silentPacket(sequence: number): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(HEADER_BYTES + 2 * FRAME_SAMPLES);
  const header = new PacketHeader();
  header.sequence = sequence;
  header.timestamp = sequence * FRAME_SAMPLES;
  writeHeader(packet, header);
  return packet;
}
