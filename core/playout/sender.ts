// Sends the waiting utterances in order, each as a generation of its own, and goes back when a client missed something.

import { nextGeneration, nextSequence, sequenceDelta } from '../media/serial.ts';
import type { AudioFormat, Hello, ServerMessage } from '../wire/messages.ts';
import { Pacer, type PacerConfig, type PacerSnapshot } from './pacer.ts';
import { PacketWriter } from './packet-writer.ts';
import { type Segment, sentPosition, trackEnd, type Utterance } from './segments.ts';
import type { SpeechQueue } from './speech-queue.ts';
import type { UtteranceQueue } from './utterance-queue.ts';

/** Generations under way at once; a client remembers 64, played ones included. */
const MAX_SEGMENTS = 32;

/** What a client brings along when it comes back. */
export type Resume = Pick<
  NonNullable<Hello['resume']>,
  'generation' | 'playedSamples' | 'receivedSamples' | 'nextSequence'
>;

/** Where packets and the messages around them go. */
export interface SenderListener {
  /**
   * What is sent next rests on a state that was not stored: a generation just taken, speech just given, an end just said.
   * The state must be stored now, and `Downlink.stored` be called. False when it could not be: nothing of it is sent.
   */
  commit(): boolean;
  /** A whole packet; the bytes are reused after the call. */
  sendAudio(packet: Uint8Array): void;
  sendControl(message: ServerMessage): void;
}

export interface SenderSnapshot {
  readonly pacer?: PacerSnapshot | undefined;
  readonly packetsSent?: number | undefined;
  readonly nextGeneration?: number | undefined;
  readonly lowestLive?: number | undefined;
  readonly sequence?: number | undefined;
}

export class Sender {
  readonly pacer: Pacer;
  packetsSent = 0;
  readonly #speech: SpeechQueue;
  readonly #utterances: UtteranceQueue;
  readonly #listener: SenderListener;
  #writer: PacketWriter | null = null;
  #segments: Segment[] = [];
  #nextGeneration = 1;
  #lowestLive = 1;
  #sequence = 0;

  constructor(
    config: PacerConfig,
    speech: SpeechQueue,
    utterances: UtteranceQueue,
    listener: SenderListener,
  ) {
    this.pacer = new Pacer(config);
    this.#speech = speech;
    this.#utterances = utterances;
    this.#listener = listener;
  }

