// A long call in virtual time: turns, interruptions, tools, and every model failing now and then, all by one seed.

import type { Reaction } from './fake-options.ts';
import { sentencesOf } from './fake-options.ts';
import { faultsOfCut } from './verdict.ts';
import { type StageOptions, WorkersAiStage } from './workers-ai-stage.ts';

export interface SoakOptions extends StageOptions {
  readonly lengthMs: number;
  readonly seed: number;
}

/** What went wrong in a call, and how much happened in it. */
export interface SoakReport {
  /** One sentence each; none in a call that went well. */
  readonly complaints: readonly string[];
  readonly turns: number;
  readonly interruptions: number;
  readonly tools: number;
  /** Caller audio that no listening model ever heard. */
  readonly lostSamples: number;
}

/** Holds the call and judges it. */
export function soak(options: SoakOptions): SoakReport {
  const stage = new WorkersAiStage({
    ...options,
    agent: { tools: [{ name: 'weather', description: 'Tells the weather.' }], ...options.agent },
    fake: { speed: 3, react: (question) => reactionTo(question), ...options.fake },
  });
  const random = randomFrom(options.seed);
  const complaints: string[] = [];
  let turns = 0;
  let interruptions = 0;
  let tools = 0;
  while (stage.nowMs < options.lengthMs) {
    turns++;
    stage.startTurn();
    stage.speak(400 + 20 * Math.floor(random() * 20));
    if (random() < 0.1) stage.fake.listeners.findLast(({ isClosed }) => !isClosed)?.cut();
    stage.speak(300);
    stage.speak(400, false);
    stage.endTurn();
    const told = stage.host.utterances.length;
    stage.run(1500);
    const call = stage.toolCalls.pop();
    if (call !== undefined) {
      tools++;
      stage.event((nowMs) => call.done({ kind: 'result', value: turns }, nowMs));
      hearAll(stage);
      stage.run(1200);
    }
    if (stage.host.utterances.length === told) complaints.push(`Turn ${turns} had no answer.`);
    else if (random() < 0.3) {
      interruptions++;
      turns++;
      complaints.push(...faultsOfCut(stage, 500));
    }
    stage.run(4000 + Math.floor(random() * 4000));
    hearAll(stage);
  }
  const { audio, lost } = heardBy(stage);
  return {
    complaints: [
      ...complaints,
      ...stage.fake.violations,
      ...stage.host.failures.map((code) => `The caller was told: ${code}.`),
      ...(lost > 0 ? [`${lost} samples of ${audio} were lost.`] : []),
    ],
    turns,
    interruptions,
    tools,
    lostSamples: lost,
  };
}

/** Every ninth question calls a tool, and every seventh finds the model busy. */
function reactionTo(question: number): Reaction {
  if (question % 9 === 0) return { kind: 'tool', name: 'weather', args: {} };
  if (question % 7 === 0) return { kind: 'busy' };
  return { kind: 'text', text: sentencesOf(question).join(' ') };
}

/** All that was said is heard to its end. */
function hearAll(stage: WorkersAiStage): void {
  for (const utterance of stage.unheard) stage.hear(utterance);
}

/** Each stretch of a caller's noise is told from every other by its first samples. */
function heardBy(stage: WorkersAiStage): { readonly audio: number; readonly lost: number } {
  const heard = new Set<string>();
  for (const { audio } of stage.fake.listeners) {
    for (let at = 0; at + KEY <= audio.length; at += CHUNK) heard.add(keyOf(audio, at));
  }
  let lost = 0;
  for (const chunk of stage.spoken) if (!heard.has(keyOf(chunk, 0))) lost += chunk.length;
  return { audio: stage.spoken.length * CHUNK, lost };
}

const CHUNK = 320;
const KEY = 6;

function keyOf(samples: ArrayLike<number>, at: number): string {
  return Array.from({ length: KEY }, (_, index) => samples[at + index]).join();
}

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
