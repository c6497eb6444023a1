// Edges found while a frame is taken in, kept until the frame is done, so that whoever acts on one sees a consistent state.

import type { TurnListener } from '../voice/turn-detector.ts';
import type { TurnEndReason } from '../wire/messages.ts';

/** Something that the turn detector found; positions are 16 kHz samples since the conversation's first. */
export type Edge =
  | { readonly kind: 'speech-started'; readonly atSample: number }
  | { readonly kind: 'speech-stopped'; readonly atSample: number }
  | {
      readonly kind: 'turn-started';
      readonly turn: number;
      readonly startSample: number;
      readonly continues: number | null;
    }
  | {
      readonly kind: 'turn-ended';
      readonly turn: number;
      readonly startSample: number;
      readonly endSample: number;
      readonly reason: TurnEndReason;
    }
  | { readonly kind: 'misfire'; readonly atSample: number };

/** Collects edges in order; allocates only when there is one. */
export class EdgeQueue implements TurnListener {
  readonly #edges: Edge[] = [];

  /** The oldest edge, or undefined when there is none. */
  take(): Edge | undefined {
    return this.#edges.length === 0 ? undefined : this.#edges.shift();
  }

  speechStarted(atSample: number): void {
    this.#edges.push({ kind: 'speech-started', atSample });
  }

  speechStopped(atSample: number): void {
    this.#edges.push({ kind: 'speech-stopped', atSample });
  }

  turnStarted(turn: number, startSample: number, continues: number | null): void {
    this.#edges.push({ kind: 'turn-started', turn, startSample, continues });
  }

  turnEnded(turn: number, startSample: number, endSample: number, reason: TurnEndReason): void {
    this.#edges.push({ kind: 'turn-ended', turn, startSample, endSample, reason });
  }

  misfire(atSample: number): void {
    this.#edges.push({ kind: 'misfire', atSample });
  }
}
