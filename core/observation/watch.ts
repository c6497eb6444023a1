// The port through which somebody looks on while a conversation goes on.

import type { Moment } from './observed-line.ts';

/** What somebody who looks on may ask, at the end of an event. */
export interface Lookout {
  /** How things stand, and what is new since this was last asked. */
  look(nowMs: number): Moment;
  /** Lines of the timeline from which somebody who comes later can understand what follows. */
  introduction(): string[];
}

/**
 * Called inside the events of a conversation, so it must be quick, and must not call back. Whatever would cost anything
 * is done only while it is open.
 */
export interface Watch {
  /** Somebody looks on. */
  readonly isOpen: boolean;
  /** The conversation exists; `lookout` shows it from now on. */
  begin(lookout: Lookout): void;
  /** Something has happened: a line of the timeline, as JSON. */
  line(text: string): void;
  /** A window that ends before `sample` (16 kHz samples since the conversation's first) has been scored, 0 to 1. */
  scored(sample: number, probability: number): void;
}

/** For a conversation that nobody can look at. */
export const NOBODY: Watch = {
  isOpen: false,
  begin: () => {},
  line: () => {},
  scored: () => {},
};
