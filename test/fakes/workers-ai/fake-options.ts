// How the fake of Workers AI behaves, with what is left out as the services are known to behave.

import type { ModelMessage } from '../../../durable-objects/runtime/workers-ai.ts';

/** What a text model does with what it is asked. */
export type Reaction =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'tool';
      readonly name: string;
      readonly args: Readonly<Record<string, unknown>>;
    }
  /** It takes the question and never says a word. */
  | { readonly kind: 'silence' }
  /** It is too busy: nothing comes at all. */
  | { readonly kind: 'busy' }
  /** It breaks off after so many tokens. */
  | { readonly kind: 'death'; readonly text: string; readonly tokens: number };

export interface FakeWorkersAiOptions {
  /** From the end of a turn being asked for to its words. */
  readonly hearMs: number;
  /** What Flux makes of `ForceEndTurn`, which Deepgram documents and the types of Workers AI do not. */
  readonly forceEndTurn: 'known' | 'ignored' | 'refused';
  /** Silence after which Flux ends a turn by itself. */
  readonly endOfTurnMs: number;
  /** Age at which a listening socket breaks, in audio. */
  readonly listenerDiesAfterMs: number;
  /** A listening socket opens and says nothing. */
  readonly isListenerDeaf: boolean;
  /** From the question to the first token, and from one token to the next. */
  readonly thinkMs: number;
  readonly tokenMs: number;
  /** The shape of the model's events. */
  readonly shape: 'workers-ai' | 'chat-completions';
  /** Frames that nobody can read between the others. */
  readonly isMalformed: boolean;
  /** From a text to the first byte of its speech. */
  readonly firstByteMs: number;
  /** Speech per time. */
  readonly speed: number;
  /** The n-th sentence, counted from 1, that breaks off in its middle, or never comes. */
  readonly brokenSpeech: (sentence: number) => 'whole' | 'broken' | 'refused' | 'silent';
  /** What the model does with its n-th question, counted from 1. */
  readonly react: (question: number, messages: readonly ModelMessage[]) => Reaction;
}

export const FAKE_DEFAULTS: FakeWorkersAiOptions = {
  hearMs: 60,
  forceEndTurn: 'known',
  endOfTurnMs: 1500,
  listenerDiesAfterMs: Number.POSITIVE_INFINITY,
  isListenerDeaf: false,
  thinkMs: 200,
  tokenMs: 12,
  shape: 'workers-ai',
  isMalformed: false,
  firstByteMs: 150,
  speed: 4,
  brokenSpeech: () => 'whole',
  react: (question) => ({
    kind: 'text',
    text: sentencesOf(question).join(' '),
  }),
};

/** What the model says to its n-th question unless told otherwise, in the pieces in which it is to be spoken. */
export function sentencesOf(question: number): string[] {
  return [
    `This is answer number ${question},`,
    'and it begins here.',
    'It has a second sentence too.',
    'The third one ends it.',
  ];
}
