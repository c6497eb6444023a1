// What a scorer in another object is asked over RPC: the same for the kernel's shards and for those of another Worker.

import type { RpcTarget } from 'cloudflare:workers';

/** What a model made of the windows of one call. */
export interface Scores {
  /** The probability of speech, 0..1, of each window. */
  readonly probabilities: Float32Array;
  /** The model's state after the last of them. */
  readonly state: Float32Array;
}

/**
 * Scores windows of any stream, one after another. It keeps nothing of a stream: the state comes along with the windows,
 * and what is not a state of this model's length, such as an empty one, means a new stream.
 */
export interface ScoringSession extends RpcTarget {
  /** `windows` holds WINDOW_SAMPLES samples at SCORER_RATE_HZ for each window. Rejects when the model fails. */
  score(windows: Int16Array, state: Float32Array): Scores | Promise<Scores>;
}

/** An object that scores for many conversations. */
export interface ScorerShard extends Rpc.DurableObjectBranded {
  /** Begins a session, when the model is ready. Calls within a session are not billed as requests. */
  open(): ScoringSession | Promise<ScoringSession>;
}
