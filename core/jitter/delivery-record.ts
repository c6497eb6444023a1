// What became of the newest sequence numbers behind the playout point: delivered, or given up.

/** Sequence numbers remembered: 40 s of 10 ms frames, more than a client's resend ring must hold. */
export const RECORD_FRAMES = 4096;

/** One bit for each of the last RECORD_FRAMES sequence numbers. */
export class DeliveryRecord {
  readonly #delivered = new Uint8Array(RECORD_FRAMES / 8);

  /** Notes the fate of a sequence number, in order; the one RECORD_FRAMES before it is forgotten. */
  note(sequence: number, delivered: boolean): void {
    const byte = (sequence & (RECORD_FRAMES - 1)) >>> 3;
    const bit = 1 << (sequence & 7);
    if (delivered) this.#delivered[byte]! |= bit;
    else this.#delivered[byte]! &= ~bit;
  }

  /** Notes `count` sequence numbers as given up, at a cost bounded by RECORD_FRAMES. */
  noteGivenUp(first: number, count: number): void {
    if (count >= RECORD_FRAMES) {
      this.#delivered.fill(0);
      return;
    }
    for (let index = 0; index < count; index++) this.note(first + index, false);
  }

  /** True when the sequence number, at most RECORD_FRAMES behind the newest, was delivered. */
  delivered(sequence: number): boolean {
    return (this.#delivered[(sequence & (RECORD_FRAMES - 1)) >>> 3]! & (1 << (sequence & 7))) !== 0;
  }

  snapshot(): Uint8Array {
    return this.#delivered.slice();
  }

  restore(delivered: Uint8Array): void {
    this.#delivered.set(delivered);
  }
}
