// What a page gave to its sound device, ms by ms, on the axis of the call.

import type { PlaybackColumn } from '../../client/browser/call-statistics.ts';
import type { OutputPeaks } from './page/tap-messages.ts';

/** Columns that the two clocks are compared by, and how loud they must be. */
const COMPARED_COLUMNS = 300;
const LOUD = 0.02;

const COLUMN_MS = 10;

/** A call is begun within so long after its context. */
const LONGEST_START_MS = 5000;

/** −80 dB of full scale: a player on hold gives zeros. */
const SILENT = 1e-4;

/** Silence of a player, and not the middle of a slow wave. */
const SILENT_MS = 50;

/**
 * The context's clock began before the call's axis; how long, is found by the first loud sound that the player tells of in
 * columns of 10 ms, and then stays.
 */
export class OutputLine {
  readonly #peaks: number[] = [];
  #firstMs: number | null = null;
  readonly #compared: PlaybackColumn[] = [];
  #axisMs: number | null = null;

  /** Output as it was told, in order. `playbackDelayMs` after the player the resampler lets go of it. */
  take(
    output: readonly OutputPeaks[],
    columns: readonly PlaybackColumn[],
    playbackDelayMs: number,
  ): void {
    for (const { fromMs, peaks } of output) {
      this.#firstMs ??= fromMs;
      this.#peaks.push(...peaks);
    }
    if (this.#axisMs !== null) return;
    for (const column of columns)
      if (loudnessOf(column) > LOUD || this.#compared.length > 0) this.#compared.push(column);
    if (this.#compared.length >= COMPARED_COLUMNS) this.#align(playbackDelayMs);
  }

  /** Whether it is known where on the axis the output lies: once 3 s of sound were heard. */
  get isPlaced(): boolean {
    return this.#axisMs !== null;
  }

  /** The first ms from `fromMs` on that is louder than `least` (0 … 1), null when there is none before `untilMs`. */
  soundFrom(fromMs: number, untilMs: number, least: number): number | null {
    for (let ms = Math.floor(fromMs); ms < untilMs; ms++)
      if ((this.#peakAt(ms) ?? 0) > least) return ms;
    return null;
  }

  /** The first ms from `fromMs` on with which lasting silence begins, null when there is none before `untilMs`. */
  silenceFrom(fromMs: number, untilMs: number): number | null {
    let silentMs = 0;
    for (let ms = Math.floor(fromMs); ms < untilMs; ms++) {
      const peak = this.#peakAt(ms);
      silentMs = peak !== undefined && peak < SILENT ? silentMs + 1 : 0;
      if (silentMs === SILENT_MS) return ms - SILENT_MS + 1;
    }
    return null;
  }

  #peakAt(axisMs: number): number | undefined {
    return this.#peaks[Math.round(axisMs + (this.#axisMs ?? 0)) - (this.#firstMs ?? 0)];
  }

  #align(playbackDelayMs: number): void {
    const columns = this.#compared.slice(0, COMPARED_COLUMNS);
    let least = Number.POSITIVE_INFINITY;
    for (let axisMs = 0; axisMs < LONGEST_START_MS; axisMs++) {
      this.#axisMs = axisMs + playbackDelayMs;
      let difference = 0;
      for (const column of columns) {
        difference += Math.abs(this.#loudest(column.atMs) - loudnessOf(column));
        if (difference >= least) break;
      }
      if (difference >= least) continue;
      least = difference;
      this.#found = this.#axisMs;
    }
    this.#axisMs = this.#found;
  }

  #found = 0;

  #loudest(fromMs: number): number {
    let peak = 0;
    for (let ms = 0; ms < COLUMN_MS; ms++) peak = Math.max(peak, this.#peakAt(fromMs + ms) ?? 0);
    return peak;
  }
}

function loudnessOf({ low, high }: PlaybackColumn): number {
  return Math.max(-low, high);
}
