// Received speech on one line of 16 kHz samples, on which the playback segments (generations) lie end to end.

import {
  ENGINE_RATE_HZ,
  frameBytes,
  frameSamples,
  PayloadDecoder,
} from '../../core/media/payload-codec.ts';
import { SampleRing } from '../../core/media/sample-ring.ts';
import { generationDelta, nextGeneration, sequenceDelta } from '../../core/media/serial.ts';
import type { AudioFormat } from '../../core/wire/messages.ts';
import {
  countFrames,
  FLAG_LAST,
  HEADER_BYTES,
  PacketHeader,
  readHeader,
} from '../../core/wire/packet.ts';
import type { PacketOutcome } from './player.ts';

/** Everything kept, played or not: 8.192 s at 16 kHz, 256 KiB. */
const LINE_SAMPLES = 2 ** 17;

/** Played content kept for a release that backs up: 2.5 s. */
export const KEPT_BEHIND_SAMPLES = 2.5 * ENGINE_RATE_HZ;

/** Unplayed content accepted: 5.69 s, the longest lead (1.5 s) and 4 s of grace. */
export const KEPT_AHEAD_SAMPLES = LINE_SAMPLES - KEPT_BEHIND_SAMPLES;

/** Segments remembered; an utterance of a single word still lasts a few hundred ms. */
const SEGMENTS = 64;

/** Content of one generation stays below half the range of its timestamps: 37 hours. */
const MAX_CONTENT_SAMPLES = 0x7fff_ffff;

/** Decoded at once; a longer payload takes several turns. */
const BLOCK_SAMPLES = 1024;

/** One generation on the line; positions are line positions in 16 kHz samples. */
export class Segment {
  generation = 0;
  /** Where content sample 0 lies, or would lie: before `start` when the beginning never came. */
  origin = 0;
  /** The first sample that came. */
  start = 0;
  /** The end of what has come so far, without a hole. */
  end = 0;
  /** Nothing comes after `end`: its last packet or a later generation is here. */
  complete = false;
}

/** Stores packets in order and once; knows nothing of playing. Segments are numbered from 0 as they come. */
export class PlaybackLine {
  readonly ring = new SampleRing(LINE_SAMPLES);
  /** 16 kHz samples for each content sample of the wire. */
  readonly ratio: number;
  nextSequence = 0;
  /** 16 kHz samples that never came and were replaced by zeros, to keep positions exact. */
  missingSamples = 0;
  readonly #decoder: PayloadDecoder;
  readonly #frameBytes: number;
  readonly #frameSamples: number;
  readonly #block = new Int16Array(BLOCK_SAMPLES);
  readonly #header = new PacketHeader();
  readonly #segments = Array.from({ length: SEGMENTS }, () => new Segment());
  #segmentsSeen = 0;
  #lowestLive = 0;
  #anyPacket = false;

  /** Throws RangeError for a format that is not supported. */
  constructor(format: AudioFormat) {
    this.#decoder = new PayloadDecoder(format);
    this.ratio = this.#decoder.ratio;
    this.#frameBytes = frameBytes(format);
    this.#frameSamples = frameSamples(format);
  }

  /** Segments that have come so far; the newest has the number `segmentsSeen − 1`. */
  get segmentsSeen(): number {
    return this.#segmentsSeen;
  }

