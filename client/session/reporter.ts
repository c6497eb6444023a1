// What a player has to tell the server: answers to hold and clear at once, reports when they are due.

import { REPORTS_PER_SECOND } from '../../core/wire/limits.ts';
import type { ClientMessage, Report } from '../../core/wire/messages.ts';
import type { LagMeter } from './lag-meter.ts';
import type { Player, PlayerAnswer } from './player.ts';
import type { Transport } from './transport.ts';

/** While nothing plays, round trips alone are reported this often. */
const LAG_INTERVAL_MS = 1000;

/**
 * Reports while something plays, once more when it has stopped, and slowly when only the lag is news. While nothing
 * plays and no echo comes (muted, or gone) nothing is due, so that the conversation may sleep.
 */
export class Reporter {
  readonly #player: Player;
  readonly #lag: LagMeter;
  readonly #answer: PlayerAnswer = { kind: 'held', generation: 0, playedSamples: 0 };
  #intervalMs = 1000 / REPORTS_PER_SECOND;
  #lastMs = Number.NEGATIVE_INFINITY;
  #reportedGeneration = -1;
  #reportedSamples = 0;

  constructor(player: Player, lag: LagMeter) {
    this.#player = player;
    this.#lag = lag;
  }

  /** Reports as often as the server admits, and no more than REPORTS_PER_SECOND. */
  limitTo(reportsPerSecond: number): void {
    this.#intervalMs = 1000 / Math.max(1, Math.min(reportsPerSecond, REPORTS_PER_SECOND));
  }

  /** Time at which a report is due, Infinity while there is no news. */
  get nextDeadlineMs(): number {
    const { started, playing, generation, playedSamples } = this.#player.status;
    const hasMoved =
      generation !== this.#reportedGeneration || playedSamples !== this.#reportedSamples;
    if (started && (playing || hasMoved)) return this.#lastMs + this.#intervalMs;
    return this.#lag.isNew ? this.#lastMs + LAG_INTERVAL_MS : Number.POSITIVE_INFINITY;
  }

  /** Sends what is due and returns whether anything was. `uplinkTimestamp` is the microphone's time now. */
  tell(transport: Transport, uplinkTimestamp: number | null, nowMs: number): boolean {
    let isAnythingSent = false;
    while (this.#player.takeAnswer(this.#answer)) {
      const { kind, generation, playedSamples } = this.#answer;
      send(transport, { type: kind, generation, playedSamples, uplinkTimestamp });
      isAnythingSent = true;
    }
    if (nowMs < this.nextDeadlineMs) return isAnythingSent;
    send(transport, this.#report(uplinkTimestamp, nowMs));
    return true;
  }

  #report(uplinkTimestamp: number | null, nowMs: number): Report {
    const {
      generation,
      playedSamples,
      bufferedMs,
      stretchMs,
      concealedMs,
      underruns,
      outputLatencyMs,
    } = this.#player.status;
    const report: Report = {
      type: 'report',
      generation,
      playedSamples,
      uplinkTimestamp,
      outputLatencyMs,
      bufferedMs,
      stretchMs,
      concealedMs,
      underruns,
      lagMs: this.#lag.largestRiseMs,
      lagCause: this.#lag.largestCause,
      roundTripMs: this.#lag.roundTripMs,
    };
    this.#lastMs = nowMs;
    this.#reportedGeneration = generation;
    this.#reportedSamples = playedSamples;
    this.#lag.restart();
    return report;
  }
}

function send(transport: Transport, message: ClientMessage): void {
  transport.send(JSON.stringify(message));
}
