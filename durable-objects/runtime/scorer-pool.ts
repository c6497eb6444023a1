// The pools of objects that score for conversations elsewhere, and the way to one of their shards.

import type { ScoringLine } from './remote-scorer.ts';
import type { ScorerShard } from './scoring-session.ts';

declare global {
  /** Bindings that a deployment may have; `wrangler types` knows of the others. */
  interface Env {
    /** The pool of the Worker in scorers/onnx; without it the scorer `onnx` cannot be chosen. */
    readonly ONNX_SHARD?: DurableObjectNamespace<ScorerShard>;
  }
}

/** Objects of a pool. Their number may be changed at any time, because they keep nothing of a conversation. */
const SHARDS = 8;

/** Begins a session with a conversation's shard, which is always the same. Rejects when the shard cannot be reached. */
export async function openLine(
  pool: DurableObjectNamespace<ScorerShard>,
  conversation: string,
): Promise<ScoringLine> {
  const shard = Number.parseInt(conversation.slice(-8), 16) % SHARDS;
  const session = await pool.getByName(`shard-${shard}`).open();
  return {
    score: async (windows, state) => session.score(windows, state),
    release: () => session[Symbol.dispose](),
  };
}
