// Pairs the events of a call into spans of time: speech, turns, utterances, holds.

import type { TimelineEvent } from './timeline-event.ts';

/** In ms of the call. What was still open when the call ended ends with it. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

export interface NumberedSpan extends Span {
  readonly number: number;
  /** What it is and its number: "turn 1". */
  readonly name: string;
  readonly isInterrupted: boolean;
}

/** The agent is silent and has its speech ready, until it goes on, is cleared, or the call ends. */
export interface HoldSpan extends Span {
  readonly ending: 'release' | 'clear' | null;
}

/** Where the service heard speech in the caller's audio. */
export function speechSpans(events: readonly TimelineEvent[], callMs: number): Span[] {
  const edges = events.filter((event) => event.kind === 'speech');
  return edges.flatMap(({ state, positionMs }, index) =>
    state === 'started'
      ? [{ startMs: positionMs, endMs: edges[index + 1]?.positionMs ?? callMs }]
      : [],
  );
}

/** The caller's turns, as positions in the caller's audio; those that were dropped are none. */
export function turnSpans(events: readonly TimelineEvent[], callMs: number): NumberedSpan[] {
  const turns = new Map<number, NumberedSpan>();
  for (const event of events) {
    if (event.kind === 'turn-started' || event.kind === 'turn-ended') {
      const endMs = event.kind === 'turn-ended' ? event.endMs : callMs;
      const { turn: number, startMs } = event;
      turns.set(number, { number, name: `turn ${number}`, startMs, endMs, isInterrupted: false });
    }
    if (event.kind === 'turn-dropped') turns.delete(event.turn);
  }
  return [...turns.values()];
}

/** The agent's utterances, each from its first audible sample on; until there was one, from when it was told of. */
export function utteranceSpans(events: readonly TimelineEvent[], callMs: number): NumberedSpan[] {
  const utterances = new Map<number, NumberedSpan>();
  for (const event of events) {
    if (event.kind === 'utterance-started' || event.kind === 'utterance-audible') {
      const { utterance: number, atMs: startMs } = event;
      const name = `utterance ${number}`;
      utterances.set(number, { number, name, startMs, endMs: callMs, isInterrupted: false });
    }
    if (event.kind === 'utterance-ended') {
      const span = utterances.get(event.utterance);
      const isInterrupted = event.reason === 'interrupted';
      if (span) utterances.set(event.utterance, { ...span, endMs: event.atMs, isInterrupted });
    }
  }
  return [...utterances.values()];
}

/** Each hold with its ending; a clear that no hold came before is a span without length. */
export function holdSpans(events: readonly TimelineEvent[], callMs: number): HoldSpan[] {
  const spans: HoldSpan[] = [];
  let heldSinceMs: number | null = null;
  for (const { kind, atMs } of events) {
    if (kind === 'hold') heldSinceMs ??= atMs;
    if (kind === 'clear' || (kind === 'release' && heldSinceMs !== null)) {
      spans.push({ startMs: heldSinceMs ?? atMs, endMs: atMs, ending: kind });
      heldSinceMs = null;
    }
  }
  if (heldSinceMs !== null) spans.push({ startMs: heldSinceMs, endMs: callMs, ending: null });
  return spans;
}
