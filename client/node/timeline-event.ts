// What happens in a call, as its caller sees it, and how each event reads in a terminal.

import { unreachable } from '../../core/unreachable.ts';
import type { TurnEndReason, UtteranceEndReason } from '../../core/wire/messages.ts';

/** `atMs` is when the caller's side learnt of it; the other times are positions in the caller's own audio. */
export type TimelineEvent = { readonly atMs: number } & (
  | { readonly kind: 'connected'; readonly conversation: string }
  | { readonly kind: 'connection-lost'; readonly code: number }
  | {
      readonly kind: 'speech';
      readonly state: 'started' | 'stopped';
      readonly positionMs: number;
    }
  | {
      readonly kind: 'turn-started';
      readonly turn: number;
      readonly startMs: number;
      readonly continues: number | null;
    }
  | {
      readonly kind: 'turn-ended';
      readonly turn: number;
      readonly startMs: number;
      readonly endMs: number;
      /** When the last sample before `endMs` left the client. */
      readonly leftAtMs: number;
      readonly reason: TurnEndReason;
    }
  | { readonly kind: 'turn-dropped'; readonly turn: number }
  | { readonly kind: 'utterance-started'; readonly utterance: number }
  /** Its first audible sample sounds. */
  | { readonly kind: 'utterance-audible'; readonly utterance: number }
  | {
      readonly kind: 'utterance-ended';
      readonly utterance: number;
      readonly reason: UtteranceEndReason;
      readonly heardMs: number;
    }
  | { readonly kind: 'hold' | 'release' | 'clear' }
  | {
      readonly kind: 'transcript';
      readonly party: 'caller' | 'agent';
      readonly text: string;
    }
  | { readonly kind: 'notice'; readonly sentence: string }
);

/** The event as a line: time, party, what happened. */
export function timelineLine(event: TimelineEvent): string {
  const [party, words] = describe(event);
  return `${seconds(event.atMs).padStart(9)}  ${party.padEnd(7)}  ${words}`;
}

/** A time as "12.34 s". */
export function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(2)} s`;
}

type Party = 'caller' | 'agent' | 'service';

function describe(event: TimelineEvent): readonly [Party, string] {
  switch (event.kind) {
    case 'connected':
      return ['service', `connected, conversation ${event.conversation.slice(0, 12)}…`];
    case 'connection-lost':
      return ['service', `connection lost (close code ${event.code}), trying again`];
    case 'speech':
      return ['caller', `speech ${event.state} (at ${seconds(event.positionMs)})`];
    case 'turn-started':
      return [
        'caller',
        `turn ${event.turn} started (from ${seconds(event.startMs)})${goesOn(event)}`,
      ];
    case 'turn-ended':
      return [
        'caller',
        `turn ${event.turn} ended (${seconds(event.startMs)} to ${seconds(event.endMs)}, ${event.reason})`,
      ];
    case 'turn-dropped':
      return ['caller', `turn ${event.turn} dropped: too short to be one`];
    case 'utterance-started':
      return ['agent', `utterance ${event.utterance} started`];
    case 'utterance-audible':
      return ['agent', `utterance ${event.utterance} audible`];
    case 'utterance-ended':
      return [
        'agent',
        `utterance ${event.utterance} ended (${event.reason}, ${seconds(event.heardMs)} heard)`,
      ];
    case 'hold':
      return ['agent', 'held: the caller may be taking the floor'];
    case 'release':
      return ['agent', 'released: goes on'];
    case 'clear':
      return ['agent', 'cleared: the caller has the floor'];
    case 'transcript':
      return [event.party, `“${event.text}”`];
    case 'notice':
      return ['service', event.sentence];
    default:
      return unreachable(event);
  }
}

function goesOn({ continues }: { readonly continues: number | null }): string {
  return continues === null ? '' : `, goes on with turn ${continues}`;
}
