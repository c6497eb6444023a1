// A listener that writes down edges as short words.

import type { TurnListener } from '../../core/voice/turn-detector.ts';
import type { TurnEndReason } from '../../core/wire/messages.ts';

/** Edges as 'speech 512', 'silence 2048', 'turn 1 from 0', 'turn 2 from 0 after 1', 'end 1 0-2048 silence', 'misfire 0'. */
export class TurnRecorder implements TurnListener {
  readonly edges: string[] = [];
  /** Called with each edge, after it was written down. */
  onEdge: (edge: string) => void = () => {};

  /** The edges since the last call. */
  take(): string[] {
    return this.edges.splice(0);
  }

  speechStarted(atSample: number): void {
    this.#note(`speech ${atSample}`);
  }

  speechStopped(atSample: number): void {
    this.#note(`silence ${atSample}`);
  }

  turnStarted(turn: number, startSample: number, continues: number | null): void {
    this.#note(
      `turn ${turn} from ${startSample}${continues === null ? '' : ` after ${continues}`}`,
    );
  }

  turnEnded(turn: number, startSample: number, endSample: number, reason: TurnEndReason): void {
    this.#note(`end ${turn} ${startSample}-${endSample} ${reason}`);
  }

  misfire(atSample: number): void {
    this.#note(`misfire ${atSample}`);
  }

  #note(edge: string): void {
    this.edges.push(edge);
    this.onEdge(edge);
  }
}
