// The caller's side as the model is told of it: turns and their audio, and notes that only a turn can carry.

import * as v from 'valibot';
import type { GeminiLine } from './line.ts';
import type { GeminiLiveOptions } from './options.ts';

/** The vendor's turn detection is told when nothing comes for so long, such as from a caller who has muted. */
const STREAM_END_MS = 1000;
/** After the caller's last word, what is still under way to the vendor is silence. */
const UNDER_WAY_MS = 1000;

const NEVER = Number.POSITIVE_INFINITY;

export const CALLER_VOICE_SNAPSHOT = v.object({
  isSpeaking: v.boolean(),
  isTurnSent: v.boolean(),
  owedNote: v.nullable(v.string()),
});
export type CallerVoiceSnapshot = v.InferOutput<typeof CALLER_VOICE_SNAPSHOT>;

export class CallerVoice {
  readonly #line: GeminiLine;
  readonly #options: GeminiLiveOptions;
  readonly #isOurs: boolean;
  /** The caller's turn, by our detection, is open. */
  #isSpeaking = false;
  #spokeMs = Number.NEGATIVE_INFINITY;
  /** The model was told of the open turn. */
  #isTurnSent = false;
  /** Of the answer before, until a turn can carry it. */
  #owedNote: string | null = null;
  #streamEndMs = NEVER;

  constructor(line: GeminiLine, options: GeminiLiveOptions) {
    this.#line = line;
    this.#options = options;
    this.#isOurs = options.turnDetection === 'ours';
  }

  get isSpeaking(): boolean {
    return this.#isSpeaking;
  }

  /** All that was said has reached the vendor. */
  isQuiet(nowMs: number): boolean {
    return !this.#isSpeaking && nowMs - this.#spokeMs >= UNDER_WAY_MS;
  }

  get nextDeadlineMs(): number {
    return this.#streamEndMs;
  }

  tick(nowMs: number): void {
    if (nowMs < this.#streamEndMs) return;
    this.#streamEndMs = NEVER;
    this.#line.send({ kind: 'stream-end' }, false);
  }

  started(): void {
    this.#isSpeaking = true;
    if (!this.#isOurs || this.#line.isDown) return;
    this.#isTurnSent = true;
    this.#line.send({ kind: 'activity-start' }, false);
    const note = this.#owedNote;
    this.#owedNote = null;
    if (note !== null) this.note(note);
  }

  audio(samples: Int16Array, nowMs: number): void {
    if (this.#isOurs ? !this.#isTurnSent : this.#line.isDown) return;
    if (!this.#isOurs) this.#streamEndMs = nowMs + STREAM_END_MS;
    this.#line.send({ kind: 'audio', samples: samples.slice() }, false);
  }

  /** True when the model has yet to be told that its turn has come. */
  ended(nowMs: number): boolean {
    this.#isSpeaking = false;
    this.#spokeMs = nowMs;
    const isAsking = this.#isTurnSent;
    this.#isTurnSent = false;
    return isAsking;
  }

  /** Tells the model something that asks for no answer. Words in the realtime stream do, unless a turn is open. */
  note(text: string): void {
    if (this.#options.words === 'content' || this.#isTurnSent) {
      this.#line.send({ kind: 'words', text, isAsking: false }, false);
    } else if (this.#isOurs) {
      this.#owedNote = text;
    }
  }

  /** The vendor is gone, and the open turn with it. */
  drop(): void {
    this.#isTurnSent = false;
    this.#streamEndMs = NEVER;
  }

  snapshot(): CallerVoiceSnapshot {
    return {
      isSpeaking: this.#isSpeaking,
      isTurnSent: this.#isTurnSent,
      owedNote: this.#owedNote,
    };
  }

  restore({ isSpeaking, isTurnSent, owedNote }: CallerVoiceSnapshot): void {
    this.#isSpeaking = isSpeaking;
    this.#isTurnSent = isTurnSent;
    this.#owedNote = owedNote;
  }
}
