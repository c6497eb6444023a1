// What becomes a line of the timeline just as the client is told it.

import type { Segment } from '../playout/segments.ts';
import type { HeardLine, TimelineLine } from '../recording/timeline-line.ts';
import type { Report, ServerMessage } from '../wire/messages.ts';

/** A line as its parts give it: the time is added by the chronicle. */
export type Note = TimelineLine extends infer Line
  ? Line extends { readonly atMs: number }
    ? Omit<Line, 'atMs'>
    : never
  : never;

/** The note of a message that needs nothing else to be understood; null for one that tells where things stand, not what has happened. */
export function noteOf(message: ServerMessage): Note | null {
  switch (message.type) {
    case 'hold':
      return { type: 'interruption', stage: 'held', generation: message.generation };
    case 'release': {
      const { generation, fromSample } = message;
      return { type: 'interruption', stage: 'released', generation, fromSample };
    }
    case 'clear':
      return { type: 'interruption', stage: 'cleared', generation: message.generation };
    case 'transcript': {
      const { party, text, final } = message;
      return final ? { type: 'transcript', party, text } : null;
    }
    case 'degraded': {
      const { level, reason } = message;
      return { type: 'degraded', part: 'scoring', level, reason };
    }
    case 'error':
      return { type: 'error', code: message.code, sentence: message.sentence };
    default:
      return null;
  }
}

/** Which utterance a generation carries, and from where on. */
export function generationNote({ generation, utterance, startPosition, ratio }: Segment): Note {
  const { number } = utterance;
  return { type: 'generation', generation, utterance: number, speechStart: startPosition, ratio };
}

/** What a player knew when it reported. */
export function playerOf(report: Report): NonNullable<HeardLine['player']> {
  const { outputLatencyMs, bufferedMs, stretchMs, concealedMs, underruns } = report;
  return { outputLatencyMs, bufferedMs, stretchMs, concealedMs, underruns };
}
