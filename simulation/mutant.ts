// A fault that somebody could have made, as a change of one text.

/** A text in a module, which occurs there exactly once, and what it becomes. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Where it must be caught: in conversations, or in streams through a jitter buffer. */
  readonly world: 'conversation' | 'playout';
}
