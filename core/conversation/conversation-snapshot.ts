// Everything of a conversation that must survive the loss of memory.

import type { DownlinkSnapshot } from '../playout/downlink.ts';
import type { AgentDeskSnapshot } from './agent-desk.ts';
import type { AnnouncerSnapshot } from './announcer.ts';
import type { Call } from './call.ts';
import type { CallPhase } from './call-phase.ts';
import type { ChronicleSnapshot } from './chronicle.ts';
import type { ClientSideSnapshot } from './client-side.ts';
import type { DurabilitySnapshot } from './durability.ts';
import type { EchoWatchSnapshot } from './echo-watch.ts';
import type { FloorPhase } from './floor.ts';
import type { IdleWatchSnapshot } from './idle-watch.ts';
import type { JournalSnapshot } from './journal.ts';
import type { ConversationParts } from './parts.ts';
import type { ClientLink } from './ports.ts';
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
  readonly durability?: DurabilitySnapshot | undefined;
  readonly journal?: JournalSnapshot | undefined;
  readonly chronicle?: ChronicleSnapshot | undefined;
  readonly uplink?: UplinkSnapshot | undefined;
  readonly downlink?: DownlinkSnapshot | undefined;
  readonly echo?: EchoWatchSnapshot | undefined;
  readonly relay?: TurnRelaySnapshot | undefined;
  readonly floor?: FloorPhase | undefined;
  readonly telemetry?: TelemetrySnapshot | undefined;
  readonly desk?: AgentDeskSnapshot | undefined;
  readonly idle?: IdleWatchSnapshot | undefined;
  readonly announcer?: AnnouncerSnapshot | undefined;
}

/** The state of a conversation's parts; times are copied as they are. */
export function snapshotOf(
  parts: ConversationParts,
  call: Call,
  originMs: number,
  eventMs: number,
): ConversationSnapshot {
  const { client, uplink, downlink, agent, relay, floor, turns, telemetry } = parts;
  return {
    version: 1,
    originMs,
    eventMs,
    durability: parts.durability.snapshot(),
    journal: parts.journal.snapshot(),
    chronicle: parts.chronicle.snapshot(),
    call: call.snapshot(),
    client: client.snapshot(),
    agent: call.agentOpened ? { state: agent.save() } : null,
    statistics: { ...parts.statistics },
    turns: { ...turns.counters },
    uplink: uplink.snapshot(),
    downlink: downlink.snapshot(),
    echo: parts.echo.snapshot(),
    relay: relay.snapshot(),
    floor: floor.snapshot(),
    telemetry: telemetry.snapshot(),
    desk: parts.desk.snapshot(),
    idle: parts.idle.snapshot(),
    announcer: parts.announcer.snapshot(),
  };
}

/** Brings newly made parts to the state of a snapshot. `number` and `link`: the connection that it had, null when that is gone. */
export function restoreFrom(
  snapshot: ConversationSnapshot,
  parts: ConversationParts,
  call: Call,
  { number, link }: { readonly number: number; readonly link: ClientLink | null },
): void {
  const { client, uplink, downlink, relay, floor, turns, telemetry } = parts;
  const eventMs = snapshot.eventMs ?? 0;
  parts.durability.restore(snapshot.durability ?? {});
  parts.journal.restore(snapshot.journal ?? {});
  parts.chronicle.restore(snapshot.chronicle ?? {});
  Object.assign(parts.statistics, snapshot.statistics);
  Object.assign(turns.counters, snapshot.turns);
  uplink.restore(snapshot.uplink ?? {});
  if (snapshot.downlink !== undefined) downlink.restore(snapshot.downlink);
  if (snapshot.echo !== undefined) parts.echo.restore(snapshot.echo);
  relay.restore(snapshot.relay ?? {});
  floor.restore(snapshot.floor);
  telemetry.restore(snapshot.telemetry ?? {});
  parts.desk.restore(snapshot.desk ?? {});
  parts.idle.restore(snapshot.idle ?? {});
  parts.announcer.restore(snapshot.announcer ?? {});
  client.restore(snapshot.client ?? {}, number, link, eventMs);
  call.restore(snapshot.call, snapshot.agent ?? null, eventMs);
}
