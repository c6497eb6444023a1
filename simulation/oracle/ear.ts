// Listens to the speaker: which samples of which speech are heard, in what order, and whether they may be.

import type { Arrived, GenerationMap } from './generation-map.ts';
import { MarkReader } from './mark-reader.ts';
import type { Violations } from './violations.ts';

/** How far a speech was heard. */
export interface HeardSpeech {
  /** After the last voiced sample that was heard. */
  lastVoiced: number;
  /** After the furthest voiced sample that was heard. */
  voicedTo: number;
  /** Where it is now: after the last sample heard, pauses counted. */
  position: number;
}

/** A hold and a release each fade over this many samples, which cannot be read. */
const FADE_SAMPLES = 160;

/** A fade rounds its last samples to zero. */
const FADE_SLACK_SAMPLES = 16;

/** A player that stretches plays so much again, or hides it in a seam. */
const STRETCH_SAMPLES = 960;

/** How far a claim of the client may be off. */
const FRAME_SAMPLES = 320;

export class Ear {
  readonly heard = new Map<number, HeardSpeech>();
  /** Voiced samples heard, repeated ones counted again. */
  voicedSamples = 0;
  readonly #violations: Violations;
  readonly #generations: GenerationMap;
  readonly #samplesOf: (speech: number) => Int16Array | undefined;
  readonly #reader: MarkReader;
  /** What a stretch may move or hide. */
  readonly #slackSamples: number;
  #speech = 0;
  #generation = 0;
  /** Unreadable samples since the last that could be read. */
  #noise = 0;
  #hold: number | null = null;
  #voicedOnHold = 0;
  /** Where the last release lets playing go on. */
  #releasedTo: { readonly generation: number; readonly fromSample: number } | null = null;
  #isNewPlayer = true;
  /** After a release two places may sound at once for so long: what can be read then means nothing. */
  #blurredSamples = 0;

