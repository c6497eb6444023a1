// Runs one scenario and says what came of it.

import { ConversationWorld } from './conversation-world.ts';
import { MarkScorer } from './mark-scorer.ts';
import type { Violation } from './oracle/violations.ts';
import { kernelScorers, recordedSpeech } from './recorded-speech.ts';
import type { Scenario } from './scenario.ts';
import { FIRST_SPEECH, markedSpeech } from './watermark.ts';

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly simulatedMs: number;
  /** Of everything that happened, in order. */
  readonly hash: number;
}

export function runScenario(scenario: Scenario): Outcome {
  const world = new ConversationWorld(
    scenario,
    microphoneOf(scenario),
    scenario.scorer === 'kernel' ? kernelScorers() : (listener) => new MarkScorer(listener),
  );
  const simulatedMs = world.run();
  const { violations, hash } = world.oracle;
  return { violations: violations.list, simulatedMs, hash: hash.value };
}

function microphoneOf({ talks, scorer, durationMs }: Scenario): Int16Array {
  if (scorer === 'kernel') return recordedSpeech(durationMs);
  const endMs = Math.max(0, ...talks.map(({ atMs, forMs }) => atMs + forMs));
  const microphone = new Int16Array(endMs * 16);
  for (const [index, { atMs, forMs }] of talks.entries())
    microphone.set(markedSpeech(FIRST_SPEECH + index, forMs * 16), atMs * 16);
  return microphone;
}