  /** The generations that a client may play, in order: at least a part of each was sent or is about to be. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get lowestLive(): number {
    return this.#lowestLive;
  }

  /** The latest generation taken. */
  get newestGeneration(): number {
    return (this.#nextGeneration - 1) & 0xffff;
  }

  /** Packets have this format from now on. */
  format(format: AudioFormat): void {
    this.#writer = new PacketWriter(format);
    this.pacer.format(this.#writer.packetBytes, this.#writer.frameSpan);
  }

  /** When the next packet leaves; Infinity when there is none, or while only a report can tell. */
  get deadlineMs(): number {
    return this.#nextUtterance() === null ? Infinity : this.pacer.deadlineMs;
  }

  /** Whether the next packet is due, and rests on a state that was not stored. */
  isDueUnstored(nowMs: number): boolean {
    const utterance = this.#nextUtterance();
    return utterance !== null && this.pacer.deadlineMs <= nowMs && this.#isUnstored(utterance);
  }

  /** Sends everything that is due. */
  pump(nowMs: number): void {
    for (;;) {
      const utterance = this.#nextUtterance();
      if (utterance === null || this.pacer.deadlineMs > nowMs) return;
      if (!this.#send(utterance, nowMs)) return;
    }
  }

  /** Forgets the segment of an utterance that is over. */
  forget(utterance: Utterance): void {
    const { segment } = utterance;
    if (segment === null) return;
    utterance.segment = null;
    this.#segments.splice(this.#segments.indexOf(segment), 1);
  }

  /** Declares every generation dead and returns those that were under way; the player is taken to be empty. */
  withdraw(): readonly Segment[] {
    const withdrawn = this.#segments;
    for (const segment of withdrawn) segment.utterance.segment = null;
    this.#segments = [];
    this.#lowestLive = this.#nextGeneration;
    this.pacer.rest();
    return withdrawn;
  }

  /** The next packet gets this number: the one that the client expects. */
  numberFrom(sequence: number): void {
    this.#sequence = sequence;
  }

  /** Goes back to the first packet that the client does not have. Returns false when it claims more than there is. */
  resumeAt(resume: Resume): boolean {
    const isPlausible = this.#goBack(resume);
    this.#sequence = resume.nextSequence;
    return isPlausible;
  }

  snapshot(): SenderSnapshot {
    return {
      pacer: this.pacer.snapshot(),
      packetsSent: this.packetsSent,
      nextGeneration: this.#nextGeneration,
      lowestLive: this.#lowestLive,
      sequence: this.#sequence,
    };
  }

  restore(snapshot: SenderSnapshot, segments: Segment[]): void {
    this.pacer.restore(snapshot.pacer ?? {});
    this.packetsSent = snapshot.packetsSent ?? 0;
    this.#nextGeneration = snapshot.nextGeneration ?? 1;
    this.#lowestLive = snapshot.lowestLive ?? 1;
    this.#sequence = snapshot.sequence ?? 0;
    this.#segments = segments;
  }

  /** The utterance that the next packet is of, null when there is nothing to send. */
  #nextUtterance(): Utterance | null {
    if (this.#writer === null) return null;
    for (const utterance of this.#utterances.waiting) {
      const { segment } = utterance;
      if (segment?.finished === true) continue;
      if (segment === null && this.#segments.length >= MAX_SEGMENTS) return null;
      if (utterance.phase !== 'open') {
        if (segment !== null || utterance.endPosition > utterance.startPosition) return utterance;
        continue;
      }
      const position = segment === null ? utterance.fromPosition : sentPosition(segment);
      return utterance.endPosition - position >= this.#writer.frameSpan ? utterance : null;
    }
    return null;
  }

  /** Whether the next packet of an utterance carries more than the last checkpoint knows of. */
  #isUnstored({ segment, endPosition }: Utterance): boolean {
    if (segment === null) return true;
    const end = sentPosition(segment) + segment.frameSpan;
    if (Math.min(end, endPosition) > this.#speech.storedPosition) return true;
    return end >= endPosition && this.#utterances.hasChanged;
  }

  /** Sends the next packet of an utterance; false when the state could not be stored first. */
  #send(utterance: Utterance, nowMs: number): boolean {
    const writer = this.#writer!;
    const isUnstored = utterance.segment !== null && this.#isUnstored(utterance);
    if (isUnstored && !this.#listener.commit()) return false;
    const segment = utterance.segment ?? this.#openSegment(utterance, writer);
    if (segment === null) return false;
    if (segment.anchoredPackets === 0) segment.anchorSequence = this.#sequence;
    if (segment.sentFrames === 0) segment.trackStart = this.pacer.sentPosition;
    const end = sentPosition(segment) + segment.frameSpan;
    const isLast = utterance.phase !== 'open' && end >= utterance.endPosition;
    if (sentPosition(segment) >= utterance.endPosition) {
      this.#emit(writer.end(segment, this.#sequence), segment);
      segment.finished = true;
      return true;
    }
    const packet = writer.frame(segment, this.#speech, this.#sequence, isLast);
    if (packet === null) {
      this.#utterances.lose(utterance, sentPosition(segment));
      return true;
    }
    this.pacer.sent(segment.frameSpan, nowMs);
    segment.sentFrames++;
    segment.finished = isLast;
    this.#emit(packet, segment);
    return true;
  }

  /** Takes a generation, has that stored and tells the client; null, and as if nothing had been, when it could not be stored. */
  #openSegment(utterance: Utterance, writer: PacketWriter): Segment | null {
    const before = { generation: utterance.generation, ratio: utterance.ratio };
    const generation = this.#nextGeneration;
    const segment: Segment = {
      generation,
      utterance,
      startPosition: utterance.fromPosition,
      ratio: writer.ratio,
      frameSpan: writer.frameSpan,
      trackStart: 0,
      sentFrames: 0,
      finished: false,
      anchorFrame: 0,
      anchorSequence: 0,
      anchoredPackets: 0,
    };
    this.#nextGeneration = nextGeneration(generation);
    this.#segments.push(segment);
    utterance.segment = segment;
    utterance.generation = generation;
    utterance.ratio = writer.ratio;
    if (!this.#listener.commit()) {
      this.#nextGeneration = generation;
      this.#segments.pop();
      utterance.segment = null;
      Object.assign(utterance, before);
      return null;
    }
    const { number, interruptible } = utterance;
    this.#listener.sendControl({
      type: 'utterance',
      state: 'started',
      utterance: number,
      generation,
      interruptible,
    });
    return segment;
  }

  #emit(packet: Uint8Array, segment: Segment): void {
    this.#sequence = nextSequence(this.#sequence);
    segment.anchoredPackets++;
    this.packetsSent++;
    this.#listener.sendAudio(packet);
  }

  #goBack(resume: Resume): boolean {
    for (const [index, segment] of this.#segments.entries()) {
      const packets = sequenceDelta(resume.nextSequence, segment.anchorSequence);
      if (packets < 0 || packets > segment.anchoredPackets) continue;
      const isWhole = segment.finished && packets === segment.anchoredPackets;
      if (!isWhole) setBack(segment, segment.anchorFrame + packets);
      this.#sendAgainAfter(index);
      return true;
    }
    // The numbers mean nothing here, as after a restore from before they were given: the content counts.
    const index = this.#segments.findIndex((segment) => segment.generation === resume.generation);
    if (index < 0) {
      this.#sendAgainAfter(-1);
      return true;
    }
    const segment = this.#segments[index]!;
    const received = Math.floor((resume.receivedSamples * segment.ratio) / segment.frameSpan);
    const given = Math.ceil(
      (segment.utterance.endPosition - segment.startPosition) / segment.frameSpan,
    );
    setBack(segment, Math.min(received, given));
    this.#sendAgainAfter(index);
    return received <= given;
  }

  /** The client has nothing of the segments after this one. */
  #sendAgainAfter(index: number): void {
    const last = this.#segments[index] ?? null;
    const position = last === null ? this.#trackStart : trackEnd(last);
    this.pacer.rewind(position);
    for (const segment of this.#segments.slice(index + 1)) {
      setBack(segment, 0);
      segment.trackStart = position;
    }
  }

  /** Track position before everything under way. */
  get #trackStart(): number {
    return this.#segments[0]?.trackStart ?? this.pacer.sentPosition;
  }
}

/** The client lacks a segment from this frame on. */
function setBack(segment: Segment, frame: number): void {
  segment.sentFrames = frame;
  segment.finished = false;
  segment.anchorFrame = frame;
  segment.anchoredPackets = 0;
}
