// The stretches of a call that have a name: speech, turns, holds, mutes.

/** On the axis; `endMs` is null while it goes on. */
export interface Span {
  readonly startMs: number;
  endMs: number | null;
}

export interface TurnSpan extends Span {
  readonly turn: number;
}

/** The agent is silent and has its speech ready. */
export interface HoldSpan extends Span {
  /** What ended it: it went on, or will never. */
  ending: 'released' | 'cleared' | null;
}

/** The stages of an answer's latency, in ms; null where a stage left no trace. */
export interface AnswerLatency {
  readonly turn: number;
  readonly atMs: number;
  readonly stages: readonly { readonly name: StageName; readonly ms: number | null }[];
  readonly totalMs: number | null;
}

/** Finding the end of the turn; the agent's thinking; the way onto the wire; the way to the ear. */
export const STAGES = ['detect', 'agent', 'send', 'play'] as const;
export type StageName = (typeof STAGES)[number];

/** Ends the last span, if it is open. */
export function endLast(spans: Span[], endMs: number): void {
  const last = spans.at(-1);
  if (last !== undefined && last.endMs === null) last.endMs = Math.max(last.startMs, endMs);
}

/** Forgets spans that ended before this. */
export function dropSpansBefore(spans: Span[], ms: number): void {
  while (spans.length > 0 && (spans[0]!.endMs ?? Number.POSITIVE_INFINITY) < ms) spans.shift();
}
