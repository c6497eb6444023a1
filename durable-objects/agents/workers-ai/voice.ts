// Has sentences spoken one after the other: the next one is being made while one is given.

import type { AiStream, SpeakingModel, WorkersAi } from '../../runtime/workers-ai.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** The one that is given, and the one after it. */
const AT_ONCE = 2;
const ATTEMPTS = 2;
const BYTES_PER_SAMPLE = 2;

export interface VoiceListener {
  /** The first audio of a sentence is about to come. */
  sentenceBegun(text: string): void;
  audio(samples: Int16Array, nowMs: number): void;
  sentenceEnded(): void;
  /** All that was to be said is given. */
  spoken(nowMs: number): void;
  /** A sentence cannot be had; it and what was to follow are dropped. */
  failed(code: string, sentence: string, nowMs: number): void;
}

export interface VoiceOptions {
  readonly ai: WorkersAi;
  readonly model: SpeakingModel;
  readonly speaker: string | undefined;
  /** Hz of the samples. */
  readonly rateHz: number;
  readonly timeoutMs: number;
}

/** One sentence on its way. */
interface Piece {
  readonly text: string;
  attempt: number;
  stream: AiStream | null;
  /** Audio that waits for the sentences before. */
  readonly waiting: Uint8Array[];
  oddByte: number | null;
  isBegun: boolean;
  isMade: boolean;
  /** Why no more of it comes. */
  failure: string | null;
  deadlineMs: number;
}

/**
 * Each sentence is a run of its own, and not a message on one socket: where it ends is then exact, one that is not wanted is
 * aborted without anything of it crossing what comes next, and Aura's limit of twenty flushes a minute does not apply.
 */
export class Voice {
  readonly #options: VoiceOptions;
  readonly #listener: VoiceListener;
  #pieces: Piece[] = [];

  constructor(options: VoiceOptions, listener: VoiceListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get isSpeaking(): boolean {
    return this.#pieces.length > 0;
  }

  get nextDeadlineMs(): number {
    return this.#pieces.reduce((due, { deadlineMs }) => Math.min(due, deadlineMs), NEVER);
  }

  /** Says a sentence after those before it. */
  speak(text: string, nowMs: number): void {
    this.#pieces.push({
      text,
      attempt: 0,
      stream: null,
      waiting: [],
      oddByte: null,
      isBegun: false,
      isMade: false,
      failure: null,
      deadlineMs: NEVER,
    });
    this.#start(nowMs);
  }

  /** Stops at once; nothing more is told. */
  cancel(): void {
    for (const { stream } of this.#pieces) stream?.cancel();
    this.#pieces = [];
  }

  tick(nowMs: number): void {
    const late = this.#pieces.find(({ deadlineMs }) => nowMs >= deadlineMs);
    if (late !== undefined) this.#fail(late, 'agent-timeout', nowMs);
  }

  #start(nowMs: number): void {
    for (const piece of this.#pieces.slice(0, AT_ONCE)) {
      if (piece.attempt === 0) this.#run(piece, nowMs);
    }
  }

  #run(piece: Piece, nowMs: number): void {
    const { ai, model, rateHz, speaker, timeoutMs } = this.#options;
    const attempt = ++piece.attempt;
    const isStale = (): boolean => piece.attempt !== attempt || !this.#pieces.includes(piece);
    piece.deadlineMs = nowMs + timeoutMs;
    piece.stream = ai.speak(
      model,
      { text: piece.text, speaker, encoding: 'linear16', container: 'none', sample_rate: rateHz },
      {
        chunk: (bytes, atMs) => {
          if (!isStale()) this.#came(piece, bytes, atMs);
        },
        ended: (atMs) => {
          if (isStale()) return;
          const hasAudio = piece.isBegun || piece.waiting.length > 0;
          if (!hasAudio) return this.#fail(piece, 'agent-failed', atMs);
          piece.isMade = true;
          piece.deadlineMs = NEVER;
          this.#drain(atMs);
        },
        failed: (atMs) => {
          if (!isStale()) this.#fail(piece, 'agent-unavailable', atMs);
        },
      },
    );
  }

  #came(piece: Piece, bytes: Uint8Array, nowMs: number): void {
    piece.deadlineMs = nowMs + this.#options.timeoutMs;
    if (piece === this.#pieces[0]) this.#give(piece, bytes, nowMs);
    else piece.waiting.push(bytes);
  }

  /** Gives what has come of the first sentence, and of the next when that one is over. */
  #drain(nowMs: number): void {
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      for (const bytes of piece.waiting.splice(0)) {
        this.#give(piece, bytes, nowMs);
        // Whoever hears it may have had enough.
        if (this.#pieces[0] !== piece) return;
      }
      if (piece.failure !== null) {
        this.cancel();
        this.#listener.failed(piece.failure, 'The voice could not speak.', nowMs);
        return;
      }
      if (!piece.isMade) return;
      this.#pieces.shift();
      this.#listener.sentenceEnded();
      this.#start(nowMs);
    }
    this.#listener.spoken(nowMs);
  }

  #give(piece: Piece, bytes: Uint8Array, nowMs: number): void {
    const samples = decoded(piece, bytes);
    if (samples.length === 0) return;
    if (!piece.isBegun) this.#listener.sentenceBegun(piece.text);
    piece.isBegun = true;
    this.#listener.audio(samples, nowMs);
  }

  /** A sentence of which nothing was given is tried once more. Those before it are said all the same. */
  #fail(piece: Piece, code: string, nowMs: number): void {
    piece.stream?.cancel();
    if (!piece.isBegun && piece.attempt < ATTEMPTS) {
      piece.waiting.length = 0;
      piece.oddByte = null;
      this.#run(piece, nowMs);
      return;
    }
    piece.failure = code;
    piece.deadlineMs = NEVER;
    this.#drain(nowMs);
  }
}

/** PCM16, little-endian, cut anywhere. */
function decoded(piece: Piece, bytes: Uint8Array): Int16Array {
  const odd = piece.oddByte;
  const lead = odd === null ? 0 : 1;
  const length = lead + bytes.length;
  const samples = new Int16Array(Math.floor(length / BYTES_PER_SAMPLE));
  for (let index = 0; index < samples.length; index++) {
    const at = BYTES_PER_SAMPLE * index - lead;
    const low = at < 0 ? odd! : bytes[at]!;
    samples[index] = low | (bytes[at + 1]! << 8);
  }
  piece.oddByte = length % BYTES_PER_SAMPLE === 1 ? (bytes.at(-1) ?? odd) : null;
  return samples;
}
