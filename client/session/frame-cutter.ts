// Cuts the microphone's samples into numbered packets of the agreed format, in the slots of a resend ring.

import { frameSamples, PayloadEncoder } from '../../core/media/payload-codec.ts';
import type { AudioFormat } from '../../core/wire/messages.ts';
import { HEADER_BYTES, KIND_AUDIO, PacketHeader, writeHeader } from '../../core/wire/packet.ts';
import type { ResendRing } from './resend-ring.ts';

/** Frames follow one another without a hole until `restartAt`. Positions are wire samples since capturing began. */
export class FrameCutter {
  readonly #ring: ResendRing;
  readonly #encoder: PayloadEncoder;
  readonly #frameSamples: number;
  readonly #zeros: Int16Array;
  readonly #header = new PacketHeader();
  /** Position of the frame being filled, and the 16 kHz samples in it. */
  #frameStart = 0;
  #filled = 0;
  #filledBytes = 0;

  /** Throws RangeError for a format that is not supported. */
  constructor(format: AudioFormat, ring: ResendRing) {
    this.#ring = ring;
    this.#encoder = new PayloadEncoder(format);
    this.#frameSamples = frameSamples(format);
    this.#zeros = new Int16Array(this.#frameSamples * this.#encoder.ratio);
    this.#header.kind = KIND_AUDIO;
  }

  /** Position of the next sample, the ones in an unfinished frame counted. */
  get position(): number {
    return this.#frameStart + Math.floor(this.#filled / this.#encoder.ratio);
  }

  /** Whether a frame has been begun and not finished. */
  get isMidFrame(): boolean {
    return this.#filled > 0;
  }

  /**
   * Takes 16 kHz samples from `offset` on, up to the end of the frame being filled, and returns how many. When
   * `isMidFrame` is then false, a packet has been finished and pushed: the ring's newest.
   */
  take(samples: Int16Array, offset: number): number {
    const length = Math.min(samples.length - offset, this.#zeros.length - this.#filled);
    const packet = this.#ring.packet(this.#ring.next);
    const at = HEADER_BYTES + this.#filledBytes;
    this.#filledBytes += this.#encoder.encode(samples, offset, length, packet, at);
    this.#filled += length;
    if (this.#filled === this.#zeros.length) this.#finish(packet);
    return length;
  }

  /** Finishes a begun frame with zeros. */
  pad(): void {
    while (this.isMidFrame) this.take(this.#zeros, this.#filled);
  }

  /** The next frame begins here, at or after the end of the last; `pad` comes first. */
  restartAt(position: number): void {
    this.#frameStart = position;
    this.#encoder.reset();
  }

  #finish(packet: Uint8Array): void {
    this.#header.sequence = this.#ring.next;
    this.#header.timestamp = this.#frameStart >>> 0;
    writeHeader(packet, this.#header);
    this.#ring.push();
    this.#frameStart += this.#frameSamples;
    this.#filled = 0;
    this.#filledBytes = 0;
  }
}
