// How a fake Live API behaves, with what is left out as the service is known to behave.

/** What the model does with a turn of the caller's. */
export type Reaction =
  | { readonly kind: 'answer' }
  /** It hears, and never says a word: not even that its turn is complete. */
  | { readonly kind: 'silence' }
  /** It finds that it was not spoken to: complete at once, without audio. */
  | { readonly kind: 'nothing-to-say' }
  | {
      readonly kind: 'tool';
      readonly name: string;
      readonly args: Readonly<Record<string, unknown>>;
    };

export interface FakeGeminiOptions {
  /** `transparent` resumption is refused by the developer platform, and offered by the agent platform. */
  readonly platform: 'developer' | 'agent-platform';
  readonly apiKey: string;
  readonly frames: 'binary' | 'text';
  readonly setupMs: number;
  /** From the end of the caller's turn to the first audio. */
  readonly thinkMs: number;
  readonly answerMs: number;
  /** Speech per time: the service gives it faster than it is spoken. */
  readonly speed: number;
  readonly burstMs: number;
  /** Bursts that are still under way when the caller cuts an answer short. */
  readonly lateBursts: number;
  /** From the arrival of a message until the model has taken it in: what has not been is lost with the connection. */
  readonly consumeMs: number;
  /** Distance of resumption updates beside those at the end of turns. */
  readonly updateEveryMs: number;
  /** Age of a connection at which `goAway` is sent. */
  readonly goAwayAfterMs: number;
  readonly timeLeftMs: number;
  /** Longest session without context window compression. */
  readonly sessionMs: number;
  /** The first answer of every connection is preceded by frames that nobody can read. */
  readonly isMalformed: boolean;
  /** Transcripts come before what they belong to, or long after. */
  readonly transcripts: 'before' | 'after';
  /** What the model does with its n-th input, counted from 1. */
  readonly react: (input: number) => Reaction;
}

export const FAKE_DEFAULTS: FakeGeminiOptions = {
  platform: 'developer',
  apiKey: 'key-of-the-test',
  frames: 'binary',
  setupMs: 30,
  thinkMs: 200,
  answerMs: 2000,
  speed: 4,
  burstMs: 50,
  lateBursts: 2,
  consumeMs: 40,
  updateEveryMs: Number.POSITIVE_INFINITY,
  goAwayAfterMs: 540_000,
  timeLeftMs: 10_000,
  sessionMs: 900_000,
  isMalformed: false,
  transcripts: 'after',
  react: () => ({ kind: 'answer' }),
};
