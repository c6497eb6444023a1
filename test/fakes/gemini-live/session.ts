// One Live API session: everything that the model took in, in order, and the points that it can be resumed from.

/** Something that the model knows of. */
export type Taken =
  | { readonly kind: 'activity-start' }
  | { readonly kind: 'audio'; readonly samples: Int16Array }
  | { readonly kind: 'activity-end' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'content'; readonly text: string; readonly turnComplete: boolean }
  | { readonly kind: 'tool-response'; readonly id: string; readonly response: unknown }
  /** It began to answer; `interrupted` when the caller cut it short. */
  | { readonly kind: 'answer'; readonly answer: number }
  | { readonly kind: 'interrupted'; readonly answer: number };

/** Outlives its connections: a resumed session knows what it knew at its handle, and nothing that came later. */
export class GeminiSession {
  readonly id: string;
  readonly bornMs: number;
  readonly taken: Taken[] = [];
  /** A connection of it is open. */
  isConnected = false;

  constructor(id: string, bornMs: number) {
    this.id = id;
    this.bornMs = bornMs;
  }

  /** How much audio the model heard. */
  get audioSamples(): number {
    return this.taken.reduce(
      (sum, each) => sum + (each.kind === 'audio' ? each.samples.length : 0),
      0,
    );
  }

  /** All audio that the model heard, in order. */
  get audio(): Int16Array {
    const parts = this.taken.flatMap((each) => (each.kind === 'audio' ? [each.samples] : []));
    const whole = new Int16Array(this.audioSamples);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** The kinds of what it knows, with runs of audio as one. */
  get story(): string[] {
    const kinds = this.taken.map(({ kind }) => kind);
    return kinds.filter((kind, index) => kind !== 'audio' || kinds[index - 1] !== 'audio');
  }

  count(kind: Taken['kind']): number {
    return this.taken.filter((each) => each.kind === kind).length;
  }
}
