// The one message of the Realtime SFU's WebSocket adapters, in both directions.
// Source: https://developers.cloudflare.com/realtime/sfu/features/media-transport-adapters/websocket-adapter/

import { PbfReader, PbfWriter } from 'pbf';

/** Fields of `Packet`. */
const SEQUENCE_NUMBER = 1;
const TIMESTAMP = 2;
const PAYLOAD = 5;

/** Largest unsigned number of 32 bits. */
const UINT32_MAX = 0xffff_ffff;

/** One message from the SFU. Numbers are of 32 bits, and wrap. */
export interface SfuPacket {
  readonly sequence: number;
  /** In a unit that is not documented. */
  readonly timestamp: number;
  /** PCM, 48 kHz, two channels, 16 bits, little-endian. A view of the message. */
  readonly payload: Uint8Array;
}

/** Reads a message; null when it is none. A number that is not there is 0. Never throws. */
export function readPacket(message: Uint8Array): SfuPacket | null {
  const packet: Fields = { sequence: 0, timestamp: 0, payload: NOTHING };
  try {
    const reader = new PbfReader(message);
    reader.readFields((field, into, { length }) => {
      if (field === SEQUENCE_NUMBER) into.sequence = reader.readVarint();
      else if (field === TIMESTAMP) into.timestamp = reader.readVarint();
      else if (field === PAYLOAD) into.payload = reader.readBytes();
      if (reader.pos > length) throw new RangeError('The message ends within a field.');
    }, packet);
    if (reader.pos !== message.length) return null;
  } catch {
    return null;
  }
  const isWhole = packet.payload.length % 4 === 0;
  return isWhole && isUint32(packet.sequence) && isUint32(packet.timestamp) ? packet : null;
}

/** A message to the SFU; without samples it ends a segment. `payload` is copied. */
export function payloadMessage(payload: Uint8Array): Uint8Array {
  const writer = new PbfWriter(new Uint8Array(payload.length + 8));
  writer.writeBytesField(PAYLOAD, payload);
  return writer.finish();
}

interface Fields {
  sequence: number;
  timestamp: number;
  payload: Uint8Array;
}

const NOTHING = new Uint8Array(0);

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= UINT32_MAX;
}
