// Where the turn detector stands.

/** A turn is open, may be about to begin, or neither. */
export type TurnPhase =
  | { readonly kind: 'idle' }
  /** Speech that may become a turn. */
  | { readonly kind: 'candidate'; readonly startSample: number }
  | { readonly kind: 'open'; readonly turn: number; readonly startSample: number };

export const IDLE: TurnPhase = { kind: 'idle' };
