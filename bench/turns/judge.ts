// Holds the edges that a detector told against the true turns of a recording.

import type { LabelledFile } from '../accuracy/labelled-folder.ts';
import type { TurnEdge } from './detector.ts';
import { mayHoldSpeech, otherSeconds, type TrueTurn, trueTurns } from './true-turns.ts';

/** What a detector did on one recording. */
export interface Tally {
  readonly turns: number;
  /** Ends told while a true turn was going on: its last speech was still to come. */
  readonly falseEnds: number;
  /** Starts that rest on no speech at all. */
  readonly falseStarts: number;
  /** True turns during which no turn was ever open. */
  readonly missedTurns: number;
  /** True turns that had not been ended when the next one began. */
  readonly mergedTurns: number;
  /** From the end of each turn that was heard to the end told, or to the next turn's start if that came first; seconds. */
  readonly endDelays: readonly number[];
  /** From the start of each turn to the start told, in seconds, where no turn was open before. */
  readonly onsetDelays: readonly number[];
  /** Time without speech. */
  readonly otherSeconds: number;
}

/** Judges by turns whose pauses are shorter than `gapSeconds`. */
export function judge(file: LabelledFile, edges: readonly TurnEdge[], gapSeconds: number): Tally {
  const turns = trueTurns(file, gapSeconds);
  const open = openSpans(edges);
  const heard = turns.filter((turn) => open.some((span) => overlaps(span, turn)));
  const ended = heard.filter((turn) => !turn.cutOff);
  const waits = ended.map((turn) => endDelay(turn, open));
  const pauses = ended.map((turn) => pauseAfter(turn, turns));
  return {
    turns: turns.length,
    falseEnds: edges.filter((edge) => edge.kind === 'end' && isInside(edge.atSeconds, turns))
      .length,
    falseStarts: edges.filter((edge) => edge.kind === 'start' && isFalse(edge, file)).length,
    missedTurns: turns.length - heard.length,
    mergedTurns: waits.filter((wait, index) => wait > pauses[index]!).length,
    endDelays: waits.map((wait, index) => Math.min(wait, pauses[index]!)),
    onsetDelays: heard.flatMap((turn) => onsetDelay(turn, open)),
    otherSeconds: otherSeconds(file.spans),
  };
}

/** A detector's turn as it was open, from one decision to the other. */
interface OpenSpan {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

function openSpans(edges: readonly TurnEdge[]): OpenSpan[] {
  const spans: OpenSpan[] = [];
  for (const [index, { kind, atSeconds }] of edges.entries()) {
    if (kind === 'end') continue;
    spans.push({
      startSeconds: atSeconds,
      endSeconds: edges[index + 1]?.atSeconds ?? Number.POSITIVE_INFINITY,
    });
  }
  return spans;
}

/** A short word may be over before a detector is sure of it. */
const LATE_START_SECONDS = 0.5;

function overlaps(span: OpenSpan, turn: TrueTurn): boolean {
  return (
    span.startSeconds < turn.endSeconds + LATE_START_SECONDS && span.endSeconds > turn.startSeconds
  );
}

function isInside(seconds: number, turns: readonly TrueTurn[]): boolean {
  return turns.some((turn) => seconds > turn.startSeconds && seconds < turn.endSeconds);
}

function isFalse(start: TurnEdge & { kind: 'start' }, { spans }: LabelledFile): boolean {
  return !mayHoldSpeech(spans, start.sinceSeconds, start.atSeconds);
}

/** A turn that was ended too early and not taken up again waits for nothing. */
function endDelay(turn: TrueTurn, open: readonly OpenSpan[]): number {
  const last = open.find((span) => overlaps(span, turn) && span.endSeconds >= turn.endSeconds);
  return last === undefined ? 0 : last.endSeconds - turn.endSeconds;
}

function pauseAfter(turn: TrueTurn, turns: readonly TrueTurn[]): number {
  const next = turns.find(({ startSeconds }) => startSeconds > turn.endSeconds);
  return next === undefined ? Number.POSITIVE_INFINITY : next.startSeconds - turn.endSeconds;
}

function onsetDelay(turn: TrueTurn, open: readonly OpenSpan[]): number[] {
  const first = open.find((span) => overlaps(span, turn))!;
  const delay = first.startSeconds - turn.startSeconds;
  return delay >= 0 ? [delay] : [];
}
