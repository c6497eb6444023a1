// What a perfect judge says of a call with the cascade: which words were heard, what was said in which order, what was stopped.

import { sentencesOf } from './fake-options.ts';
import type { FakeWorkersAi } from './fake-workers-ai.ts';
import { speechOf, spokenSamples } from './watermark.ts';
import type { WorkersAiStage } from './workers-ai-stage.ts';

/** From the moment the caller has the floor to the end of every run, line included. */
const STOP_MS = 40;

/** The words whose greater half lies in the first samples of these sentences' speech. */
export function wordsHeard(sentences: readonly string[], samples: number): string {
  const heard: string[] = [];
  let from = 0;
  for (const sentence of sentences) {
    for (const { 0: word, index } of sentence.matchAll(/\S+/g)) {
      const middle = from + spokenSamples(sentence.slice(0, index)) + spokenSamples(word) / 2;
      if (middle <= samples) heard.push(word);
    }
    from += spokenSamples(sentence);
  }
  return heard.join(' ');
}

/** Runs that are still at work. */
export function runsOf(fake: FakeWorkersAi) {
  return [...fake.writers, ...fake.speakers].filter(({ isOver }) => !isOver);
}

/**
 * Cuts the answer that is being said short, as a caller who speaks does, and talks on. Returns what is wrong with what was
 * said, stopped and remembered, one sentence each.
 */
export function faultsOfCut(stage: WorkersAiStage, talkMs: number): string[] {
  const { fake, host } = stage;
  const utterance = host.utterances.at(-1);
  const writer = fake.writers.findLast(({ reaction }) => reaction?.kind === 'text');
  if (utterance === undefined || writer === undefined) return ['There was nothing to cut short.'];
  const sentences = sentencesOf(writer.question);
  const running = runsOf(fake);
  const atMs = stage.nowMs;
  const given = utterance.samples.length;
  const heard = Math.floor(given / 2);
  stage.startTurn();
  stage.commit();
  stage.speak(100);
  stage.hear(utterance.number, heard);
  const isLeft = running.some((run) => (run.cancelledAtMs ?? Number.NaN) - atMs <= STOP_MS);
  const faults = running.length > 0 && !isLeft ? ['A run was not stopped at once.'] : [];
  if (running.some(({ isOver }) => !isOver)) faults.push('A run was never stopped.');
  stage.speak(talkMs);
  if (utterance.samples.length > given) faults.push('Something was said after the cut.');
  stage.speak(400, false);
  stage.endTurn();
  stage.run(400);
  const kept = fake.asked.findLast(({ role }) => role === 'assistant')?.content ?? '';
  const expected = wordsHeard(sentences, heard);
  if (kept !== expected) faults.push(`The history holds "${kept}", and "${expected}" was heard.`);
  return [...faults, ...faultsOfOrder(utterance.samples.slice(0, given), sentences)];
}

/** Whether what was said are these sentences, as far as it goes. */
function faultsOfOrder(said: readonly number[], sentences: readonly string[]): string[] {
  const sound = sentences.flatMap((sentence) => [...speechOf(sentence)]);
  const isSame = said.every((sample, index) => sample === sound[index]);
  return isSame ? [] : ['The sentences were not said in their order.'];
}
