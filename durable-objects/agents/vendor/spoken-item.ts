// One utterance out of a vendor's audio, and how much of that audio was heard, in the vendor's own count.

import * as v from 'valibot';
import {
  AGENT_RATE_HZ,
  type AgentHost,
  type Heard,
  type SayOutcome,
} from '../../../core/conversation/agent.ts';
import { Resampler } from '../../../core/media/resampler.ts';

const BYTES_PER_SAMPLE = 2;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** State of an item, for `save`. */
export const SPOKEN_ITEM_SNAPSHOT = v.object({
  utterance: count,
  rateHz: count,
  givenSamples: count,
  resampler: v.optional(
    v.object({
      held: v.custom<Float64Array>((value) => value instanceof Float64Array),
      next: v.number(),
      phase: v.number(),
    }),
  ),
  isEnded: v.boolean(),
});
export type SpokenItemSnapshot = v.InferOutput<typeof SPOKEN_ITEM_SNAPSHOT>;

export interface SpokenItemOptions {
  /** Rate of the vendor's samples, from 8,000 to 192,000. */
  readonly rateHz: number;
  readonly interruptible: boolean;
}

/** Vendor samples that were heard, never more than were given and taken. */
export interface HeardOfItem {
  readonly heardSamples: number;
  readonly givenSamples: number;
  /** The same in whole milliseconds, rounded down, so that it lies within what the vendor sent. */
  readonly heardMs: number;
}

/**
 * Opens an utterance at construction. The vendor's samples are brought to AGENT_RATE_HZ; an output sample k stands for
 * the vendor's sample k · rateHz / AGENT_RATE_HZ, because the resampler's delay is waited for and not passed on.
 */
export class SpokenItem {
  readonly utterance: number;
  readonly rateHz: number;
  readonly #host: AgentHost;
  readonly #resampler: Resampler | null;
  #oddByte: number | null = null;
  #givenSamples = 0;
  #saidSamples = 0;
  #isEnded = false;

  constructor(host: AgentHost, options: SpokenItemOptions, snapshot?: SpokenItemSnapshot) {
    this.#host = host;
    this.rateHz = options.rateHz;
    this.#resampler =
      options.rateHz === AGENT_RATE_HZ ? null : new Resampler(options.rateHz, AGENT_RATE_HZ);
    this.utterance = snapshot?.utterance ?? host.begin({ interruptible: options.interruptible });
    if (snapshot === undefined) return;
    this.#givenSamples = snapshot.givenSamples;
    this.#isEnded = snapshot.isEnded;
    if (snapshot.resampler !== undefined) this.#resampler?.restore(snapshot.resampler);
    this.#saidSamples = this.#saidAfter(snapshot.givenSamples);
  }

  /** An item as it was; it opens no utterance. */
  static restored(host: AgentHost, snapshot: SpokenItemSnapshot): SpokenItem {
    return new SpokenItem(host, { rateHz: snapshot.rateHz, interruptible: true }, snapshot);
  }

  /** The vendor has given all of it. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Samples that the vendor gave and the conversation took, at the vendor's rate. */
  get givenSamples(): number {
    return this.#givenSamples;
  }

  /** Says PCM16, little-endian, cut anywhere. 'closed' and 'full': the item is over, and the vendor may stop. */
  give(bytes: Uint8Array): SayOutcome {
    if (this.#isEnded) return 'closed';
    const samples = this.#decode(bytes);
    const outcome = this.#say(this.#converted(samples));
    if (outcome === 'accepted') this.#givenSamples += samples.length;
    else this.#isEnded = true;
    return outcome;
  }

  /** The vendor has given all of it: what the resampler still holds is said, and the utterance ended. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#flush();
    this.#host.end(this.utterance);
  }

  /** What was heard of it, in the vendor's samples. `heard` is about this item's utterance. */
  heardOf(heard: Heard): HeardOfItem {
    const isAll = heard.heardSamples >= heard.givenSamples && this.#isEnded;
    const vendorSamples = Math.floor((heard.heardSamples * this.rateHz) / AGENT_RATE_HZ);
    const heardSamples = isAll ? this.#givenSamples : Math.min(vendorSamples, this.#givenSamples);
    return {
      heardSamples,
      givenSamples: this.#givenSamples,
      heardMs: Math.floor((heardSamples * 1000) / this.rateHz),
    };
  }

  snapshot(): SpokenItemSnapshot {
    const { held, next, phase } = this.#resampler?.snapshot() ?? {};
    const resampler =
      held === undefined || next === undefined || phase === undefined
        ? {}
        : { resampler: { held, next, phase } };
    return {
      utterance: this.utterance,
      rateHz: this.rateHz,
      givenSamples: this.#givenSamples,
      isEnded: this.#isEnded,
      ...resampler,
    };
  }

  #decode(bytes: Uint8Array): Int16Array {
    const odd = this.#oddByte;
    const lead = odd === null ? 0 : 1;
    const samples = new Int16Array(Math.floor((lead + bytes.length) / BYTES_PER_SAMPLE));
    for (let index = 0; index < samples.length; index++) {
      const at = BYTES_PER_SAMPLE * index - lead;
      const low = at < 0 ? odd! : bytes[at]!;
      samples[index] = low | (bytes[at + 1]! << 8);
    }
    const isOdd = (lead + bytes.length) % BYTES_PER_SAMPLE === 1;
    this.#oddByte = isOdd ? (bytes.at(-1) ?? odd) : null;
    return samples;
  }

  #converted(samples: Int16Array): Int16Array {
    const resampler = this.#resampler;
    if (resampler === null) return samples;
    const converted = new Int16Array(resampler.outputLimit(samples.length));
    return converted.subarray(0, resampler.convert(samples, 0, samples.length, converted, 0));
  }

  /** Silence pushes the last output samples out; those that stand for the silence itself are left. */
  #flush(): void {
    if (this.#resampler === null || this.#givenSamples === 0) return;
    const rest = this.#converted(new Int16Array(this.#resampler.delaySamples));
    const wanted = Math.ceil((this.#givenSamples * AGENT_RATE_HZ) / this.rateHz);
    this.#say(rest.subarray(0, Math.max(0, wanted - this.#saidSamples)));
  }

  #say(samples: Int16Array): SayOutcome {
    if (samples.length === 0) return 'accepted';
    this.#saidSamples += samples.length;
    return this.#host.say(this.utterance, samples);
  }

  /** Output that so many vendor samples have brought out. */
  #saidAfter(givenSamples: number): number {
    const delaySamples = this.#resampler?.delaySamples ?? 0;
    const reached = Math.max(0, givenSamples - delaySamples);
    return Math.ceil((reached * AGENT_RATE_HZ) / this.rateHz);
  }
}
