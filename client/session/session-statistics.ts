// The counters of a session.

import type { DurationHistogram } from '../../core/conversation/duration-histogram.ts';
import type { LagCause } from './lag-meter.ts';

/** All of them count from when the session was made. */
export interface SessionStatistics {
  /** Uplink packets kept for resending, now. */
  readonly packetsKept: number;
  readonly packetsResent: number;
  /** Packets overwritten before they were acknowledged: an outage then would have lost them. */
  readonly packetsOverwritten: number;
  /** Control messages dropped because too many were kept while there was no connection. */
  readonly messagesDropped: number;
  /** Messages of a type that this version does not know. */
  readonly unknownMessages: number;
  /** Messages with which the server broke the protocol. */
  readonly violations: number;
  readonly connections: number;
  /** The latest round trip of an echo, null before the first. */
  readonly roundTripMs: number | null;
  /** The rise placed last, 0 before the first, and where it came from. */
  readonly lagMs: number;
  readonly lagCause: LagCause | null;
  /** Rises of the round trip over its rolling minimum; goes on counting in place. */
  readonly lag: DurationHistogram;
  /** Those of them that have a cause. */
  readonly lagByCause: Readonly<Record<LagCause, DurationHistogram>>;
}
