// A soft sound now and then while a tool runs, so that the line does not seem dead.

import * as v from 'valibot';
import { AGENT_RATE_HZ, type AgentHost, type Heard } from '../../../core/conversation/agent.ts';

/** An option of every agent that calls tools. */
export const FILLER_OPTION = v.optional(v.picklist(['off', 'tone']), 'tone');
export type FillerKind = v.InferOutput<typeof FILLER_OPTION>;

/** Most tools answer sooner, and need no sound. */
const PATIENCE_MS = 700;
/** Between the end of one sound and the next. */
const PAUSE_MS = 1200;

/** Two notes, a fourth apart, each fading like a struck bar. */
const NOTES_HZ = [523.25, 698.46] as const;
const NOTE_MS = 120;
const NOTE_PEAK = 1500; // -27 dBFS
const FADE_MS = 4;
const DECAY_MS = 45;

/**
 * Each sound is a short utterance of its own, given whole, and the next one comes only after it was heard: when words
 * come, they wait for no more than the rest of one sound. Ask for it only while the agent has no utterance open.
 */
export class Filler {
  readonly #kind: FillerKind;
  #nextDeadlineMs = Number.POSITIVE_INFINITY;
  #isWaiting = false;
  /** Its sounds whose ending was not yet told. */
  readonly #utterances = new Set<number>();

  constructor(kind: FillerKind) {
    this.#kind = kind;
  }

  /** A tool runs from now on, and nobody speaks. */
  wait(nowMs: number): void {
    if (this.#kind === 'off' || this.#isWaiting) return;
    this.#isWaiting = true;
    this.#nextDeadlineMs = nowMs + PATIENCE_MS;
  }

  /** Words come, or nobody waits any more. */
  stop(): void {
    this.#isWaiting = false;
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
  }

  /** When `tick` wants to be called, Infinity for never. */
  get nextDeadlineMs(): number {
    return this.#nextDeadlineMs;
  }

  tick(host: AgentHost, nowMs: number): void {
    if (nowMs < this.#nextDeadlineMs) return;
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
    const utterance = host.begin({ interruptible: true });
    this.#utterances.add(utterance);
    host.say(utterance, twoNotes());
    host.end(utterance);
  }

  /** Whether the utterance that has ended was one of its own; the agent knows nothing of those. */
  owns({ utterance }: Heard, nowMs: number): boolean {
    if (!this.#utterances.delete(utterance)) return false;
    if (this.#isWaiting) this.#nextDeadlineMs = nowMs + PAUSE_MS;
    return true;
  }
}

let notes: Int16Array | null = null;

/** Made when first needed, and shared. */
function twoNotes(): Int16Array {
  if (notes !== null) return notes;
  const noteSamples = (NOTE_MS * AGENT_RATE_HZ) / 1000;
  notes = new Int16Array(NOTES_HZ.length * noteSamples);
  for (const [index, frequencyHz] of NOTES_HZ.entries()) {
    for (let sample = 0; sample < noteSamples; sample++) {
      const ms = (sample * 1000) / AGENT_RATE_HZ;
      const edge = Math.min(1, ms / FADE_MS, (NOTE_MS - ms) / FADE_MS);
      const gain = NOTE_PEAK * edge * Math.exp(-ms / DECAY_MS);
      const angle = (2 * Math.PI * frequencyHz * sample) / AGENT_RATE_HZ;
      notes[index * noteSamples + sample] = Math.round(gain * Math.sin(angle));
    }
  }
  return notes;
}