  /** Whether a generation may still play, or come. */
  isLive(generation: number): boolean {
    return generationDelta(generation, this.#lowestLive) >= 0;
  }

  /** A segment by its number, which is one of the newest SEGMENTS. */
  segment(number: number): Segment {
    return this.#segments[number & (SEGMENTS - 1)]!;
  }

  /** Number of the segment of a generation, or −1 when it is not remembered. */
  numberOf(generation: number): number {
    for (let number = this.#segmentsSeen - 1; number >= this.#oldestSegment; number--) {
      if (this.segment(number).generation === generation) return number;
    }
    return -1;
  }

  /** Number of the newest segment that may not play any more (those not remembered may not), −1 when there is none. */
  get newestDropped(): number {
    let number = this.#segmentsSeen - 1;
    while (number >= this.#oldestSegment && this.isLive(this.segment(number).generation)) number--;
    return number;
  }

  /**
   * Refuses every generation before this one from now on; returns whether that is news. Before the first packet any
   * value is taken as it is.
   */
  dropBelow(generation: number): boolean {
    if (this.#anyPacket && generationDelta(generation, this.#lowestLive) <= 0) return false;
    this.#lowestLive = generation;
    // Every segment but the newest is complete anyway.
    const newest = this.segment(this.#segmentsSeen - 1);
    if (!this.isLive(newest.generation)) newest.complete = true;
    return true;
  }

  /** Takes a packet, while line position `playhead` in segment number `playing` is the next to be heard. */
  receive(packet: Uint8Array, playhead: number, playing: number): PacketOutcome {
    const header = this.#header;
    if (readHeader(packet, header) !== 'ok' || header.timestamp > MAX_CONTENT_SAMPLES)
      return 'invalid';
    const frames = countFrames(header.flags, packet.length - HEADER_BYTES, this.#frameBytes);
    if (frames < 0) return 'invalid';
    const ahead = this.#anyPacket ? sequenceDelta(header.sequence, this.nextSequence) : 0;
    const outcome = this.#place(packet, frames * this.#frameSamples, ahead > 0, playhead, playing);
    if (outcome === 'overrun') return outcome;
    // An empty packet has a sequence number too.
    if (ahead >= 0) this.nextSequence = (header.sequence + Math.max(1, frames)) >>> 0;
    this.#anyPacket = true;
    return outcome;
  }

  get #oldestSegment(): number {
    return Math.max(0, this.#segmentsSeen - SEGMENTS);
  }

  #place(
    packet: Uint8Array,
    samples: number,
    isLost: boolean,
    playhead: number,
    playing: number,
  ): PacketOutcome {
    const { generation, timestamp, flags } = this.#header;
    if (!this.isLive(generation)) return 'cleared';
    const newest = this.#segmentsSeen === 0 ? null : this.segment(this.#segmentsSeen - 1);
    const order = newest === null ? 1 : generationDelta(generation, newest.generation);
    if (order < 0) return 'duplicate';
    const isNew = newest === null || order > 0;
    const received = isNew ? timestamp : (newest.end - newest.origin) / this.ratio;
    if (!isNew && (newest.complete || (samples > 0 && timestamp + samples <= received)))
      return 'duplicate';
    const addedSamples = Math.max(0, timestamp + samples - received) * this.ratio;
    if (this.ring.endPosition + addedSamples - playhead > KEPT_AHEAD_SAMPLES) return 'overrun';
    if (isNew && this.#segmentsSeen >= SEGMENTS && this.#segmentsSeen - SEGMENTS >= playing)
      return 'overrun';
    const segment = isNew ? this.#open(generation, timestamp) : newest;
    if (timestamp > received) this.#appendMissing(timestamp - received, isLost);
    if (samples > 0) this.#appendPayload(packet, Math.max(0, received - timestamp));
    segment.end = this.ring.endPosition;
    segment.complete = (flags & FLAG_LAST) !== 0;
    return 'accepted';
  }

  #open(generation: number, timestamp: number): Segment {
    if (this.#segmentsSeen > 0) this.segment(this.#segmentsSeen - 1).complete = true;
    // What falls out of memory can never play again; so the 16-bit order stays right however long the call.
    if (this.#segmentsSeen >= SEGMENTS)
      this.dropBelow(nextGeneration(this.segment(this.#segmentsSeen).generation));
    const segment = this.segment(this.#segmentsSeen++);
    segment.generation = generation;
    segment.start = this.ring.endPosition;
    segment.origin = segment.start - timestamp * this.ratio;
    segment.end = segment.start;
    segment.complete = false;
    this.#decoder.reset();
    return segment;
  }

  /** A timestamp jump is intended silence; with a sequence gap it is loss. */
  #appendMissing(contentSamples: number, isLost: boolean): void {
    const ringing = this.#decoder.silence(contentSamples, this.#block, 0);
    this.ring.append(this.#block, 0, ringing);
    this.ring.appendZeros(contentSamples * this.ratio - ringing);
    if (isLost) this.missingSamples += contentSamples * this.ratio;
  }

  /** Decodes and appends the payload from content sample `skippedSamples` of it on. */
  #appendPayload(packet: Uint8Array, skippedSamples: number): void {
    const bytesPerSample = this.#frameBytes / this.#frameSamples;
    const blockBytes = (BLOCK_SAMPLES / this.ratio) * bytesPerSample;
    for (
      let at = HEADER_BYTES + skippedSamples * bytesPerSample;
      at < packet.length;
      at += blockBytes
    ) {
      const written = this.#decoder.decode(
        packet,
        at,
        Math.min(blockBytes, packet.length - at),
        this.#block,
        0,
      );
      this.ring.append(this.#block, 0, written);
    }
  }
}
