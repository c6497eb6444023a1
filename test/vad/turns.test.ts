// The bundled conversation through the real kernel: exactly its turns, at their known times.

import { describe, expect, it } from 'vitest';
import { conversationConfig } from '../../core/conversation/config.ts';
import { EnergyScorer } from '../../core/voice/energy-scorer.ts';
import type { ScorerFactory } from '../../core/voice/scorer.ts';
import { VoiceActivity } from '../../core/voice/voice-activity.ts';
import { KernelScorer } from '../../durable-objects/runtime/kernel-scorer.ts';
import truth from '../../samples/conversation.json' with { type: 'json' };
import { ConversationEdges } from '../support/conversation-edges.ts';
import { FREE_WORK } from '../support/free-work.ts';
import { loadKernel } from './kernel-files.ts';
import { speechStreams } from './speech.ts';

const SAMPLES_PER_MS = 16;
const caller = speechStreams()[0]!.samples;
const kernel = loadKernel('vad-f32.wasm');
const withKernel: ScorerFactory = (listener) => new KernelScorer(kernel, listener);

function ear(scorer: ScorerFactory): {
  readonly edges: ConversationEdges;
  readonly voice: VoiceActivity;
} {
  const edges = new ConversationEdges();
  const voice = new VoiceActivity({
    config: conversationConfig(),
    turnTaking: 'automatic',
    createScorer: scorer,
    listener: edges,
    budget: FREE_WORK,
  });
  return { edges, voice };
}

describe('the bundled conversation', () => {
  it('[V23] has exactly its turns, at their times', () => {
    const { edges, voice } = ear(withKernel);
    voice.audio(caller, 0, caller.length);
    edges.expectTruth(200);
  });

  it.each(truth.turns.map(({ endMs }) => endMs))(
    '[V23] 400 ms lost at the end of the speech at %i ms hardly move the end of the turn',
    (endMs) => {
      const whole = ear(withKernel);
      whole.voice.audio(caller, 0, (endMs + 1500) * SAMPLES_PER_MS);
      const lossy = ear(withKernel);
      const from = endMs * SAMPLES_PER_MS;
      const to = from + 400 * SAMPLES_PER_MS;
      lossy.voice.audio(caller, 0, from);
      lossy.voice.gap(to - from);
      lossy.voice.audio(caller, to, (endMs + 1500) * SAMPLES_PER_MS - to);
      expect(lossy.edges.endsMs).toHaveLength(whole.edges.endsMs.length);
      const [ended, expected] = [lossy.edges.endsMs.at(-1)!, whole.edges.endsMs.at(-1)!];
      expect(Math.abs(ended - expected)).toBeLessThanOrEqual(60);
    },
  );

  it('[V19] has as many turns for the energy scorer, roughly there', () => {
    const { edges, voice } = ear((listener) => new EnergyScorer(listener));
    voice.audio(caller, 0, caller.length);
    edges.expectTruth(300);
  });
});
