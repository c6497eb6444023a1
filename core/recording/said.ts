// What the agent has said, as the timeline tells it: utterances, the generations that carried them, and which are over.

import type { GenerationLine } from './timeline-line.ts';

/** An utterance: where it began on the speech line, and whether all that was heard of it is known. */
export interface Begun {
  readonly utterance: number;
  readonly speechStart: number;
  isOver: boolean;
}

/** Utterances, and generations, that a line may still speak of. */
const KEPT = 64;

/** State of what was said. */
export interface SaidSnapshot {
  readonly utterances: Begun[];
  readonly generations: GenerationLine[];
}

/** Keeps the newest of either. */
export class Said {
  #utterances: Begun[] = [];
  #generations: GenerationLine[] = [];

  begin(utterance: number, speechStart: number): void {
    this.#utterances = [
      ...this.#utterances.slice(1 - KEPT),
      { utterance, speechStart, isOver: false },
    ];
  }

  carry(line: GenerationLine): void {
    this.#generations = [...this.#generations.slice(1 - KEPT), line];
  }

  /** The newest of this number, which wraps. */
  generation(number: number): GenerationLine | undefined {
    return this.#generations.findLast(({ generation }) => generation === number);
  }

  utterance(number: number): Begun | undefined {
    return this.#utterances.findLast(({ utterance }) => utterance === number);
  }

  /** Where the next utterance begins after a speech position, null when there is none. */
  startAfter(position: number): number | null {
    const later = this.#utterances.find(({ speechStart }) => speechStart > position);
    return later?.speechStart ?? null;
  }

  snapshot(): SaidSnapshot {
    return {
      utterances: this.#utterances.map((each) => ({ ...each })),
      generations: [...this.#generations],
    };
  }

  restore({ utterances, generations }: SaidSnapshot): void {
    this.#utterances = utterances.map((each) => ({ ...each }));
    this.#generations = [...generations];
  }
}
