// The edges that a detector finds in the bundled conversation, and the truth about them.

import { expect } from 'vitest';
import type { TurnListener } from '../../core/voice/turn-detector.ts';
import truth from '../../samples/conversation.json' with { type: 'json' };

const SAMPLES_PER_MS = 16;

/** Keeps the speech that each turn began with, and the end of each turn. */
export class ConversationEdges implements TurnListener {
  readonly startsMs: number[] = [];
  readonly endsMs: number[] = [];
  #speechMs = 0;
  #inTurn = false;

  speechStarted(atSample: number): void {
    if (!this.#inTurn) this.#speechMs = atSample / SAMPLES_PER_MS;
  }

  speechStopped(): void {}

  turnStarted(): void {
    this.#inTurn = true;
    this.startsMs.push(this.#speechMs);
  }

  turnEnded(_turn: number, _startSample: number, endSample: number): void {
    this.#inTurn = false;
    this.endsMs.push(endSample / SAMPLES_PER_MS);
  }

  misfire(): void {}

  /** Exactly the true turns, each begun within 100 ms and ended within `endsWithinMs` of the truth. */
  expectTruth(endsWithinMs: number): void {
    expect(this.startsMs).toHaveLength(truth.turns.length);
    expect(this.endsMs).toHaveLength(truth.turns.length);
    for (const [index, { startMs, endMs }] of truth.turns.entries()) {
      expect(Math.abs(this.startsMs[index]! - startMs)).toBeLessThanOrEqual(100);
      expect(Math.abs(this.endsMs[index]! - endMs)).toBeLessThanOrEqual(endsWithinMs);
    }
  }
}
