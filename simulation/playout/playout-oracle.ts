// Hears what an isochronous buffer plays, sample by sample, and says which laws it broke.

import type { FrameCounters } from '../../core/jitter/frame-counters.ts';
import type { FrameOutcome } from '../../core/jitter/frame-line.ts';
import type { OutputKind, PlayoutProbe } from '../../core/jitter/isochronous-buffer.ts';
import { RunHash } from '../oracle/run-hash.ts';
import { Violations } from '../oracle/violations.ts';
import { FrameBook } from './frame-book.ts';
import { type PlayoutScenario, promisesWholeAudio, RETURN_MS } from './playout-scenario.ts';
import { isZero, type Traffic } from './playout-traffic.ts';

/** What a pull is filled with before it is pulled; no sample of 16 bits is like it. */
export const UNTOUCHED = 2 ** 20;

/** After a concealment the audio that is back is faded in. */
const MERGE_MS = 10;

/** Delay that is left when the network has been clean for long: SPEC I12, and what waits for a pull. */
const RETURNED_MS = 60;

/** A pause begins and ends within a block. */
const PAUSE_EDGE_MS = 10;

interface Piece {
  readonly kind: OutputKind;
  readonly length: number;
  readonly from: number;
  readonly to: number;
}

export class PlayoutOracle implements PlayoutProbe {
  readonly violations = new Violations();
  readonly hash = new RunHash();
  readonly #scenario: PlayoutScenario;
  readonly #traffic: Traffic;
  readonly #book: FrameBook;
  /** Made and not yet heard, and how much of the first of them was. */
  readonly #pieces: Piece[] = [];
  #heardOfPiece = 0;
  /** Where the buffer's positions begin. */
  #origin = -1;
  /** The first sample that was not yet made into output. */
  #end = 0;
  #hasBegun = false;
  #concealedRun = 0;
  /** Samples of output that may still be faded. */
  #fadeLeft = 0;
  #isOver = false;

  constructor(scenario: PlayoutScenario, traffic: Traffic) {
    this.#scenario = scenario;
    this.#traffic = traffic;
    this.#book = new FrameBook(traffic, scenario.capacityFrames);
  }

