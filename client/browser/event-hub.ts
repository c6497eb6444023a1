// Who listens to a call, and what for.

import type { CallEvents } from './call-events.ts';

type Listener<Name extends keyof CallEvents> = (event: CallEvents[Name]) => void;

type Listeners = { readonly [Name in keyof CallEvents]: Set<Listener<Name>> };

/** A listener that throws harms nobody else: its fault goes to `report`. */
export class EventHub {
  readonly #listeners: Listeners = {
    turn: new Set(),
    transcript: new Set(),
    speaking: new Set(),
    agent: new Set(),
    interruption: new Set(),
    connection: new Set(),
    audio: new Set(),
    devices: new Set(),
    statistics: new Set(),
    error: new Set(),
    message: new Set(),
  };

  readonly #report: (fault: unknown) => void;

  constructor(report: (fault: unknown) => void) {
    this.#report = report;
  }

  /** Returns the function that takes the listener away again. */
  on<Name extends keyof CallEvents>(name: Name, listener: Listener<Name>): () => void {
    const listeners: Set<Listener<Name>> = this.#listeners[name];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  tell<Name extends keyof CallEvents>(name: Name, event: CallEvents[Name]): void {
    const listeners: Set<Listener<Name>> = this.#listeners[name];
    for (const listener of [...listeners]) {
      try {
        listener(event);
      } catch (fault) {
        this.#report(fault);
      }
    }
  }
}
