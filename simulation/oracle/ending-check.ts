// Whether every utterance ended once, and what was told of it is what was heard.

import { longestDelayMs } from '../network-line.ts';
import type { Scenario } from '../scenario.ts';
import type { AgentLog, Speech } from './agent-log.ts';
import type { Ear } from './ear.ts';
import { faultMs, isCalm, losesMemory, losesPlayers } from './promises.ts';
import type { Violations } from './violations.ts';

const FRAME_SAMPLES = 320;

const SAMPLES_PER_MS = 16;

export function checkEndings(
  violations: Violations,
  scenario: Scenario,
  log: AgentLog,
  ear: Ear,
): void {
  const begun = new Map<number, Speech>();
  for (const entry of log.entries)
    if (entry.kind === 'begun') begun.set(entry.speech.utterance, entry.speech);
  for (const { utterance } of begun.values()) {
    const isOver = log.endings.some(({ heard }) => heard.utterance === utterance);
    if (!isOver) violations.add('L12', `Utterance ${utterance} has never ended.`);
  }
  for (const { how, heard } of log.endings) {
    const speech = begun.get(heard.utterance);
    if (speech === undefined) {
      violations.add('L12', `Utterance ${heard.utterance} ended and was never begun.`);
      continue;
    }
    if (heard.givenSamples !== speech.givenSamples)
      violations.add(
        'L11',
        `Of utterance ${heard.utterance} ${speech.givenSamples} samples were given, not ${heard.givenSamples}.`,
      );
    if (losesPlayers(scenario)) continue;
    if (heard.source === 'estimated') {
      if (isCalm(scenario)) violations.add('L11', `Utterance ${heard.utterance} was estimated.`);
      continue;
    }
    const claimed = how === 'completed' ? speech.givenSamples : heard.heardSamples;
    checkHeard(violations, speech, claimed, ear, playsOnSamples(scenario));
  }
}

/**
 * What a client that comes back says that it has heard is told at once (B16); until the welcome tells it that all of it
 * was cleared, it plays on.
 */
function playsOnSamples(scenario: Scenario): number {
  const { up, down, deviceMs, confirmationMs, config, faults } = scenario;
  if (!faults.some(({ kind }) => kind === 'cut' || kind === 'evict')) return 0;
  const stalledMs = faults.reduce((sum, fault) => sum + faultMs(fault), 0);
  const wayMs = longestDelayMs(up) + longestDelayMs(down) + confirmationMs + deviceMs;
  // What a memory that was lost had sent since it was stored, the client cannot be believed to have heard (B13).
  const forgottenMs = losesMemory(scenario) ? (config.checkpointIntervalMs ?? 4500) + 500 : 0;
  return (wayMs + stalledMs + forgottenMs) * SAMPLES_PER_MS;
}

/** So much of a speech was heard, it was said; a pause at the end of it cannot be heard. */
function checkHeard(
  violations: Violations,
  speech: Speech,
  claimed: number,
  ear: Ear,
  playsOn: number,
): void {
  const voicedTo = ear.heard.get(speech.speech)?.voicedTo ?? 0;
  let upTo = voicedTo;
  // A frame may have sounded in a fade, where it cannot be read, and a pause may have followed.
  for (let unread = 0; upTo < speech.samples.length; upTo++)
    if (speech.samples[upTo] !== 0 && unread++ >= FRAME_SAMPLES) break;
  if (claimed >= voicedTo - FRAME_SAMPLES - playsOn && claimed <= upTo) return;
  violations.add(
    'L11',
    `Of utterance ${speech.utterance} ${claimed} samples were told as heard, and ${voicedTo} were.`,
  );
}
