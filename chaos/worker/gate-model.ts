// The runtime's output gate with a confirmation that takes its time: after a write, everything that is sent waits for it.

/** What holds sends back, in order; `later` runs something after so many ms. */
export class GateModel {
  /** Messages that had to wait, and the longest that one did. */
  heldMessages = 0;
  longestHeldMs = 0;
  /** How long a write takes from now on. */
  confirmMs: number;
  readonly #now: () => number;
  readonly #later: (run: () => void, delayMs: number) => void;
  #openAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    confirmMs: number,
    now: () => number,
    later: (run: () => void, delayMs: number) => void,
  ) {
    this.confirmMs = confirmMs;
    this.#now = now;
    this.#later = later;
  }

  /** Something was written that what is sent from now on waits for. */
  wrote(): void {
    this.#openAtMs = this.#now() + this.confirmMs;
  }

  /** Resolves after the time of a confirmation: what `storage.sync` waits for. */
  confirmed(): Promise<void> {
    return new Promise((resolve) => this.#later(resolve, this.confirmMs));
  }

  /** The same sends, each of which waits for the writes before it and for those sent before it. */
  gated<Message>(send: (message: Message) => void): (message: Message) => void {
    const waiting: {
      readonly message: Message;
      readonly openAtMs: number;
      readonly sinceMs: number;
    }[] = [];
    const drain = (): void => {
      while (waiting.length > 0 && waiting[0]!.openAtMs <= this.#now()) {
        const { message, sinceMs } = waiting.shift()!;
        this.longestHeldMs = Math.max(this.longestHeldMs, this.#now() - sinceMs);
        send(message);
      }
      if (waiting.length > 0) this.#later(drain, Math.max(1, waiting[0]!.openAtMs - this.#now()));
    };
    return (message) => {
      const sinceMs = this.#now();
      if (waiting.length === 0 && this.#openAtMs <= sinceMs) {
        send(message);
        return;
      }
      this.heldMessages++;
      waiting.push({ message, openAtMs: this.#openAtMs, sinceMs });
      if (waiting.length === 1) this.#later(drain, Math.max(1, this.#openAtMs - sinceMs));
    };
  }
}
