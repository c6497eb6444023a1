// The capture streams of a recording: where each lies on the caller's track, and what of it never came.

import { ENGINE_RATE_HZ, frameSamples } from '../media/payload-codec.ts';
import { sequenceDelta } from '../media/serial.ts';
import type { AudioFormat } from '../wire/messages.ts';
import type { PacketHeader } from '../wire/packet.ts';
import type { JournalStream } from './journal-row.ts';

/** Packets that never came, and the samples they would have had; positions are the track's. */
export interface CallerGap {
  readonly fromSequence: number;
  readonly toSequence: number;
  readonly from: number;
  readonly to: number;
}

/** One stream on the track. */
export interface CallerStream {
  readonly id: number;
  readonly format: AudioFormat;
  readonly originTimestamp: number;
  /** As the journal has it. */
  readonly basePosition: number;
  /** Track position (16 kHz) of the sample with the origin timestamp. */
  readonly trackBase: number;
  /** After the newest packet: its sequence number + 1 and its end on the track. */
  nextSequence: number | null;
  end: number;
}

/** State of the streams. */
export interface CallerStreamsSnapshot {
  readonly streams: CallerStream[];
  readonly gaps: CallerGap[];
  readonly packets: number;
  readonly duplicates: number;
  readonly untoldGapSamples: number;
}

/** Gaps that are remembered from the beginning on, and as many of the latest, which may still be filled. */
const KEPT_GAPS = 1000;

/**
 * Takes packets in the order in which they were stored. The track is the conversation's own line of 16 kHz positions;
 * only when a stream has more stored than the engine had taken in when the next began, that one begins after it.
 */
export class CallerStreams {
  #streams: CallerStream[] = [];
  #gaps: CallerGap[] = [];
  packets = 0;
  duplicates = 0;
  /** Samples of gaps that are only counted. */
  untoldGapSamples = 0;

  /** What never came, in order within each stream. */
  get gaps(): readonly CallerGap[] {
    return this.#gaps;
  }

  get all(): readonly CallerStream[] {
    return this.#streams;
  }

  /** Track position after everything that was stored. */
  get end(): number {
    return this.#streams.reduce((end, stream) => Math.max(end, stream.end), 0);
  }

  /** Rate of the caller's track: the highest that any stream has. */
  get rateHz(): number {
    const rates = this.#streams.map(({ format }) => format.rateHz);
    return rates.length === 0 ? ENGINE_RATE_HZ : Math.max(...rates);
  }

  /** The stream as it lies on the track; a new one is put at its place. */
  of(stream: JournalStream): CallerStream {
    const known = this.#streams.findLast(
      ({ id, basePosition }) => id === stream.id && basePosition === stream.basePosition,
    );
    if (known !== undefined) return known;
    const { id, format, originTimestamp, basePosition } = stream;
    const trackBase = Math.max(basePosition, this.end);
    const added = { id, format, originTimestamp, basePosition, trackBase };
    const placed: CallerStream = { ...added, nextSequence: null, end: trackBase };
    this.#streams.push(placed);
    return placed;
  }

  /** Track position (16 kHz) of a stream's media timestamp, null when the stream is not known. */
  trackPosition(id: number, timestamp: number): number | null {
    const stream = this.#streams.findLast((each) => each.id === id);
    return stream === undefined ? null : positionOf(stream, timestamp);
  }

  /** Notes a packet; false when it was stored before. */
  take(stream: CallerStream, header: PacketHeader): boolean {
    const position = positionOf(stream, header.timestamp);
    const end = position + frameSpan(stream.format);
    const ahead =
      stream.nextSequence === null ? 0 : sequenceDelta(header.sequence, stream.nextSequence);
    if (ahead < 0) return this.#takeLate(header.sequence, position, end);
    if (ahead > 0) {
      this.#gaps.push({
        fromSequence: stream.nextSequence!,
        toSequence: header.sequence,
        from: stream.end,
        to: position,
      });
      this.#boundGaps();
    }
    stream.nextSequence = (header.sequence + 1) >>> 0;
    stream.end = Math.max(stream.end, end);
    this.packets++;
    return true;
  }

  snapshot(): CallerStreamsSnapshot {
    return {
      streams: this.#streams.map((stream) => ({ ...stream })),
      gaps: [...this.#gaps],
      packets: this.packets,
      duplicates: this.duplicates,
      untoldGapSamples: this.untoldGapSamples,
    };
  }

  restore(snapshot: CallerStreamsSnapshot): void {
    const { streams, gaps, packets, duplicates, untoldGapSamples } = snapshot;
    this.#streams = streams.map((stream) => ({ ...stream }));
    this.#gaps = [...gaps];
    this.packets = packets;
    this.duplicates = duplicates;
    this.untoldGapSamples = untoldGapSamples;
  }

  #boundGaps(): void {
    if (this.#gaps.length <= 2 * KEPT_GAPS) return;
    const [counted] = this.#gaps.splice(KEPT_GAPS, 1);
    this.untoldGapSamples += counted!.to - counted!.from;
  }

  /** What came out of order fills a gap, or a part of one. */
  #takeLate(sequence: number, position: number, end: number): boolean {
    const index = this.#gaps.findIndex(
      ({ fromSequence, toSequence, from, to }) =>
        sequenceDelta(sequence, fromSequence) >= 0 &&
        sequenceDelta(sequence, toSequence) < 0 &&
        position >= from &&
        end <= to,
    );
    const gap = this.#gaps[index];
    if (gap === undefined) {
      this.duplicates++;
      return false;
    }
    const before = { ...gap, toSequence: sequence, to: position };
    const after = { ...gap, fromSequence: (sequence + 1) >>> 0, from: end };
    const left = [before, after].filter(
      ({ fromSequence, toSequence }) => fromSequence !== toSequence,
    );
    this.#gaps.splice(index, 1, ...left);
    this.packets++;
    return true;
  }
}

/** Track position (16 kHz) of a media timestamp. */
export function positionOf(stream: CallerStream, timestamp: number): number {
  const { trackBase, originTimestamp, format } = stream;
  return trackBase + sequenceDelta(timestamp, originTimestamp) * (ENGINE_RATE_HZ / format.rateHz);
}

/** 16 kHz samples of one frame. */
export function frameSpan(format: AudioFormat): number {
  return frameSamples(format) * (ENGINE_RATE_HZ / format.rateHz);
}
