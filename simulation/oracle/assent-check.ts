// Whether a word of assent has cost the agent its speech.

import type { Scenario, Talk } from '../scenario.ts';
import type { AgentLog } from './agent-log.ts';
import { isCalm } from './promises.ts';
import type { Violations } from './violations.ts';

/** A talk that is shorter than this, alone, is a word of assent: the model's tail does not make it a sentence. */
const ASSENT_MS = 250;

/** Talks closer than this may be one to the turn detector. */
const ALONE_MS = 1000;

/** What took the floor ended no longer before. */
const LATEST_MS = 4000;

export function checkAssent(violations: Violations, scenario: Scenario, log: AgentLog): void {
  const { talks, scorer, faults } = scenario;
  if (!isCalm(scenario) || scorer !== 'scripted') return;
  if (faults.some(({ kind }) => kind === 'interrupt' || kind === 'agent-interrupt')) return;
  for (const { how, heard, atMs } of log.endings) {
    if (how !== 'interrupted') continue;
    const isEarned = talks.some(
      (talk, index) =>
        talk.atMs < atMs &&
        talk.atMs + talk.forMs > atMs - LATEST_MS &&
        !isAssent(talk, talks[index - 1], talks[index + 1]),
    );
    if (!isEarned)
      violations.add('L15', `Utterance ${heard.utterance} was interrupted by a word of assent.`);
  }
}

function isAssent(
  { atMs, forMs }: Talk,
  before: Talk | undefined,
  after: Talk | undefined,
): boolean {
  const isAloneBefore = before === undefined || atMs - before.atMs - before.forMs >= ALONE_MS;
  const isAloneAfter = after === undefined || after.atMs - atMs - forMs >= ALONE_MS;
  return forMs < ASSENT_MS && isAloneBefore && isAloneAfter;
}
