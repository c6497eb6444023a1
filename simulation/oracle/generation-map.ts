// What has arrived at the client: the generations, which speech each carries from where, and which may still play.

import { MarkReader } from './mark-reader.ts';
import type { PacketView } from './packet-view.ts';
import type { Violations } from './violations.ts';

/** One playback segment as it arrived. Offsets count samples of the speech, `received` those of the generation. */
export interface Arrived {
  readonly generation: number;
  /** 0 until a voiced sample has come. */
  speech: number;
  /** Offset of the speech that the generation's sample 0 is. */
  start: number;
  received: number;
  isComplete: boolean;
  /** Voiced samples at its beginning that could not be read yet: too few of them ended a packet. */
  unread: number;
}

const EMPTY: Omit<Arrived, 'generation'> = {
  speech: 0,
  start: 0,
  received: 0,
  isComplete: false,
  unread: 0,
};

/** Fewer samples than a mark needs do not tell whose they are. */
const UNREADABLE_SAMPLES = 3;

export class GenerationMap {
  readonly #violations: Violations;
  readonly #samplesOf: (speech: number) => Int16Array | undefined;
  readonly #reader: MarkReader;
  readonly #mayRepeat: boolean;
  readonly #arrived: Arrived[] = [];
  #lowestLive = 0;
  #nextSequence: number | null = null;
  /** The packet that is being read. */
  #current: Arrived | null = null;
  #at = 0;

  /** `mayRepeat`: the service may have forgotten what it has sent. */
  constructor(
    violations: Violations,
    samplesOf: (speech: number) => Int16Array | undefined,
    mayRepeat: boolean,
  ) {
    this.#mayRepeat = mayRepeat;
    this.#violations = violations;
    this.#samplesOf = samplesOf;
    const move = (count: number): void => {
      this.#at += count;
    };
    this.#reader = new MarkReader(samplesOf, {
      run: (speech, from, to) => {
        this.#place(speech, from, to);
        move(to - from);
      },
      silence: (count) => {
        this.#checkSilence(count);
        move(count);
      },
      noise: (count) => {
        const { speech, unread } = this.#current!;
        this.#current!.unread += count;
        // The reader needs some samples to find its place, once in a generation.
        if (speech !== 0 || unread >= UNREADABLE_SAMPLES)
          this.#fault(`has a sample at ${this.#at} that nobody said`);
        move(count);
      },
    });
  }

  get lowestLive(): number {
    return this.#lowestLive;
  }

  /** Sequence number that the next packet must have; null when any will do. */
  expect(sequence: number | null): void {
    this.#nextSequence = sequence;
  }

  /** Another player, which has nothing. */
  forget(): void {
    this.#arrived.length = 0;
    this.#lowestLive = 0;
    this.#nextSequence = null;
  }

  dropBelow(generation: number): void {
    this.#lowestLive = Math.max(this.#lowestLive, generation);
  }

  find(generation: number): Arrived | undefined {
    return this.#arrived.find((each) => each.generation === generation);
  }

  /** The generations that brought samples [from, to) of a speech, oldest first. */
  carrying(speech: number, from: number, to: number): Arrived[] {
    return this.#arrived.filter(
      (each) => each.speech === speech && each.start <= from && each.start + each.received >= to,
    );
  }

  isLive(each: Arrived): boolean {
    return each.generation >= this.#lowestLive;
  }

  /** Whether nothing of a speech may play any more. */
  isDropped(speech: number): boolean {
    return !this.#arrived.some((each) => each.speech === speech && this.isLive(each));
  }

  receive(packet: PacketView): void {
    const { generation, sequence, timestamp } = packet;
    // Of an epoch that was forgotten something may still be under way.
    const isExpected = this.#nextSequence === null || sequence === this.#nextSequence;
    // Who was away for long is a new player, with new generations.
    const isNew = timestamp === 0 && this.find(generation) === undefined;
    if (!isExpected && !isNew && !this.#mayRepeat)
      this.#violations.add('L13', `Packet ${sequence} came when ${this.#nextSequence} was next.`);
    this.#nextSequence = (sequence + 1) >>> 0;
    if (generation < this.#lowestLive)
      this.#violations.add('L3', `Generation ${generation} was sent after it was cleared.`);
    const arrived = this.#open(generation);
    this.#current = arrived;
    const end = timestamp + packet.length;
    const isKnown = this.#mayRepeat && end <= arrived.received;
    if (!isKnown && (timestamp !== arrived.received || arrived.isComplete))
      this.#fault(`has content at ${timestamp} after ${arrived.received}`);
    this.#at = timestamp;
    this.#reader.read(packet.samples, packet.length);
    arrived.received = Math.max(arrived.received, end);
    arrived.isComplete ||= packet.isLast;
  }

  #open(generation: number): Arrived {
    const known = this.#mayRepeat ? this.find(generation) : undefined;
    const newest = this.#arrived.at(-1);
    if (known !== undefined) return known;
    if (newest?.generation === generation) return newest;
    if (newest !== undefined && newest.generation > generation)
      this.#violations.add(
        'L13',
        `Generation ${generation} came after generation ${newest.generation}.`,
      );
    const arrived = { ...EMPTY, generation };
    this.#arrived.push(arrived);
    return arrived;
  }

  /** From sample `#at` on the generation has [from, to) of the speech. */
  #place(speech: number, from: number, to: number): void {
    const arrived = this.#current!;
    const samples = this.#samplesOf(speech)!;
    let offset = from;
    while (offset < to && samples[offset] === 0) offset++;
    // Zeros are zeros of any pause.
    if (offset === to) return;
    const start = from - this.#at;
    if (arrived.speech === 0) {
      arrived.speech = speech;
      arrived.start = start;
      this.#checkBeginning(samples, start, arrived.unread);
    } else if (arrived.speech !== speech || arrived.start !== start) {
      this.#fault(`has sample ${offset} of speech ${speech} at ${this.#at}`);
      arrived.speech = speech;
      arrived.start = start;
    }
  }

  /** What came before the first voiced sample was silent, and must have been a pause. */
  #checkBeginning(samples: Int16Array, start: number, unread: number): void {
    for (let offset = start; offset < start + this.#at - unread; offset++) {
      if (samples[offset] === 0) continue;
      this.#fault(`is silent where sample ${offset} should be`);
      return;
    }
  }

  /** Zeros lie in a pause, or behind the end. */
  #checkSilence(count: number): void {
    const { speech, start } = this.#current!;
    const samples = speech === 0 ? undefined : this.#samplesOf(speech);
    if (samples === undefined) return;
    for (let offset = start + this.#at; offset < start + this.#at + count; offset++) {
      if ((samples[offset] ?? 0) === 0) continue;
      this.#fault(`is silent where sample ${offset} should be`);
      return;
    }
  }

  #fault(what: string): void {
    this.#violations.add('L13', `Generation ${this.#current?.generation} ${what}.`);
  }
}
