// One answer of the model as it goes out: in bursts faster than it is spoken, complete when it would have been heard.

import { SPEECH_RATE_HZ, watermark } from './watermark.ts';

export interface AnswerOptions {
  readonly number: number;
  /** When the first audio goes out. */
  readonly startMs: number;
  readonly lengthMs: number;
  /** Audio given per time passed. */
  readonly speed: number;
  readonly burstMs: number;
}

/** What becomes due with time. */
export type AnswerStep =
  | { readonly kind: 'audio'; readonly samples: Int16Array }
  | { readonly kind: 'generated' }
  | { readonly kind: 'complete' };

export class Answer {
  readonly options: AnswerOptions;
  readonly #samples: Int16Array;
  #sentSamples = 0;
  #bursts = 0;
  #isGenerated = false;

  constructor(options: AnswerOptions) {
    this.options = options;
    this.#samples = watermark(options.number, (options.lengthMs * SPEECH_RATE_HZ) / 1000);
  }

  get sentSamples(): number {
    return this.#sentSamples;
  }

  /** All of it was generated; what is left is that the caller hears it. */
  get isGenerated(): boolean {
    return this.#isGenerated;
  }

  get nextDeadlineMs(): number {
    const { startMs, burstMs, lengthMs } = this.options;
    return this.#isGenerated ? startMs + lengthMs : startMs + this.#bursts * burstMs;
  }

  /** The next thing due at `nextDeadlineMs`. */
  next(): AnswerStep {
    if (this.#isGenerated) return { kind: 'complete' };
    if (this.#sentSamples === this.#samples.length) {
      this.#isGenerated = true;
      return { kind: 'generated' };
    }
    return { kind: 'audio', samples: this.burst() };
  }

  /** The next burst, whether or not it is due. */
  burst(): Int16Array {
    this.#bursts++;
    const { burstMs, speed } = this.options;
    const dueSamples = Math.floor((this.#bursts * burstMs * speed * SPEECH_RATE_HZ) / 1000);
    const burst = this.#samples.subarray(this.#sentSamples, dueSamples);
    this.#sentSamples += burst.length;
    return burst;
  }
}
