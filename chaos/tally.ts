// Adds up what a run has done and found: faults by kind, verdicts, times and costs.

import type { CallerLog } from './caller-log.ts';
import {
  CALL_FAULTS,
  type FaultName,
  QUIET_FAULTS,
  RECORDING_FAULTS,
  SERVICE_FAULTS,
} from './fault-kinds.ts';
import type { RecordingVerdict } from './recording-verdict.ts';
import type { Verdict } from './verdict.ts';

const FAULT_NAMES = [CALL_FAULTS, QUIET_FAULTS, SERVICE_FAULTS, RECORDING_FAULTS].flatMap((kinds) =>
  Object.keys(kinds),
) as FaultName[];

/** What a conversation has cost, counted. */
export interface Counts {
  readonly rows: Readonly<Record<string, number>>;
  readonly messages: number;
  readonly requests: number;
  readonly minutes: number;
}

/** When a fault was done, by the clock of `performance`. */
export interface FaultMoment {
  readonly atMs: number;
  readonly name: FaultName;
  /** It found nothing to break, or what it broke was lost before it could say so: it is not counted. */
  readonly isMissed?: boolean;
}

/** A conversation that was found wanting. */
export interface Failure {
  readonly scene: string;
  readonly conversation: string;
  /** Faults that were done to it or to its service, with their times in ms of the call. */
  readonly history: readonly string[];
  readonly faults: readonly string[];
  /** The worst level of scoring that it was told of: below `queued`, the machine was too slow for its turns. */
  readonly scoring: string;
}

export class Tally {
  readonly events = Object.fromEntries(FAULT_NAMES.map((name) => [name, 0])) as Record<
    FaultName,
    number
  >;
  readonly failures: Failure[] = [];
  /** Faults that struck every conversation there was. */
  readonly serviceFaults: FaultMoment[] = [];
  readonly resumeMs: number[] = [];
  readonly sums = {
    conversations: 0,
    lostSamples: 0,
    duplicatedSamples: 0,
    reorderedSamples: 0,
    foreignSamples: 0,
    heardSamples: 0,
    turnsExpected: 0,
    turnsTold: 0,
    turnsToldTwice: 0,
    lateFrames: 0,
    lateFramesUnderLoad: 0,
    reconnections: 0,
  };
  readonly counts: Counts[] = [];

  get eventCount(): number {
    return Object.values(this.events).reduce((sum, count) => sum + count, 0);
  }

  /** A fault was done. */
  happened(name: FaultName): void {
    this.events[name]++;
  }

  /** A conversation is over and was judged. */
  judged(
    log: CallerLog,
    verdict: Verdict,
    recorded: RecordingVerdict,
    counts: Counts | null,
  ): void {
    const { sums } = this;
    sums.conversations++;
    sums.lostSamples += verdict.lostSamples + recorded.wrongSamples;
    sums.duplicatedSamples += verdict.duplicatedSamples;
    sums.reorderedSamples += verdict.reorderedSamples;
    sums.foreignSamples += verdict.foreignSamples;
    sums.heardSamples += log.heard.length;
    sums.turnsExpected += verdict.turnsExpected;
    sums.turnsTold += verdict.turnsTold;
    sums.turnsToldTwice += Math.max(verdict.turnsToldTwice, recorded.turnsToldTwice);
    sums.lateFrames += log.lateFrames;
    sums.lateFramesUnderLoad += log.lateFramesUnderLoad;
    sums.reconnections += Math.max(0, log.connections.length - 1);
    for (const { isSpeechOwed, openedAtMs, firstAudioAtMs } of log.connections) {
      if (isSpeechOwed && firstAudioAtMs !== null) this.resumeMs.push(firstAudioAtMs - openedAtMs);
    }
    if (counts !== null) this.counts.push(counts);
  }
}
