// A long call with a backend in virtual time, whose connection breaks in answers, and whose service loses its memory.

import { BackendStage } from './backend-stage.ts';

const TURN_MS = 3000;
const PAUSE_MS = 7000;
const ANSWER_MS = 4000;
const SAMPLES_PER_MS = 16;
const MINUTE_MS = 60_000;

/** What went wrong in a call, and how much happened in it. */
export interface BackendSoakReport {
  /** One sentence each; none in a call that went well. */
  readonly complaints: readonly string[];
  readonly turns: number;
  readonly connections: number;
  /** Of the caller, and of answers. */
  readonly lostSamples: number;
}

/** Holds the call and judges it: six turns a minute, a cut in every fourth answer, a loss of memory every third minute. */
export function soakBackend(minutes: number): BackendSoakReport {
  const stage = new BackendStage({ answerMs: ANSWER_MS });
  const turns = (minutes * MINUTE_MS) / (TURN_MS + PAUSE_MS);
  for (let turn = 1; turn <= turns; turn++) {
    stage.turn(TURN_MS);
    const [cutMs, evictMs] = [turn % 4 === 1 ? 300 : 0, turn % 18 === 3 ? 180 : 0];
    stage.hear(cutMs);
    if (cutMs > 0) stage.cut();
    stage.hear(evictMs);
    if (evictMs > 0) stage.evict();
    stage.hear(PAUSE_MS - cutMs - evictMs);
  }
  stage.world.runTo(stage.world.nowMs + 10_000);
  const { backend, completed, failures } = stage;
  const [told, heard] = [backend.told('turn').length, backend.told('completed').length];
  const missing = minutes * MINUTE_MS * SAMPLES_PER_MS - backend.audioSamples;
  const answered = completed.reduce((sum, samples) => sum + samples, 0);
  const lostSamples = Math.max(0, missing) + turns * ANSWER_MS * SAMPLES_PER_MS - answered;
  return {
    complaints: [
      ...backend.violations,
      ...failures.map((code) => `The caller was told: ${code}.`),
      ...(told === 2 * turns ? [] : [`The backend was told of ${told / 2} of ${turns} turns.`]),
      ...(heard === turns ? [] : [`The backend was told of ${heard} of ${turns} answers.`]),
      ...(missing === 0 ? [] : [`${missing} samples of the caller are missing.`]),
    ],
    turns,
    connections: backend.connections,
    lostSamples,
  };
}
