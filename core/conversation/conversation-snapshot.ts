// Everything of a conversation that must survive the loss of memory.

import type { DownlinkSnapshot } from '../playout/downlink.ts';
import type { CallPhase } from './call-phase.ts';
import type { ClientSideSnapshot } from './client-side.ts';
import type { DeferredWorkSnapshot } from './deferred-work.ts';
import type { FloorPhase } from './floor.ts';
import type { StatisticsRecord } from './statistics.ts';
import type { TelemetrySnapshot } from './telemetry.ts';
import type { TurnRelaySnapshot } from './turn-relay.ts';
import type { TurnCounters } from './turn-taker.ts';
import type { UplinkSnapshot } from './uplink.ts';

/** Structured-cloneable. Later versions add fields only, and a missing field means its initial value. */
export interface ConversationSnapshot {
  readonly version: 1;
  readonly originMs: number;
  readonly eventMs?: number | undefined;
  readonly call?: CallPhase | undefined;
  readonly client?: ClientSideSnapshot | undefined;
  /** Null before the agent was opened. */
  readonly agent?: { readonly state: unknown } | null | undefined;
  readonly statistics?: Partial<StatisticsRecord> | undefined;
  readonly turns?: TurnCounters | undefined;
  readonly checkpointPosition?: number | undefined;
  readonly deferred?: DeferredWorkSnapshot | undefined;
  readonly uplink?: UplinkSnapshot | undefined;
  readonly downlink?: DownlinkSnapshot | undefined;
  readonly relay?: TurnRelaySnapshot | undefined;
  readonly floor?: FloorPhase | undefined;
  readonly telemetry?: TelemetrySnapshot | undefined;
}
