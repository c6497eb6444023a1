// Whether a caller who talks over the agent silences it in time.

import { longestDelayMs } from '../network-line.ts';
import type { Scenario, Talk } from '../scenario.ts';
import { isCalm } from './promises.ts';
import { isLong } from './talk-book.ts';
import type { Violations } from './violations.ts';

const SAMPLES_PER_MS = 16;

/** Onset of speech: 96 ms, and two windows that are cut as they fall. */
const ONSET_MS = 96 + 2 * 32;

/** An agent that begins meanwhile is heard until it is held. */
const OVERLAP_MS = 150;

export class FloorWatch {
  readonly #violations: Violations;
  readonly #talks: readonly Talk[];
  readonly #silentAfterMs: number;
  #next = 0;
  #overlapSamples = 0;

  constructor(violations: Violations, scenario: Scenario) {
    this.#violations = violations;
    const { up, down, deviceMs, timerLateMs } = scenario;
    const applies = isCalm(scenario) && scenario.agent.stubbornEvery === 0;
    this.#talks = applies && scenario.scorer === 'scripted' ? scenario.talks.filter(isLong) : [];
    const wayMs = longestDelayMs(up) + longestDelayMs(down) + 6 * timerLateMs;
    this.#silentAfterMs = ONSET_MS + wayMs + scenario.confirmationMs + 20 + 10 + 2 * deviceMs;
  }

  /** So many voiced samples came out of the speaker in this device period. */
  heard(voicedSamples: number, nowMs: number): void {
    const talk = this.#talks[this.#next];
    if (talk === undefined || nowMs < talk.atMs + this.#silentAfterMs) return;
    if (nowMs < talk.atMs + talk.forMs) {
      this.#overlapSamples += voicedSamples;
      return;
    }
    if (this.#overlapSamples > OVERLAP_MS * SAMPLES_PER_MS)
      this.#violations.add(
        'L15',
        `The agent was heard for ${Math.round(this.#overlapSamples / SAMPLES_PER_MS)} ms while the caller talked on.`,
      );
    this.#overlapSamples = 0;
    this.#next++;
  }
}
