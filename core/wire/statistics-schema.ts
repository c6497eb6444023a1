// The statistics of a conversation as they appear on the wire, in GET answers and in memory: one list of names.

import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const number = v.pipe(v.number(), v.finite());

/**
 * Lifetime counters, never reset; differences between two snapshots make rates. Names follow W3C webrtc-stats
 * (RTCInboundRtpStreamStats) where one exists.
 */
export const CONVERSATION_STATISTICS = v.object({
  /** Uplink packets accepted, also out of order. */
  packetsReceived: count,
  /** Uplink packets that came after their playout point, or found no slot. */
  packetsDiscarded: count,
  /** Of those, the ones that found no slot. */
  overruns: count,
  /** Uplink packets seen before. */
  packetsDuplicated: count,
  /** Uplink samples (16 kHz) that never came and were replaced by zeros. */
  gapSamples: count,
  gapEvents: count,
  /** Uplink samples (16 kHz) of intended silence: muted, or a timestamp jump without a sequence gap. */
  silentSamples: count,
  /** Messages of a superseded connection. */
  supersededMessages: count,
  /** Control messages of a type, and packets of a kind, that this version does not know. */
  unknownMessages: count,
  /** Text and binary messages that broke the protocol. */
  violations: count,
  windowsScored: count,
  /** Of those, the ones that the energy scorer answered in place of the one that was chosen. */
  windowsByEnergy: count,
  /** Windows that had to wait for the budget. */
  windowsQueued: count,
  /** Windows that were not scored in time, and count as missing audio. */
  windowsSkipped: count,
  /** Times that one scorer has taken over from the other. */
  scorerSwitches: count,
  /** Work of the windows given to scorers, in thousand multiply-adds. */
  workUnits: count,
  turnsStarted: count,
  turnsEnded: count,
  turnsDropped: count,
  utterancesStarted: count,
  utterancesCompleted: count,
  utterancesInterrupted: count,
  utterancesCancelled: count,
  holds: count,
  releases: count,
  clears: count,
  packetsSent: count,
  /** More content claimed as heard than was sent; clamped. */
  claimsClamped: count,
  /** Content sent and not yet played, by the estimated playhead. */
  leadMs: number,
  /** As the client reports them. */
  clientUnderruns: count,
  clientConcealedMs: number,
  clientStretchMs: number,
  clientBufferedMs: number,
  clientLagMs: number,
  clientRoundTripMs: v.nullable(number),
  /** Reports with a lag that the client places in the network, and in the isolate. */
  networkLags: count,
  isolateLags: count,
  /** Lags of the isolate that this conversation runs in, since it began: of its timers where its clock shows them, and as clients report them. */
  isolateLagP50Ms: number,
  isolateLagP99Ms: number,
  isolateLagMaxMs: number,
  /** Lags longer than ISOCHRON_LAG_WARNING_MS. */
  lagWarnings: count,
  reportsReceived: count,
  epoch: count,
  connections: count,
});

export type ConversationStatistics = v.InferOutput<typeof CONVERSATION_STATISTICS>;
