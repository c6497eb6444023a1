// Gathers the keys that a caller presses, so that a number is one text and not ten.

/** So long after the last key the caller is done. */
const DONE_MS = 1500;

/** The key that says it: what was typed is complete. */
const DONE_KEY = '#';

/** Longer numbers come in several parts. */
const MOST_KEYS = 32;

/** What must outlive the memory. */
export interface KeypadState {
  keys: string;
  lastKeyMs: number;
}

export class Keypad {
  readonly state: KeypadState;

  constructor(state: KeypadState) {
    this.state = state;
  }

  pressed(key: string, nowMs: number): void {
    this.state.keys += key;
    this.state.lastKeyMs = nowMs;
  }

  /** What was typed, once it is complete; null before. */
  take(nowMs: number): string | null {
    const { keys, lastKeyMs } = this.state;
    const isDone =
      keys.endsWith(DONE_KEY) || keys.length >= MOST_KEYS || nowMs - lastKeyMs >= DONE_MS;
    if (keys === '' || !isDone) return null;
    this.state.keys = '';
    return keys;
  }
}
