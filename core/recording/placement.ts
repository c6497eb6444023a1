// Places the agent's speech where the caller heard it, out of what their client reported.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { msToSamples } from '../media/units.ts';
import { cutsBetween, type OpenRun, type Pair, shiftOf, TOLERANCE_SAMPLES } from './open-run.ts';
import { quietestPosition } from './quiet-spot.ts';
import { packRuns, type Run, unpackRuns, withoutOverlap } from './runs.ts';
import { Said, type SaidSnapshot } from './said.ts';
import type { SpeechSource } from './speech-source.ts';
import type { GenerationLine, HeardLine, TimelineLine } from './timeline-line.ts';

/** State of a placement; runs as five numbers each. */
export interface PlacementSnapshot {
  readonly runs: Float64Array;
  readonly open: OpenRun | null;
  readonly said: SaidSnapshot;
  readonly setBackTo: number | null;
  readonly latencySamples: number;
}

/** Takes the lines of a timeline in their order. */
export class Placement {
  readonly #speech: SpeechSource;
  readonly #trackPosition: (stream: number, timestamp: number) => number | null;
  #runs: Run[] = [];
  #open: OpenRun | null = null;
  readonly #said = new Said();
  /** Speech position that the player was set back to, and has not told of since. */
  #setBackTo: number | null = null;
  #latencySamples = 0;

  /** `trackPosition` gives the caller's 16 kHz time of a stream's media timestamp, or null. */
  constructor(
    speech: SpeechSource,
    trackPosition: (stream: number, timestamp: number) => number | null,
  ) {
    this.#speech = speech;
    this.#trackPosition = trackPosition;
  }

  note(line: TimelineLine): void {
    switch (line.type) {
      case 'generation':
        this.#generationBegun(line);
        break;
      case 'heard':
        this.#heard(line);
        break;
      case 'interruption':
        if (line.stage === 'released') this.#released(line.generation, line.fromSample);
        break;
      case 'utterance':
        if (line.state === 'started') this.#said.begin(line.utterance, line.speechStart);
        else this.#utteranceEnded(line.utterance, line.heardSamples);
        break;
      default:
    }
  }

