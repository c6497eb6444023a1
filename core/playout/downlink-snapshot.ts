// The state of playout as a plain record, and back.

import type { BargeIn } from './barge-in.ts';
import type { ClearPhase, ClearRecord } from './clear-ledger.ts';
import type { EndingCounters } from './endings.ts';
import type { Playback } from './playback.ts';
import { type LinkState, NO_LINK, PLAYING, type PlaybackState } from './playback-state.ts';
import type { Segment, Utterance } from './segments.ts';
import type { SenderSnapshot } from './sender.ts';
import type { SpeechQueueSnapshot } from './speech-queue.ts';

/** An utterance without what links it to its segment. */
type UtteranceRecord = Omit<Utterance, 'segment'>;

/** A segment with the number of its utterance in place of the utterance. */
type SegmentRecord = Omit<Segment, 'utterance'> & { readonly utterance: number };

interface ClearSnapshot {
  readonly generation: number;
  readonly segments: readonly SegmentRecord[];
  readonly doomed: readonly number[];
  readonly estimatePosition: number;
  readonly phase: ClearPhase;
  readonly answerOwed: boolean;
}

/** Everything that playout needs to go on; at most 128 KiB of it is speech, the rest of that is in the spill. */
export interface DownlinkSnapshot {
  readonly speech?: SpeechQueueSnapshot | undefined;
  readonly sender?: SenderSnapshot | undefined;
  /** Utterances that are waiting, and those that a clear still speaks of. */
  readonly utterances?: readonly UtteranceRecord[] | undefined;
  readonly waiting?: readonly number[] | undefined;
  readonly utterancesStarted?: number | undefined;
  readonly refusedUtterance?: number | undefined;
  readonly utterancesChanged?: boolean | undefined;
  readonly segments?: readonly SegmentRecord[] | undefined;
  readonly clears?: readonly ClearSnapshot[] | undefined;
  readonly state?: PlaybackState | undefined;
  readonly link?: LinkState | undefined;
  readonly endings?: EndingCounters | undefined;
  readonly holds?: number | undefined;
  readonly releases?: number | undefined;
  readonly clearsSent?: number | undefined;
  readonly claimsClamped?: number | undefined;
  readonly heldOwed?: number | undefined;
  readonly underruns?: number | undefined;
  readonly stretchMs?: number | undefined;
}

/** All but `underruns`, which the facade keeps. */
export function snapshotOf(
  playback: Playback,
  bargeIn: BargeIn,
): Omit<DownlinkSnapshot, 'underruns' | 'stretchMs'> {
  const { waiting, count, refused, hasChanged } = playback.utterances;
  const { records } = playback.clears;
  const mentioned = new Set(waiting);
  for (const { doomed, segments } of records) {
    for (const utterance of doomed) mentioned.add(utterance);
    for (const segment of segments) mentioned.add(segment.utterance);
  }
  return {
    speech: playback.speech.snapshot(),
    sender: playback.sender.snapshot(),
    utterances: Array.from(mentioned, ({ segment: _, ...utterance }) => utterance),
    waiting: waiting.map(({ number }) => number),
    utterancesStarted: count,
    refusedUtterance: refused,
    utterancesChanged: hasChanged,
    segments: playback.sender.segments.map(segmentRecord),
    clears: records.map(({ segments, doomed, ...record }) => ({
      ...record,
      segments: segments.map(segmentRecord),
      doomed: doomed.map(({ number }) => number),
    })),
    state: playback.state,
    link: playback.link,
    endings: { ...playback.endings.counters },
    holds: bargeIn.holds,
    releases: playback.releases,
    clearsSent: bargeIn.clears,
    claimsClamped: playback.claimsClamped,
    heldOwed: bargeIn.heldOwed,
  };
}

/** Brings newly made parts to the state of a snapshot. */
export function restoreFrom(
  snapshot: DownlinkSnapshot,
  playback: Playback,
  bargeIn: BargeIn,
): void {
  const utterances = new Map<number, Utterance>();
  for (const utterance of snapshot.utterances ?? []) {
    utterances.set(utterance.number, { ...utterance, segment: null });
  }
  const segments = (snapshot.segments ?? []).map((record) => segmentFrom(record, utterances));
  for (const segment of segments) segment.utterance.segment = segment;
  playback.speech.restore(snapshot.speech ?? {});
  playback.utterances.restore(
    (snapshot.waiting ?? []).map((number) => utterances.get(number)!),
    snapshot.utterancesStarted ?? 0,
    snapshot.refusedUtterance ?? 0,
    snapshot.utterancesChanged ?? false,
  );
  playback.sender.restore(snapshot.sender ?? {}, segments);
  playback.clears.restore((snapshot.clears ?? []).map((record) => clearFrom(record, utterances)));
  playback.state = snapshot.state ?? PLAYING;
  playback.link = snapshot.link ?? NO_LINK;
  if (playback.link.kind === 'attached') playback.sender.format(playback.link.format);
  playback.endings.restore(snapshot.endings ?? {});
  playback.releases = snapshot.releases ?? 0;
  playback.claimsClamped = snapshot.claimsClamped ?? 0;
  bargeIn.restore(snapshot.holds ?? 0, snapshot.clearsSent ?? 0, snapshot.heldOwed ?? 0);
}

function segmentRecord(segment: Segment): SegmentRecord {
  return { ...segment, utterance: segment.utterance.number };
}

function segmentFrom(record: SegmentRecord, utterances: ReadonlyMap<number, Utterance>): Segment {
  return { ...record, utterance: utterances.get(record.utterance)! };
}

function clearFrom(record: ClearSnapshot, utterances: ReadonlyMap<number, Utterance>): ClearRecord {
  return {
    ...record,
    segments: record.segments.map((segment) => segmentFrom(segment, utterances)),
    doomed: record.doomed.map((number) => utterances.get(number)!),
  };
}
