// A run of packets that one decoder hears: they come out one by one, as soon as their samples are there.

import { HEADER_BYTES } from '../../../core/wire/packet.ts';
import type { SpeechCodecs, SpeechDecoder } from './speech-codecs.ts';

/** A packet whose samples are on their way. */
interface Coming {
  readonly header: Uint8Array;
  readonly samples: number;
}

/** The first `skipSamples` that the decoder gives belong to no packet (RFC 7845 §4.2). */
export class OpusStream {
  readonly #decoder: SpeechDecoder;
  readonly #changed: () => void;
  readonly #coming: Coming[] = [];
  #decoded = new Int16Array(0);
  #skipSamples: number;
  #state: 'open' | 'ending' | 'over' = 'open';

  /** `changed` is called when there may be something to take. */
  constructor(skipSamples: number, codecs: SpeechCodecs, changed: () => void) {
    this.#skipSamples = skipSamples;
    this.#changed = changed;
    this.#decoder = codecs.decoder((samples) => this.#heard(samples));
  }

  /** Everything that was taken has come out. */
  get isOver(): boolean {
    return this.#state === 'over' && this.#coming.length === 0;
  }

  take(header: Uint8Array, entries: readonly Uint8Array[], samples: number): void {
    this.#coming.push({ header, samples });
    for (const entry of entries) this.#decoder.decode(entry);
  }

  /** No packet comes any more: what the decoder has is all there is. */
  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    const over = (): void => {
      this.#state = 'over';
      this.#changed();
    };
    // A decoder that has failed or was closed gives nothing more either.
    this.#decoder.flush().then(over, over);
  }

  /** The next packet in PCM16; null while its samples are not there. Once all have come, what is missing is zeros. */
  next(): Uint8Array | null {
    const next = this.#coming[0];
    if (next === undefined) return null;
    if (this.#decoded.length < next.samples && this.#state !== 'over') return null;
    this.#coming.shift();
    const packet = new Uint8Array(HEADER_BYTES + 2 * next.samples);
    packet.set(next.header);
    const there = this.#decoded.slice(0, next.samples);
    packet.set(new Uint8Array(there.buffer), HEADER_BYTES);
    this.#decoded = this.#decoded.slice(there.length);
    return packet;
  }

  close(): void {
    this.#decoder.close();
  }

  #heard(samples: Int16Array): void {
    const skipped = Math.min(this.#skipSamples, samples.length);
    this.#skipSamples -= skipped;
    const grown = new Int16Array(this.#decoded.length + samples.length - skipped);
    grown.set(this.#decoded);
    grown.set(samples.subarray(skipped), this.#decoded.length);
    this.#decoded = grown;
    this.#changed();
  }
}
