// What a call sends, with its PCM16 packets encoded: in the order in which it was said, control messages included.

import { BUNDLE_MAX_FRAMES } from '../../../core/wire/limits.ts';
import { OPUS_LENGTH_BYTES, writeOpusLength } from '../../../core/wire/opus-payload.ts';
import { HEADER_BYTES } from '../../../core/wire/packet.ts';
import type { SpeechCodecs, SpeechEncoder } from './speech-codecs.ts';

/** A message that waits for its frames, or for those before it. */
interface Waiting {
  /** A text, or the header of a packet. */
  readonly message: string | Uint8Array;
  /** Frames that the encoder still owes, and those that came. */
  owed: number;
  readonly frames: Uint8Array[];
}

/** Takes what a session sends over one connection. */
export class OpusSender {
  readonly #encoder: SpeechEncoder;
  readonly #send: (data: string | Uint8Array) => void;
  readonly #frame: Int16Array;
  readonly #waiting: Waiting[] = [];

  constructor(
    frameSamples: number,
    codecs: SpeechCodecs,
    send: (data: string | Uint8Array) => void,
  ) {
    this.#encoder = codecs.encoder(frameSamples, (packet) => this.#encoded(packet));
    this.#send = send;
    this.#frame = new Int16Array(frameSamples);
  }

  send(message: string | Uint8Array): void {
    if (typeof message === 'string') {
      if (this.#waiting.length === 0) this.#send(message);
      else this.#waiting.push({ message, owed: 0, frames: [] });
      return;
    }
    const payload = message.subarray(HEADER_BYTES);
    const owed = Math.min(BUNDLE_MAX_FRAMES, payload.length / this.#frame.byteLength);
    this.#waiting.push({ message: message.slice(0, HEADER_BYTES), owed, frames: [] });
    for (let frame = 0; frame < owed; frame++) {
      new Uint8Array(this.#frame.buffer).set(
        payload.subarray(frame * this.#frame.byteLength, (frame + 1) * this.#frame.byteLength),
      );
      this.#encoder.encode(this.#frame);
    }
    this.#sendWhole();
  }

  /** Says what was still to be said in words; what was not encoded yet is not sent any more. */
  close(): void {
    for (const { message } of this.#waiting.splice(0)) {
      if (typeof message === 'string') this.#send(message);
    }
    this.#encoder.close();
  }

  #encoded(packet: Uint8Array): void {
    const first = this.#waiting.find(({ owed }) => owed > 0);
    if (first === undefined) return;
    first.owed--;
    first.frames.push(packet);
    this.#sendWhole();
  }

  #sendWhole(): void {
    while (this.#waiting[0]?.owed === 0) {
      const { message, frames } = this.#waiting.shift()!;
      this.#send(typeof message === 'string' ? message : packetOf(message, frames));
    }
  }
}

/** Header and entries in one packet. */
function packetOf(header: Uint8Array, frames: readonly Uint8Array[]): Uint8Array {
  const bytes = frames.reduce((sum, frame) => sum + OPUS_LENGTH_BYTES + frame.length, 0);
  const packet = new Uint8Array(header.length + bytes);
  packet.set(header);
  let at = header.length;
  for (const frame of frames) {
    writeOpusLength(packet, at, frame.length);
    packet.set(frame, at + OPUS_LENGTH_BYTES);
    at += OPUS_LENGTH_BYTES + frame.length;
  }
  return packet;
}
