// What a call hears, decoded to the PCM16 packets that its session knows.

import {
  OPUS_LENGTH_BYTES,
  OPUS_LOOKAHEAD_SAMPLES,
  opusEntryBytes,
} from '../../../core/wire/opus-payload.ts';
import { FLAG_LAST, HEADER_BYTES, PacketHeader, readHeader } from '../../../core/wire/packet.ts';
import { OpusStream } from './opus-stream.ts';
import type { SpeechCodecs } from './speech-codecs.ts';

/**
 * Takes the audio of one connection. A packet that does not follow on the one before it begins a stream of its own, whose
 * packets come out after those of the one before: every packet comes out once, in order.
 */
export class OpusReceiver {
  readonly #frameSamples: number;
  readonly #codecs: SpeechCodecs;
  readonly #receive: (packet: Uint8Array) => void;
  readonly #streams: OpusStream[] = [];
  readonly #header = new PacketHeader();
  #generation = -1;
  #nextTimestamp = -1;

  constructor(frameSamples: number, codecs: SpeechCodecs, receive: (packet: Uint8Array) => void) {
    this.#frameSamples = frameSamples;
    this.#codecs = codecs;
    this.#receive = receive;
  }

  /** A packet that is not what it should be is handed on as it is: the session has its rules for that. */
  take(packet: Uint8Array): void {
    const header = this.#header;
    const entries = readHeader(packet, header) === 'ok' ? entriesOf(packet) : null;
    const isLast = (header.flags & FLAG_LAST) !== 0;
    const frames = (entries?.length ?? -1) - (isLast ? 1 : 0);
    if (entries === null || frames < 0 || frames > 1) return this.#receive(packet);
    const { generation, timestamp } = header;
    if (generation !== this.#generation || timestamp !== this.#nextTimestamp) this.#begin();
    const samples = frames * this.#frameSamples;
    this.#generation = generation;
    this.#nextTimestamp = (timestamp + samples) >>> 0;
    this.#streams.at(-1)!.take(packet.slice(0, HEADER_BYTES), entries, samples);
    if (isLast) this.#streams.at(-1)!.end();
    this.#passOn();
  }

  close(): void {
    for (const stream of this.#streams) stream.close();
    this.#streams.length = 0;
  }

  #begin(): void {
    this.#streams.at(-1)?.end();
    const stream = new OpusStream(OPUS_LOOKAHEAD_SAMPLES, this.#codecs, () => this.#passOn());
    this.#streams.push(stream);
  }

  /** Hands on what the oldest stream has, and when that has ended, what the next one has. */
  #passOn(): void {
    for (;;) {
      const oldest = this.#streams[0];
      if (oldest === undefined) return;
      for (let packet = oldest.next(); packet !== null; packet = oldest.next())
        this.#receive(packet);
      if (!oldest.isOver || this.#streams.length === 1) return;
      oldest.close();
      this.#streams.shift();
    }
  }
}

/** The Opus packets of a payload, null when it is damaged. */
function entriesOf(packet: Uint8Array): Uint8Array[] | null {
  const entries: Uint8Array[] = [];
  for (let at = HEADER_BYTES; at < packet.length; ) {
    const length = opusEntryBytes(packet, at);
    if (length < 0) return null;
    at += OPUS_LENGTH_BYTES;
    entries.push(packet.slice(at, at + length));
    at += length;
  }
  return entries;
}
