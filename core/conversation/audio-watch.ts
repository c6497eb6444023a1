// Why no audio comes from the caller, and when that ends a turn: two watchdogs, and the silence of a mute.

import { msToSamples, samplesToMs } from '../media/units.ts';
import { longestHangoverMs } from '../voice/hangover.ts';
import { SCORER_RATE_HZ, WINDOW_SAMPLES } from '../voice/scorer.ts';
import type { ConversationConfig } from './config.ts';

type Source =
  /** Audio is expected. */
  | { readonly kind: 'live' }
  /** Silent from this position (16 kHz) on. */
  | { readonly kind: 'muted'; readonly fromSample: number; readonly sinceMs: number };

const LIVE: Source = { kind: 'live' };

/** State of the watch. */
export interface AudioWatchSnapshot {
  readonly source?: Source | undefined;
  readonly goneSinceMs?: number | null | undefined;
  readonly lastAudioMs?: number | undefined;
}

/** Keeps times; whoever owns it knows whether there is a turn to end. */
export class AudioWatch {
  #config: ConversationConfig;
  #source: Source = LIVE;
  /** Since when no client is connected, null while one is. */
  #goneSinceMs: number | null = null;
  #lastAudioMs = 0;

  constructor(config: ConversationConfig) {
    this.#config = config;
  }

  configure(config: ConversationConfig): void {
    this.#config = config;
  }

  get muted(): boolean {
    return this.#source.kind === 'muted';
  }

  /** The client is not connected. */
  get gone(): boolean {
    return this.#goneSinceMs !== null;
  }

  /** A client is connected; audio may follow. */
  here(nowMs: number): void {
    this.#goneSinceMs = null;
    this.#lastAudioMs = nowMs;
  }

  away(nowMs: number): void {
    this.#goneSinceMs ??= nowMs;
  }

  audio(nowMs: number): void {
    this.#lastAudioMs = nowMs;
  }

  mute(fromSample: number, nowMs: number): void {
    this.#source = { kind: 'muted', fromSample, sinceMs: nowMs };
  }

  unmute(nowMs: number): void {
    this.#source = LIVE;
    this.#lastAudioMs = nowMs;
  }

  /** When a turn that is open ends for want of audio. */
  get turnDeadlineMs(): number {
    if (this.#goneSinceMs !== null) return this.#goneSinceMs + this.#config.resumeGraceMs;
    return this.muted ? Number.POSITIVE_INFINITY : this.#lastAudioMs + this.#config.noAudioMs;
  }

  /** When the silence of a mute is long enough to end a turn that is open, and may be taken as heard. */
  get silenceDeadlineMs(): number {
    if (this.#source.kind === 'live') return Number.POSITIVE_INFINITY;
    return this.#source.sinceMs + this.#endingSilenceMs;
  }

  /** Position (16 kHz) up to which the mute's silence ends any turn; null when the caller is not muted. */
  get silenceEndSample(): number | null {
    if (this.#source.kind === 'live') return null;
    return this.#source.fromSample + msToSamples(Math.ceil(this.#endingSilenceMs), SCORER_RATE_HZ);
  }

  snapshot(): AudioWatchSnapshot {
    return {
      source: this.#source,
      goneSinceMs: this.#goneSinceMs,
      lastAudioMs: this.#lastAudioMs,
    };
  }

  restore(snapshot: AudioWatchSnapshot): void {
    this.#source = snapshot.source ?? LIVE;
    this.#goneSinceMs = snapshot.goneSinceMs ?? null;
    this.#lastAudioMs = snapshot.lastAudioMs ?? 0;
  }

  /** The longest hangover, a window that was not full when the mute began, and the model's tail within two more. */
  get #endingSilenceMs(): number {
    return longestHangoverMs(this.#config) + 3 * samplesToMs(WINDOW_SAMPLES, SCORER_RATE_HZ);
  }
}
