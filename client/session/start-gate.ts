// When an utterance begins to play: with enough of it, and a little later while there is little.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { msToSamples } from '../../core/media/units.ts';

/** Content wanted before an utterance starts, in ms: less than the lead, more than a packet. */
const DEFAULT_START_MS = 60;

/** An utterance that begins with less than this has the network against it for its first second. */
const AMPLE_SAMPLES = msToSamples(300, ENGINE_RATE_HZ);

/** What such an utterance waits for more, in ms: as much as 60 ms of delay on average on a mobile network allow. */
const DEFAULT_SETTLE_MS = 20;

export class StartGate {
  readonly #startSamples: number;
  readonly #settleSamples: number;
  /** Output since the next utterance could have begun. */
  #settledSamples = 0;

  constructor(startMs = DEFAULT_START_MS, settleMs = DEFAULT_SETTLE_MS) {
    this.#startSamples = msToSamples(startMs, ENGINE_RATE_HZ);
    this.#settleSamples = msToSamples(settleMs, ENGINE_RATE_HZ);
  }

  /** Whether an utterance that is not complete has to wait, this pull at least. */
  isTooSoon(bufferedSamples: number, pulledSamples: number): boolean {
    if (bufferedSamples < this.#startSamples) return true;
    if (bufferedSamples >= AMPLE_SAMPLES || this.#settledSamples >= this.#settleSamples)
      return false;
    this.#settledSamples += pulledSamples;
    return true;
  }

  /** An utterance has begun. */
  pass(): void {
    this.#settledSamples = 0;
  }
}
