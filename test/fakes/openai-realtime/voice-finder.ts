// Finds speech in the audio that a client appends, by its loudness: enough for a fake of `server_vad` and `semantic_vad`.

import type { TurnDetection } from './client-schema.ts';

/** 20 ms at 24 kHz. */
const FRAME_SAMPLES = 480;
const FRAME_MS = 20;
const SPEECH_RMS = 500;
/** Loud frames in a row that are speech. */
const ONSET_FRAMES = 4;

/** How long `semantic_vad` waits; the service decides by the words, and waits no longer than 8, 4 or 2 s. */
const SEMANTIC_SILENCE_MS = { low: 1500, medium: 800, high: 400, auto: 800 } as const;

export type VoiceEdge =
  | { readonly kind: 'started'; readonly atMs: number }
  | { readonly kind: 'stopped'; readonly atMs: number };

/** Times count from the first sample appended in the session. */
export class VoiceFinder {
  readonly #prefixMs: number;
  readonly #silenceMs: number;
  #frames = 0;
  #loudFrames = 0;
  #quietFrames = 0;
  #isSpeaking = false;
  #sum = 0;
  #filled = 0;

  constructor(detection: TurnDetection) {
    const isServer = detection.type === 'server_vad';
    this.#prefixMs = isServer ? (detection.prefix_padding_ms ?? 300) : 300;
    this.#silenceMs = isServer
      ? (detection.silence_duration_ms ?? 500)
      : SEMANTIC_SILENCE_MS[detection.eagerness ?? 'auto'];
  }

  /** The edges in these samples, in order. */
  hear(samples: Int16Array): VoiceEdge[] {
    const edges: VoiceEdge[] = [];
    for (const sample of samples) {
      this.#sum += sample * sample;
      if (++this.#filled < FRAME_SAMPLES) continue;
      const edge = this.#frame(Math.sqrt(this.#sum / FRAME_SAMPLES) > SPEECH_RMS);
      if (edge !== null) edges.push(edge);
      this.#sum = 0;
      this.#filled = 0;
    }
    return edges;
  }

  #frame(isLoud: boolean): VoiceEdge | null {
    this.#frames++;
    this.#loudFrames = isLoud ? this.#loudFrames + 1 : 0;
    this.#quietFrames = isLoud ? 0 : this.#quietFrames + 1;
    const nowMs = this.#frames * FRAME_MS;
    if (!this.#isSpeaking && this.#loudFrames >= ONSET_FRAMES) {
      this.#isSpeaking = true;
      const atMs = Math.max(0, nowMs - ONSET_FRAMES * FRAME_MS - this.#prefixMs);
      return { kind: 'started', atMs };
    }
    if (this.#isSpeaking && this.#quietFrames * FRAME_MS >= this.#silenceMs) {
      this.#isSpeaking = false;
      return { kind: 'stopped', atMs: nowMs };
    }
    return null;
  }
}
