// The statistics record of a conversation: made once, brought up to date in place.

import type { DownlinkStatistics } from '../playout/downlink.ts';
import type { Report } from '../wire/messages.ts';
import type { ConversationStatistics } from '../wire/statistics-schema.ts';
import type { LagSummary } from './ports.ts';
import type { TurnCounters } from './turn-taker.ts';
import type { Uplink } from './uplink.ts';

/** The record as the engine keeps it. */
export type StatisticsRecord = {
  -readonly [Name in keyof ConversationStatistics]: ConversationStatistics[Name];
};

/** All counters at zero. */
export function emptyStatistics(): StatisticsRecord {
  return {
    packetsReceived: 0,
    packetsDiscarded: 0,
    overruns: 0,
    packetsDuplicated: 0,
    gapSamples: 0,
    gapEvents: 0,
    silentSamples: 0,
    supersededMessages: 0,
    unknownMessages: 0,
    violations: 0,
    windowsScored: 0,
    windowsByEnergy: 0,
    windowsQueued: 0,
    windowsSkipped: 0,
    scorerSwitches: 0,
    workUnits: 0,
    turnsStarted: 0,
    turnsEnded: 0,
    turnsDropped: 0,
    utterancesStarted: 0,
    utterancesCompleted: 0,
    utterancesInterrupted: 0,
    utterancesCancelled: 0,
    holds: 0,
    releases: 0,
    clears: 0,
    packetsSent: 0,
    claimsClamped: 0,
    leadMs: 0,
    clientUnderruns: 0,
    clientConcealedMs: 0,
    clientStretchMs: 0,
    clientBufferedMs: 0,
    clientLagMs: 0,
    clientRoundTripMs: null,
    networkLags: 0,
    isolateLags: 0,
    isolateLagP50Ms: 0,
    isolateLagP99Ms: 0,
    isolateLagMaxMs: 0,
    lagWarnings: 0,
    reportsReceived: 0,
    epoch: 0,
    connections: 0,
  };
}

/** Takes over what the parts have counted. */
export function collectStatistics(
  into: StatisticsRecord,
  uplink: Uplink,
  turns: TurnCounters,
  downlink: DownlinkStatistics,
): void {
  const { counters, voice } = uplink;
  into.packetsReceived = counters.packetsReceived;
  into.packetsDiscarded = counters.packetsDiscarded;
  into.overruns = counters.overruns;
  into.packetsDuplicated = counters.packetsDuplicated;
  into.gapSamples = counters.gapSamples;
  into.gapEvents = counters.gapEvents;
  into.silentSamples = counters.silentSamples;
  into.windowsScored = voice.counters.windowsScored;
  into.windowsByEnergy = voice.counters.windowsByEnergy;
  into.windowsQueued = voice.counters.windowsQueued;
  into.windowsSkipped = voice.counters.windowsSkipped;
  into.scorerSwitches = voice.scorers.switches;
  into.workUnits = voice.counters.workUnits;
  into.turnsStarted = turns.turnsStarted;
  into.turnsEnded = turns.turnsEnded;
  into.turnsDropped = turns.turnsDropped;
  into.utterancesStarted = downlink.utterancesStarted;
  into.utterancesCompleted = downlink.utterancesCompleted;
  into.utterancesInterrupted = downlink.utterancesInterrupted;
  into.utterancesCancelled = downlink.utterancesCancelled;
  into.holds = downlink.holds;
  into.releases = downlink.releases;
  into.clears = downlink.clears;
  into.packetsSent = downlink.packetsSent;
  into.claimsClamped = downlink.claimsClamped;
}

/** Takes over what the client has told of its own side. */
export function collectReport(into: StatisticsRecord, report: Report): void {
  into.reportsReceived++;
  into.clientUnderruns = report.underruns;
  into.clientConcealedMs = report.concealedMs;
  into.clientStretchMs = report.stretchMs;
  into.clientBufferedMs = report.bufferedMs;
  into.clientLagMs = report.lagMs;
  into.clientRoundTripMs = report.roundTripMs;
  if (report.lagCause === 'network') into.networkLags++;
  if (report.lagCause === 'isolate') into.isolateLags++;
}

/** Takes over what the isolate knows of its own lag. */
export function collectLag(into: StatisticsRecord, lag: LagSummary): void {
  into.isolateLagP50Ms = lag.p50Ms;
  into.isolateLagP99Ms = lag.p99Ms;
  into.isolateLagMaxMs = lag.maxMs;
  into.lagWarnings = lag.warnings;
}
