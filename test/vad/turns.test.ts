// The bundled conversation through the real kernel: exactly its turns, at their known times.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { conversationConfig } from '../../core/conversation/config.ts';
import { EnergyScorer } from '../../core/voice/energy-scorer.ts';
import type { ScorerFactory } from '../../core/voice/scorer.ts';
import type { TurnListener } from '../../core/voice/turn-detector.ts';
import { VoiceActivity } from '../../core/voice/voice-activity.ts';
import { KernelScorer } from '../../durable-objects/runtime/kernel-scorer.ts';
import { FREE_WORK } from '../support/free-work.ts';
import { loadKernel } from './kernel-files.ts';
import { speechStreams } from './speech.ts';

interface Truth {
  readonly turns: readonly { readonly startMs: number; readonly endMs: number }[];
}

const SAMPLES_PER_MS = 16;
const truth: Truth = JSON.parse(
  readFileSync(new URL('../../samples/conversation.json', import.meta.url), 'utf8'),
);
const caller = speechStreams()[0]!.samples;
const kernel = loadKernel('vad-f32.wasm');
const withKernel: ScorerFactory = (listener) => new KernelScorer(kernel, listener);

/** Keeps the speech that each turn began with and the end of each turn, in ms. */
class Edges implements TurnListener {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  #speechMs = 0;
  #inTurn = false;

  speechStarted(atSample: number): void {
    if (!this.#inTurn) this.#speechMs = atSample / SAMPLES_PER_MS;
  }

  speechStopped(): void {}

  turnStarted(): void {
    this.#inTurn = true;
    this.starts.push(this.#speechMs);
  }

  turnEnded(_turn: number, _startSample: number, endSample: number): void {
    this.#inTurn = false;
    this.ends.push(endSample / SAMPLES_PER_MS);
  }

  misfire(): void {}
}

function ear(scorer: ScorerFactory): { readonly edges: Edges; readonly voice: VoiceActivity } {
  const edges = new Edges();
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
    expect(edges.starts).toHaveLength(truth.turns.length);
    expect(edges.ends).toHaveLength(truth.turns.length);
    for (const [index, { startMs, endMs }] of truth.turns.entries()) {
      expect(Math.abs(edges.starts[index]! - startMs)).toBeLessThanOrEqual(100);
      expect(Math.abs(edges.ends[index]! - endMs)).toBeLessThanOrEqual(200);
    }
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
      expect(lossy.edges.ends).toHaveLength(whole.edges.ends.length);
      const [ended, expected] = [lossy.edges.ends.at(-1)!, whole.edges.ends.at(-1)!];
      expect(Math.abs(ended - expected)).toBeLessThanOrEqual(60);
    },
  );

  it('[V19] has as many turns for the energy scorer, roughly there', () => {
    const { edges, voice } = ear((listener) => new EnergyScorer(listener));
    voice.audio(caller, 0, caller.length);
    expect(edges.ends).toHaveLength(truth.turns.length);
    for (const [index, { startMs, endMs }] of truth.turns.entries()) {
      expect(Math.abs(edges.starts[index]! - startMs)).toBeLessThanOrEqual(100);
      expect(Math.abs(edges.ends[index]! - endMs)).toBeLessThanOrEqual(300);
    }
  });
});
