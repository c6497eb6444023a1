// A listener in virtual time whose microphone hears the loudspeaker: what they heard, when, is on their own recording.

import type { TimelineLine } from '../../core/recording/timeline-line.ts';
import { randomOf } from '../../simulation/random.ts';
import { FRAME_SAMPLES, type JournalRows, PCM_STREAM } from './journal-rows.ts';

/** Volume of the loudspeaker at the microphone. */
const LEAK = 0.3;
/** A report is sent this often while something plays. */
const REPORT_SAMPLES = 3200;

/** Speech that is never the same twice: syllables of noise with short pauses between them. */
export function syllables(length: number, seed: number): Int16Array {
  const random = randomOf(seed);
  const samples = new Int16Array(length);
  for (let at = 0; at < length; ) {
    const loud = 2400 + Math.floor(random() * 2400);
    for (let index = at; index < Math.min(length, at + loud); index++) {
      samples[index] = Math.round((random() - 0.5) * 20_000);
    }
    at += loud + 800 + Math.floor(random() * 800);
  }
  return samples;
}

export interface LeakyListenerOptions {
  readonly speech: Int16Array;
  readonly journal: JournalRows;
  /** How much faster than the microphone the loudspeaker's clock runs. */
  readonly driftPpm?: number | undefined;
}

/** Captures and plays sample by sample; says in the journal what its client would report and what the engine would note. */
export class LeakyListener {
  readonly #options: LeakyListenerOptions;
  readonly #microphone: number[] = [];
  /** The content that left the loudspeaker at each sample of the microphone, −1 for silence. */
  readonly heard: number[] = [];
  #generation = 0;
  #utterance = 0;
  #speechStart = 0;
  #played = 0;
  #fraction = 0;
  #untilReport = 0;
  #bufferedSamples = 9600;

  constructor(options: LeakyListenerOptions) {
    this.#options = options;
  }

  get now(): number {
    return this.#microphone.length;
  }

  /** A new utterance at a position of the speech; it plays from the next `play` on. */
  begin(speechStart: number): void {
    this.#utterance++;
    const { now: atMs } = this;
    this.note({
      type: 'utterance',
      state: 'started',
      atMs,
      utterance: this.#utterance,
      speechStart,
      interruptible: true,
    });
    this.carry(speechStart);
  }

  /** The utterance, from this position on, as a new generation. */
  carry(speechStart: number): void {
    this.#generation++;
    this.#speechStart = speechStart;
    this.#played = 0;
    this.#untilReport = 160;
    const { now: atMs } = this;
    const utterance = this.#utterance;
    const generation = this.#generation;
    this.note({ type: 'generation', atMs, generation, utterance, speechStart, ratio: 1 });
  }

  /** Plays this many samples of content. While `isReporting` is false, nobody hears of it. */
  play(samples: number, isReporting = true): void {
    const { speech, driftPpm = 0 } = this.#options;
    for (const end = this.#played + samples; this.#played < end; ) {
      this.#capture(this.#speechStart + this.#played);
      this.#fraction += driftPpm / 1e6;
      const extra = Math.trunc(this.#fraction);
      this.#fraction -= extra;
      this.#played += 1 + extra;
      this.#tick(isReporting);
    }
    if (this.#speechStart + this.#played > speech.length) throw new Error('The speech is over.');
  }

  /** The player has nothing to play, or is on hold. */
  stall(samples: number, isReporting = true): void {
    this.#bufferedSamples = 0;
    for (let index = 0; index < samples; index++) {
      this.#capture(-1);
      this.#tick(isReporting);
    }
    this.#bufferedSamples = 9600;
  }

  /** Time stretch leaves out (or, negative, says twice) this much of the content. */
  stretch(samples: number): void {
    this.#played += samples;
  }

  /** What is still in the buffer before it runs dry, as the next report tells. */
  buffer(samples: number): void {
    this.#bufferedSamples = samples;
  }

  /** Says where it is. */
  tell(cause: 'report' | 'held' | 'cleared' | 'resume'): void {
    this.note({
      type: 'heard',
      atMs: this.now,
      cause,
      generation: this.#generation,
      playedSamples: this.#played,
      stream: PCM_STREAM.id,
      uplinkTimestamp: (PCM_STREAM.originTimestamp + this.now) >>> 0,
      ...(cause === 'report' ? { player: this.#player() } : {}),
    });
  }

  /** Goes on from an earlier sample of the generation. */
  release(backBy: number): void {
    this.#played -= backBy;
    this.note({
      type: 'interruption',
      atMs: this.now,
      stage: 'released',
      generation: this.#generation,
      fromSample: this.#played,
    });
  }

  /** The utterance is over, heard as far as this. */
  end(reason: 'completed' | 'interrupted', heardSamples: number, isEstimate = false): void {
    this.note({
      type: 'utterance',
      state: 'ended',
      atMs: this.now,
      utterance: this.#utterance,
      reason,
      heardSamples,
      givenSamples: heardSamples,
      source: isEstimate ? 'estimated' : 'reported',
      corrected: false,
    });
  }

  note(line: TimelineLine): void {
    this.#options.journal.line(line);
  }

  /** Everything captured so far goes into the journal. */
  flush(): Int16Array {
    const { journal } = this.#options;
    while (this.#microphone.length % FRAME_SAMPLES !== 0) this.#capture(-1);
    const captured = Int16Array.from(this.#microphone);
    journal.pcm(PCM_STREAM, 0, captured);
    journal.flush();
    return captured;
  }

  #capture(content: number): void {
    this.heard.push(content);
    const sample = content < 0 ? 0 : (this.#options.speech[content] ?? 0);
    this.#microphone.push(Math.round(LEAK * sample));
  }

  #tick(isReporting: boolean): void {
    if (--this.#untilReport > 0) return;
    this.#untilReport = REPORT_SAMPLES;
    if (isReporting) this.tell('report');
  }

  #player() {
    const bufferedMs = this.#bufferedSamples / 16;
    return { outputLatencyMs: 0, bufferedMs, stretchMs: 0, concealedMs: 0, underruns: 0 };
  }
}
