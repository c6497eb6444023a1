// Utterances and the playback segments (generations) that carry them, and how a client's position becomes heard speech.

import type { ClientMessage } from '../wire/messages.ts';

/** Where a listener is, as `report`, `held`, `cleared` and `hello.resume` say it. */
export type PlaybackPosition = Pick<
  Extract<ClientMessage, { type: 'cleared' }>,
  'generation' | 'playedSamples'
>;

/** 'open': the agent may say more. 'ended': it has said all. 'cancelled': what was accepted plays, no more is taken. */
export type UtterancePhase = 'open' | 'ended' | 'cancelled';

/** One utterance: a stretch of the speech line, in 16 kHz positions. */
export interface Utterance {
  readonly number: number;
  readonly interruptible: boolean;
  readonly startPosition: number;
  /** Rises while the utterance is open. */
  endPosition: number;
  phase: UtterancePhase;
  /** Where its next segment begins: its start, or where a replay goes on. */
  fromPosition: number;
  /** The furthest that the client has said it heard. */
  heardPosition: number;
  /** The segment that carries it now, null before the first and while a dropped one has no successor. */
  segment: Segment | null;
  /** The latest generation that carried it, null while the client has not been told of it. */
  generation: number | null;
  /** 16 kHz samples for each content sample of that generation. */
  ratio: number;
}

/** A generation: it carries an utterance from `startPosition` on, in whole frames. */
export interface Segment {
  readonly generation: number;
  readonly utterance: Utterance;
  /** Line position of its content sample 0. */
  readonly startPosition: number;
  /** 16 kHz samples for each content sample of the wire. */
  readonly ratio: number;
  /** 16 kHz samples of one frame. */
  readonly frameSpan: number;
  /** Position of its content sample 0 on the track. */
  trackStart: number;
  sentFrames: number;
  /** The packet that ends the utterance has been sent. */
  finished: boolean;
  /** A frame of it and the sequence number that frame had; those after it were numbered on from there. */
  anchorFrame: number;
  anchorSequence: number;
  /** Packets sent since the anchor. */
  anchoredPackets: number;
}

/** What a client's claim was worth. */
export type ClaimOutcome =
  | 'credited'
  /** More than was sent: credited as far as that goes. */
  | 'clamped'
  /** None of these segments. */
  | 'unknown';

export function openUtterance(number: number, interruptible: boolean, position: number): Utterance {
  return {
    number,
    interruptible,
    startPosition: position,
    endPosition: position,
    phase: 'open',
    fromPosition: position,
    heardPosition: position,
    segment: null,
    generation: null,
    ratio: 1,
  };
}

/** Line position after the speech that was sent of a segment; the padding of its last frame is not speech. */
export function sentEndPosition(segment: Segment): number {
  return Math.min(segment.utterance.endPosition, sentPosition(segment));
}

/** Line position of the next frame of a segment. */
export function sentPosition(segment: Segment): number {
  return segment.startPosition + segment.sentFrames * segment.frameSpan;
}

/** Track position after what was sent of a segment. */
export function trackEnd(segment: Segment): number {
  return segment.trackStart + segment.sentFrames * segment.frameSpan;
}

export function segmentOf(segments: readonly Segment[], generation: number): Segment | null {
  return segments.find((segment) => segment.generation === generation) ?? null;
}

/** Line position of a content sample, no further than what was sent. */
export function linePosition(segment: Segment, contentSamples: number): number {
  return Math.min(sentEndPosition(segment), segment.startPosition + contentSamples * segment.ratio);
}

/** Track position of a content sample, no further than what was sent. */
export function trackPosition(segment: Segment, contentSamples: number): number {
  return Math.min(trackEnd(segment), segment.trackStart + contentSamples * segment.ratio);
}

/**
 * Marks as heard what a client has played when it is in one of these segments, which are in the order of playing:
 * that segment up to the sample, those before it to their ends.
 */
export function creditHeard(
  segments: readonly Segment[],
  position: PlaybackPosition,
): ClaimOutcome {
  const playing = segmentOf(segments, position.generation);
  if (playing === null) return 'unknown';
  for (const segment of segments) {
    if (segment === playing) break;
    credit(segment.utterance, sentEndPosition(segment));
  }
  credit(playing.utterance, linePosition(playing, position.playedSamples));
  return position.playedSamples * playing.ratio > playing.sentFrames * playing.frameSpan
    ? 'clamped'
    : 'credited';
}

function credit(utterance: Utterance, position: number): void {
  utterance.heardPosition = Math.max(utterance.heardPosition, position);
}
