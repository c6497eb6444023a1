// The clears whose answer is not in yet: what they cut, what was estimated, and when the waiting ends.

import { generationDelta } from '../media/serial.ts';
import {
  type ClaimOutcome,
  creditHeard,
  type PlaybackPosition,
  type Segment,
  type Utterance,
} from './segments.ts';

/** Clears remembered for an answer that comes late, although no agent waits for it. */
const MAX_LATE = 8;

export type ClearPhase =
  /** Stands in for a hold on a wire that cannot hold: nobody is to be told. */
  | { readonly kind: 'pausing' }
  /** The agent is told when the answer comes, or the estimate at the deadline. */
  | { readonly kind: 'waiting'; readonly deadlineMs: number }
  /** The agent has been told of these heard positions. */
  | { readonly kind: 'told'; readonly heardPositions: readonly number[] };

/** One clear. */
export interface ClearRecord {
  /** It covers this generation and all before it. */
  readonly generation: number;
  /** What was on its way to the client, in order. */
  readonly segments: readonly Segment[];
  /** The utterances that it ended, in order. */
  doomed: readonly Utterance[];
  /** Line position that the client had reached, by the estimate. */
  readonly estimatePosition: number;
  phase: ClearPhase;
  /** The client it was sent to is still there and owes the answer. */
  answerOwed: boolean;
}

/** Oldest first; answers come in the order of the clears. */
export class ClearLedger {
  #records: ClearRecord[] = [];

  add(record: ClearRecord): void {
    this.#records.push(record);
    const late = this.#records.filter((each) => each.phase.kind !== 'waiting');
    if (late.length > MAX_LATE) this.#remove(late[0]!);
  }

  /** Whether an agent still waits to be told. */
  get waiting(): boolean {
    return this.#records.some((record) => record.phase.kind === 'waiting');
  }

  /** Whether the client still owes the answer to a clear. */
  get answerOwed(): boolean {
    return this.#records.some((record) => record.answerOwed);
  }

  get nextDeadlineMs(): number {
    let earliest = Infinity;
    for (const { phase } of this.#records) {
      if (phase.kind === 'waiting' && phase.deadlineMs < earliest) earliest = phase.deadlineMs;
    }
    return earliest;
  }

  /** A clear whose waiting is over, or null. */
  expired(nowMs: number): ClearRecord | null {
    for (const record of this.#records) {
      if (record.phase.kind === 'waiting' && record.phase.deadlineMs <= nowMs) return record;
    }
    return null;
  }

  /** The clear that stands in for a hold and is not answered yet, or null. */
  get pausing(): ClearRecord | null {
    return this.#records.findLast((record) => record.phase.kind === 'pausing') ?? null;
  }

  /**
   * Takes out the clear that a `cleared` with this generation answers: the oldest that covers the generation. Older
   * ones that do not cover it were never answered; they go on waiting for their deadline.
   */
  takeAnswered(generation: number): ClearRecord | null {
    const answered = this.#records.find(
      (record) => record.answerOwed && covers(record, generation),
    );
    if (answered === undefined) return null;
    this.#remove(answered);
    return answered;
  }

  /** Takes out every clear that the position of a returning client answers. */
  takeAllAnswered(generation: number): ClearRecord[] {
    const answered = this.#records.filter((record) => covers(record, generation));
    for (const record of answered) this.#remove(record);
    return answered;
  }

  /** A report that left the client before the clear arrived: it bounds the answer from below. */
  credit(position: PlaybackPosition): ClaimOutcome {
    for (const record of this.#records) {
      const outcome = creditHeard(record.segments, position);
      if (outcome !== 'unknown') return outcome;
    }
    return 'unknown';
  }

  /** The client is gone: no answer comes any more over that connection. */
  disconnect(): void {
    for (const record of this.#records) record.answerOwed = false;
  }

  /** The client that knew the answers is gone for good: only what an agent waits for is kept. */
  forgetAnswers(): void {
    this.#records = this.#records.filter((record) => record.phase.kind === 'waiting');
  }

  get records(): readonly ClearRecord[] {
    return this.#records;
  }

  restore(records: ClearRecord[]): void {
    this.#records = records;
  }

  #remove(record: ClearRecord): void {
    this.#records.splice(this.#records.indexOf(record), 1);
  }
}

function covers(record: ClearRecord, generation: number): boolean {
  return generationDelta(generation, record.generation) <= 0;
}