  constructor(
    violations: Violations,
    generations: GenerationMap,
    samplesOf: (speech: number) => Int16Array | undefined,
    isElastic: boolean,
  ) {
    this.#slackSamples = isElastic ? STRETCH_SAMPLES : 0;
    this.#violations = violations;
    this.#generations = generations;
    this.#samplesOf = samplesOf;
    this.#reader = new MarkReader(samplesOf, {
      run: (speech, from, to) => {
        const blurred = this.#pass(to - from);
        if (blurred > 0) this.#noisy(blurred);
        if (blurred < to - from) this.#run(speech, from + blurred, to);
      },
      silence: (count) => this.#pass(count),
      noise: (count) => {
        this.#pass(count);
        this.#noisy(count);
      },
    });
  }

  /** The device has played these samples. */
  hear(samples: Int16Array): void {
    this.#reader.read(samples, samples.length);
  }

  hold(generation: number): void {
    this.#hold ??= generation;
    this.#voicedOnHold = 0;
  }

  release(generation: number, fromSample: number): void {
    if (this.#hold === null) return;
    this.#hold = null;
    // A release before this one may have played nothing but its fade, and this one does not take the player forward.
    const before = this.#releasedTo;
    const isBehind =
      before !== null &&
      (before.generation < generation ||
        (before.generation === generation && before.fromSample < fromSample));
    if (!isBehind) this.#releasedTo = { generation, fromSample };
    if (this.#slackSamples > 0) this.#blurredSamples = FADE_SAMPLES;
  }

  /** So many samples were heard; returns how many of them were blurred. */
  #pass(count: number): number {
    const blurred = Math.min(count, this.#blurredSamples);
    this.#blurredSamples -= blurred;
    return blurred;
  }

  dropBelow(generation: number): void {
    this.#generations.dropBelow(generation);
    if (this.#hold !== null && this.#hold < generation) this.#hold = null;
  }

  /** The page was loaded anew. What the old player had, nobody knows any more. */
  newPlayer(): void {
    this.#generations.forget();
    this.#isNewPlayer = true;
    this.#hold = null;
    this.#releasedTo = null;
  }

  /** The client says that it has played so much of a generation. */
  claimed(generation: number, playedSamples: number): void {
    if (generation > this.#generation) {
      this.#checkBeginning(generation, playedSamples);
      return;
    }
    const arrived = this.#generations.find(generation);
    const state = this.heard.get(arrived?.speech ?? 0);
    if (generation < this.#generation || arrived === undefined || state === undefined) return;
    const released = this.#releasedTo?.generation === generation ? this.#releasedTo : null;
    const heardTo = state.lastVoiced - arrived.start;
    const from = Math.min(heardTo, released?.fromSample ?? heardTo);
    const to = this.#endOfPause(arrived.speech, state.position + this.#noise) - arrived.start;
    const slack = FRAME_SAMPLES + this.#slackSamples;
    const isTrue = playedSamples >= from - slack && playedSamples <= to + slack;
    if (!isTrue) this.#falseClaim(generation, playedSamples, from, to);
  }

  /** A generation of which nothing could be read yet is in its first frame, or in the pause that it begins with. */
  #checkBeginning(generation: number, playedSamples: number): void {
    const arrived = this.#generations.find(generation);
    const pause = arrived === undefined ? 0 : this.#pauseAtBeginning(arrived);
    const most = pause + FRAME_SAMPLES + this.#slackSamples;
    if (playedSamples > most) this.#falseClaim(generation, playedSamples, 0, 0);
  }

  /** As long as nothing but zeros has come, nobody can say of which speech, and all of it is the pause. */
  #pauseAtBeginning({ speech, start, received }: Arrived): number {
    return speech === 0 ? received : this.#endOfPause(speech, start) - start;
  }

  /** The end of the zeros that begin at this offset of a speech, if it is one. */
  #endOfPause(speech: number, offset: number): number {
    const samples = this.#samplesOf(speech)!;
    let end = offset;
    // The last sample of a fade is zero whatever it was.
    while (end < offset + FADE_SLACK_SAMPLES && samples[end] !== 0) end++;
    while (end < samples.length && samples[end] === 0) end++;
    // Behind the end of a speech its last frame is filled up.
    return end >= samples.length ? end + FRAME_SAMPLES : end;
  }

  #falseClaim(generation: number, claimed: number, from: number, to: number): void {
    this.#violations.add(
      'L11',
      `The client claims ${claimed} samples of generation ${generation}, and ${from} to ${to} were heard.`,
    );
  }

  #noisy(count: number): void {
    this.#noise += count;
    if (this.#hold === null) return;
    this.#voicedOnHold += count;
    if (this.#voicedOnHold > FADE_SAMPLES + this.#slackSamples) this.#soundOnHold();
  }

  #soundOnHold(): void {
    this.#violations.add('L15', 'The speaker sounds on while it is held.');
    this.#voicedOnHold = Number.NEGATIVE_INFINITY;
  }

  #run(speech: number, from: number, to: number): void {
    const samples = this.#samplesOf(speech)!;
    let voicedTo = to;
    while (voicedTo > from && samples[voicedTo - 1] === 0) voicedTo--;
    const state = this.#stateOf(speech);
    if (voicedTo > from) {
      if (this.#hold !== null && this.#voicedOnHold >= 0) this.#soundOnHold();
      this.#join(speech, state, from, voicedTo, samples);
    }
    state.position = to;
    if (voicedTo > from) state.lastVoiced = voicedTo;
    if (voicedTo > from) state.voicedTo = Math.max(state.voicedTo, voicedTo);
    this.voicedSamples += voicedTo - from;
    this.#noise = 0;
  }

  #stateOf(speech: number): HeardSpeech {
    let state = this.heard.get(speech);
    if (state === undefined) {
      state = { lastVoiced: 0, voicedTo: 0, position: 0 };
      this.heard.set(speech, state);
    }
    return state;
  }

  /** Checks how voiced samples [from, to) follow what was heard before. */
  #join(speech: number, state: HeardSpeech, from: number, to: number, samples: Int16Array): void {
    const arrived = this.#generationOf(speech, from, to, from < state.position);
    if (arrived === null) return;
    const isOther = speech !== this.#speech;
    if (isOther) this.#leave();
    if (from < state.position) this.#checkRepeat(arrived, from, state);
    else if (!this.#isPause(samples, state.position, from)) this.#checkSkip(speech, state, from);
    if (from !== state.position || isOther) this.#releasedTo = null;
    this.#isNewPlayer = false;
    this.#speech = speech;
    this.#generation = arrived.generation;
  }

  /** The generation that these samples come from; when they come again, a later one if there is one. */
  #generationOf(speech: number, from: number, to: number, isRepeat: boolean): Arrived | null {
    const carrying = this.#generations.carrying(speech, from, to);
    const live = carrying.filter((each) => this.#generations.isLive(each));
    const later = isRepeat ? live.find((each) => each.generation > this.#generation) : undefined;
    const next = later ?? live.find((each) => each.generation >= this.#generation);
    const found = next ?? live.at(-1) ?? null;
    if (found === null) {
      const what = carrying.length > 0 ? 'cleared' : 'never received';
      this.#violations.add('L3', `Sample ${from} of speech ${speech} plays and was ${what}.`);
    }
    return found;
  }

  #checkRepeat(arrived: Arrived, from: number, state: HeardSpeech): void {
    if (arrived.generation > this.#generation || this.#isNewPlayer) return;
    if (state.position - from <= this.#slackSamples) return;
    const to = this.#releasedTo;
    const allowed = to === null ? undefined : this.#generations.find(to.generation);
    if (to !== null && allowed?.speech === arrived.speech) {
      // The fade at the release hides the first samples.
      if (from >= allowed.start + to.fromSample) return;
    }
    if (to !== null && arrived.generation > to.generation && this.#isBeginning(arrived, from))
      return;
    this.#violations.add(
      'L2',
      `Sample ${from} of speech ${arrived.speech} plays again after ${state.position}.`,
    );
  }

  /** A player that was released into an earlier generation plays the later ones from their first samples on. */
  #isBeginning({ speech, start }: Arrived, from: number): boolean {
    return this.#isPause(this.#samplesOf(speech)!, start + FADE_SAMPLES, from);
  }

  #checkSkip(speech: number, state: HeardSpeech, from: number): void {
    const unread = this.#noise > 0 ? this.#noise + FADE_SLACK_SAMPLES : 0;
    const faded = unread + this.#slackSamples;
    const samples = this.#samplesOf(speech)!;
    if (this.#isNewPlayer || from - state.position <= faded) return;
    if (this.#isPause(samples, state.position + faded, from)) return;
    if (faded > 0 && this.#countVoiced(samples, state.position, from) <= faded) return;
    this.#violations.add(
      'L2',
      `Samples ${state.position} to ${from} of speech ${speech} are skipped.`,
    );
  }

  /** Another speech begins: the one before was heard to its end, or dropped. */
  #leave(): void {
    if (this.#speech === 0 || this.#isNewPlayer || this.#releasedTo !== null) return;
    const { voicedTo } = this.#stateOf(this.#speech);
    if (this.#generations.isDropped(this.#speech)) return;
    const samples = this.#samplesOf(this.#speech)!;
    const newest = this.#generations.carrying(this.#speech, voicedTo, voicedTo).at(-1);
    const arrivedTo = newest === undefined ? voicedTo : newest.start + newest.received;
    const end = Math.min(samples.length, arrivedTo);
    if (this.#countVoiced(samples, voicedTo, end) <= this.#noise + this.#slackSamples) return;
    this.#violations.add(
      'L2',
      `Speech ${this.#speech} is left at ${voicedTo} of ${end} samples that had arrived.`,
    );
  }

  #isPause(samples: Int16Array, from: number, to: number): boolean {
    for (let offset = from; offset < to; offset++) if (samples[offset] !== 0) return false;
    return true;
  }

  #countVoiced(samples: Int16Array, from: number, to: number): number {
    let voiced = 0;
    for (let offset = from; offset < to; offset++) if (samples[offset] !== 0) voiced++;
    return voiced;
  }
}