  /** Nothing follows: all runs, in the order in which they were heard, none overlapping. */
  finish(): readonly Run[] {
    if (this.#open !== null) this.#close(this.#open.last.speech);
    const runs = this.#runs.map((run) => ({
      ...run,
      speechTo: Math.min(run.speechTo, this.#startAfter(run)),
    }));
    return withoutOverlap(runs);
  }

  snapshot(): PlacementSnapshot {
    return {
      runs: packRuns(this.#runs),
      open: this.#open === null ? null : { ...this.#open },
      said: this.#said.snapshot(),
      setBackTo: this.#setBackTo,
      latencySamples: this.#latencySamples,
    };
  }

  restore(snapshot: PlacementSnapshot): void {
    this.#runs = unpackRuns(snapshot.runs);
    this.#open = snapshot.open === null ? null : { ...snapshot.open };
    this.#said.restore(snapshot.said);
    this.#setBackTo = snapshot.setBackTo;
    this.#latencySamples = snapshot.latencySamples;
  }

  #generationBegun(line: GenerationLine): void {
    // The same utterance is sent anew: what was heard of it before is what the client has said.
    if (this.#open?.utterance === line.utterance) this.#close(this.#open.last.speech);
    this.#said.carry(line);
  }

  #heard(line: HeardLine): void {
    const generation = this.#said.generation(line.generation);
    if (generation === undefined || line.playedSamples === 0) return;
    if (line.stream === null || line.uplinkTimestamp === null) return;
    const track = this.#trackPosition(line.stream, line.uplinkTimestamp);
    if (track === null) return;
    if (line.player !== undefined) {
      this.#latencySamples = msToSamples(line.player.outputLatencyMs, ENGINE_RATE_HZ);
    }
    const speech = generation.speechStart + line.playedSamples * generation.ratio;
    const pair = { speech, sample: track + this.#latencySamples };
    if (this.#said.utterance(generation.utterance)?.isOver === true) {
      if (line.cause === 'cleared') this.#stop(line.generation, speech);
      return;
    }
    if (this.#open?.generation !== line.generation) this.#begin(generation, pair);
    else this.#observe(this.#open, pair);
    const { bufferedMs = 0 } = line.player ?? {};
    if (this.#open !== null) {
      this.#open.bufferedTo = speech + msToSamples(bufferedMs, ENGINE_RATE_HZ);
    }
    // A player without a connection plays what it has, and stands still at the end of that.
    if (line.cause === 'resume' && this.#open !== null && this.#open.late !== null) {
      this.#open = { ...this.#open, last: pair, isStuck: true, late: null };
    }
    // On hold it stands still, whatever the next report says of when it went on.
    if (line.cause === 'held' && this.#open !== null && this.#open.late === null) {
      this.#open.isStuck = true;
    }
    if (line.cause === 'cleared') {
      this.#settleLate();
      this.#close(speech);
    }
  }

  /** The first that is heard of a generation: it began as long ago as it has played. */
  #begin({ generation, utterance, speechStart }: GenerationLine, pair: Pair): void {
    this.#close();
    this.#setBackTo = null;
    this.#start({ utterance, generation }, speechStart, pair);
  }

  #observe(open: OpenRun, pair: Pair): void {
    if (this.#setBackTo !== null || pair.speech < open.last.speech) {
      const from = this.#setBackTo ?? pair.speech;
      this.#setBackTo = null;
      this.#breakAt(open, open.last.speech, Math.min(from, pair.speech), pair);
      return;
    }
    if (open.late !== null) {
      this.#judgeLate(open, open.late, pair);
      return;
    }
    if (pair.speech === open.last.speech) {
      open.isStuck = true;
      open.last = pair;
      return;
    }
    const shift = shiftOf(open, pair);
    if (Math.abs(shift) <= TOLERANCE_SAMPLES) {
      open.last = pair;
      open.isStuck = false;
    } else if (open.isStuck) {
      this.#breakAt(open, open.last.speech, open.last.speech, pair);
    } else if (shift > 0) {
      open.late = pair;
    } else {
      // It was heard sooner: as much of it was left out.
      this.#spread(open, pair, shift);
    }
  }

  /** Whether the pause that a late report shows lies at its very position, where the player still stands, or before it. */
  #judgeLate(open: OpenRun, late: Pair, next: Pair): void {
    open.late = null;
    if (next.speech === late.speech) {
      open.last = next;
      open.isStuck = true;
      return;
    }
    this.#explain(open, late);
    if (this.#open !== null) this.#observe(this.#open, next);
  }

  /** Slower speech, or a pause: no player says more than a third again of what it has. */
  #explain(open: OpenRun, late: Pair): void {
    const shift = shiftOf(open, late);
    const isSlower = shift <= (late.speech - open.last.speech) / 3 + TOLERANCE_SAMPLES;
    if (isSlower && late.speech <= open.bufferedTo) this.#spread(open, late, shift);
    else this.#pauseBefore(open, late);
  }

  /** Between two reports a little was left out or put in at a time. */
  #spread(open: OpenRun, pair: Pair, shift: number): void {
    for (const { speechTo, goesOnAt, at } of cutsBetween(open, pair, shift, this.#speech)) {
      if (this.#open !== null) this.#breakAt(this.#open, speechTo, goesOnAt, at);
    }
  }

  /** The player paused somewhere between two reports: not before what it had ran out, and where it was quietest. */
  #pauseBefore(open: OpenRun, late: Pair): void {
    const earliest = Math.min(Math.max(open.last.speech, open.bufferedTo), late.speech);
    const from = open.bufferedTo < late.speech ? earliest : open.last.speech;
    const spot = quietestPosition(this.#speech, from, late.speech);
    this.#breakAt(open, spot, spot, late);
  }

  #breakAt(open: OpenRun, speechTo: number, speechFrom: number, pair: Pair): void {
    const { utterance, generation, bufferedTo } = open;
    this.#close(speechTo);
    this.#start({ utterance, generation }, speechFrom, pair);
    if (this.#open !== null) this.#open.bufferedTo = bufferedTo;
  }

  #start(
    of: Pick<Run, 'utterance' | 'generation'>,
    speechFrom: number,
    { speech, sample }: Pair,
  ): void {
    this.#open = {
      ...of,
      speechFrom,
      speechTo: Number.POSITIVE_INFINITY,
      sample: Math.round(sample - (speech - speechFrom)),
      last: { speech, sample },
      bufferedTo: speech,
      isStuck: false,
      late: null,
    };
  }

  /** The run under way ends at a speech position, or with its utterance. */
  #close(speechTo = Number.POSITIVE_INFINITY): void {
    const open = this.#open;
    if (open === null) return;
    this.#open = null;
    const { utterance, generation, speechFrom, sample } = open;
    this.#runs.push({ utterance, generation, speechFrom, speechTo, sample });
  }

  #released(generation: number, fromSample: number | undefined): void {
    const line = this.#said.generation(generation);
    if (line === undefined || this.#open?.generation !== generation) return;
    if (fromSample === undefined) return;
    const speech = line.speechStart + fromSample * line.ratio;
    // Where it goes on from where it was, nothing is heard twice.
    if (speech >= this.#open.last.speech) return;
    this.#settleLate();
    this.#setBackTo = speech;
  }

  /** Nothing of it was heard beyond this: told once, and perhaps corrected. */
  #utteranceEnded(utterance: number, heardSamples: number): void {
    const begun = this.#said.utterance(utterance);
    if (begun === undefined) return;
    begun.isOver = true;
    const end = begun.speechStart + heardSamples;
    if (this.#open?.utterance === utterance) {
      // A report of the end comes when it is over, and says nothing of when.
      if (this.#open.late !== null && this.#open.late.speech < end) this.#settleLate();
      this.#close();
    }
    const last = this.#runs.findLast((run) => run.utterance === utterance);
    if (last?.speechTo === Number.POSITIVE_INFINITY) {
      last.speechTo = Math.max(last.speechFrom, end);
    }
  }

  /** The client's answer to `clear` came after the utterance was taken to be over. */
  #stop(generation: number, speech: number): void {
    const last = this.#runs.findLast((run) => run.generation === generation);
    if (last !== undefined) last.speechTo = Math.max(last.speechFrom, speech);
  }

  /** A late report that no further one explains. */
  #settleLate(): void {
    const open = this.#open;
    if (open === null || open.late === null) return;
    const { late } = open;
    open.late = null;
    this.#explain(open, late);
  }

  /** Where the speech of a later utterance begins, for a run whose end was never told. */
  #startAfter({ speechFrom, speechTo }: Run): number {
    if (speechTo < Number.POSITIVE_INFINITY) return speechTo;
    return this.#said.startAfter(speechFrom) ?? speechFrom;
  }
}