  /** A frame has arrived, and the buffer has answered. */
  arrived(frame: number, outcome: FrameOutcome, atMs: number): void {
    this.violations.nowMs = atMs;
    const position = this.#traffic.positions[frame]!;
    if (this.#origin < 0) {
      this.#origin = position;
      this.#end = position;
    }
    const wrong = this.#book.answered(frame, outcome, this.#end, this.#hasBegun);
    if (wrong !== null) this.violations.add('L21', wrong);
    if (!this.#hasBegun && outcome === 'accepted') this.#end = Math.min(this.#end, position);
    this.hash.text(outcome);
  }

  /** Nothing more will come. */
  streamEnded(): void {
    this.#isOver = true;
  }

  made(kind: OutputKind, length: number, fromPosition: number, toPosition: number): void {
    const from = fromPosition + this.#origin;
    const to = toPosition + this.#origin;
    if (kind === 'concealed') this.#concealed(length);
    else {
      this.#passed(from);
      this.#read(kind, length, from, to);
      this.#concealedRun = 0;
      this.#end = to;
    }
    this.#hasBegun = true;
    this.#pieces.push({ kind, length, from, to });
  }

  /** A pull at `atMs` has given `samples[offset … offset + length)`; what lies around it was `UNTOUCHED`. */
  pulled(samples: Int16Array, offset: number, length: number, atMs: number): void {
    this.violations.nowMs = atMs;
    const isWhole = samples.every(
      (sample, index) => (sample === UNTOUCHED) !== (index >= offset && index < offset + length),
    );
    this.violations.demand('L19', isWhole, () => 'A pull is not filled to its last sample.');
    for (let index = offset; index < offset + length; index++) this.hash.number(samples[index]!);
    if (this.#hasBegun) this.#checkDelay(atMs);
    let heard = 0;
    while (heard < length) {
      const [piece] = this.#pieces;
      if (piece === undefined) break;
      const part = Math.min(length - heard, piece.length - this.#heardOfPiece);
      this.#hear(piece, samples, offset + heard, part);
      heard += part;
      this.#heardOfPiece += part;
      if (this.#heardOfPiece < piece.length) continue;
      this.#heardOfPiece = 0;
      this.#pieces.shift();
    }
    const isSilent = isZero(samples, offset + heard, offset + length);
    const isTold = heard === length || (heard === 0 && !this.#hasBegun && isSilent);
    this.violations.demand('L19', isTold, () => `Of ${length} samples ${heard} are accounted for.`);
  }

  /** What the buffer says of itself after a pull. */
  counted(counters: Readonly<FrameCounters>, backlogFrames: number): void {
    const difference = this.#book.difference(counters, backlogFrames);
    if (difference !== null) this.violations.add('L21', difference);
    const { capacityFrames } = this.#scenario;
    if (backlogFrames > capacityFrames)
      this.violations.add('L22', `${backlogFrames} frames are kept, in ${capacityFrames} slots.`);
  }

  /** All had time to be played. */
  finish(counters: Readonly<FrameCounters>, backlogFrames: number): void {
    const { acceptedFrames } = this.#book;
    if (backlogFrames > 0 || counters.played !== acceptedFrames || acceptedFrames === 0)
      this.violations.add('L21', `${counters.played} of ${acceptedFrames} frames were played.`);
  }

  /** The output goes on at `from`: what lies before it was lost, or silence. */
  #passed(from: number): void {
    if (from < this.#end) {
      this.violations.add('L20', `Playout goes back from ${this.#end} to ${from}.`);
      return;
    }
    const skipped = this.#book.firstAccepted(this.#end, from);
    if (skipped >= 0) this.violations.add('L20', `Sample ${skipped} was kept and is left out.`);
  }

  #read(kind: OutputKind, length: number, from: number, to: number): void {
    const { samples } = this.#traffic;
    const changed = Math.abs(to - from - length);
    // One operation puts in no more than it reads.
    const most = kind === 'stretched' ? to - from : 0;
    if (kind === 'cut') {
      const edge = (this.#scenario.rateHz * PAUSE_EDGE_MS) / 1000;
      const isPause = isZero(samples, from + edge, to - edge);
      this.violations.demand('L20', isPause, () => `What is cut at ${from} is no pause.`);
    } else if (changed > most) {
      this.violations.add('L20', `${to - from} samples at ${from} are made ${length}.`);
    }
    if (kind === 'silence') return;
    const isThere = this.#book.nextAccepted(from) <= from && this.#book.nextAccepted(to - 1) >= 0;
    this.violations.demand('L20', isThere, () => `Sample ${from} is played and was not there.`);
  }

  #concealed(length: number): void {
    this.#concealedRun += length;
    if (this.#isOver) return;
    if (promisesWholeAudio(this.#scenario))
      this.violations.add('L23', `${length} samples are concealed at ${this.#end}.`);
    const next = this.#book.nextAccepted(this.#end);
    if (next < 0) return;
    const hole = this.#book.isSilenceAhead(this.#end) ? 0 : next - this.#end;
    if (this.#concealedRun > hole)
      this.violations.add('L23', `${this.#concealedRun} are concealed where ${hole} are lost.`);
  }

  #hear({ kind, length, from, to }: Piece, samples: Int16Array, at: number, part: number): void {
    const faded = this.#fadeLeft;
    this.#fadeLeft = Math.max(0, faded - part);
    if (kind === 'concealed') this.#fadeLeft = (this.#scenario.rateHz * MERGE_MS) / 1000;
    else if (kind === 'stretched' || kind === 'cut') {
      const isLast = this.#heardOfPiece + part === length;
      if (isLast && kind === 'stretched') this.#compare(samples, at + part - 1, to - 1, 1);
    } else if (part > faded) {
      const position = from + this.#heardOfPiece + faded;
      this.#compare(samples, at + faded, position, part - faded);
    }
  }

  /** Samples that are played as they came are those that were sent. */
  #compare(samples: Int16Array, at: number, position: number, length: number): void {
    for (let index = 0; index < length; index++) {
      if (samples[at + index] === this.#traffic.samples[position + index]) continue;
      this.violations.add('L20', `Sample ${position + index} does not sound as it was sent.`);
      return;
    }
  }

  #checkDelay(atMs: number): void {
    const { roughMs, cleanMs } = this.#scenario;
    const [piece] = this.#pieces;
    if (atMs < roughMs + RETURN_MS || atMs > roughMs + cleanMs) return;
    // What is concealed has no position: silence that is not yet known pays for it.
    if (piece === undefined || piece.kind === 'concealed') return;
    const delayMs = atMs - this.#traffic.earliestMs(piece.from + this.#heardOfPiece);
    if (delayMs > RETURNED_MS)
      this.violations.add('L24', `${Math.round(delayMs)} ms of delay are left.`);
  }
}
