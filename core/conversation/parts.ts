// The parts of a conversation, put together once.

import { Downlink, type DownlinkListener } from '../playout/downlink.ts';
import type { EchoGuardMode } from '../voice/echo-guard.ts';
import type { ScorerFactory } from '../voice/scorer.ts';
import type { TurnTaking } from '../voice/turn-detector.ts';
import type { WorkLedger } from '../voice/work-ledger.ts';
import type { Agent } from './agent.ts';
import { AgentDesk } from './agent-desk.ts';
import { Chronicle } from './chronicle.ts';
import { ClientSide } from './client-side.ts';
import type { ConversationConfig } from './config.ts';
import { Durability, type DurabilityCalls } from './durability.ts';
import { EchoWatch } from './echo-watch.ts';
import { Floor } from './floor.ts';
import { Journal } from './journal.ts';
import { type CheckpointPort, type LagPort, NO_LAG, type SpeechSpill } from './ports.ts';
import { emptyStatistics, type StatisticsRecord } from './statistics.ts';
import { Telemetry } from './telemetry.ts';
import { TurnRelay } from './turn-relay.ts';
import { TurnTaker } from './turn-taker.ts';
import { Uplink } from './uplink.ts';

/** What a conversation is made of from outside. */
export interface ConversationOptions {
  readonly id: string;
  readonly config: ConversationConfig;
  readonly turnTaking: TurnTaking;
  /** Whether echo is told from the caller; 'off' unless given. */
  readonly echoGuard?: EchoGuardMode | undefined;
  readonly agent: Agent;
  readonly createScorer: ScorerFactory;
  /** Shared by the conversations of an isolate. */
  readonly ledger: WorkLedger;
  readonly spill: SpeechSpill;
  readonly checkpoint: CheckpointPort;
  /** Left out where nothing measures it. */
  readonly lag?: LagPort | undefined;
  /** Packets and timeline go into the journal. */
  readonly isRecorded?: boolean | undefined;
}

/** What the parts ask of the conversation that they belong to. */
export interface PartsCalls {
  readonly durability: DurabilityCalls;
  /** Ends the conversation after the last word was heard. */
  drain(reason: string): void;
  readonly downlink: DownlinkListener;
}

/** Each part knows only those that it is given here. */
export interface ConversationParts {
  readonly id: string;
  readonly agent: Agent;
  readonly client: ClientSide;
  readonly uplink: Uplink;
  readonly downlink: Downlink;
  readonly echo: EchoWatch;
  readonly desk: AgentDesk;
  readonly relay: TurnRelay;
  readonly floor: Floor;
  readonly turns: TurnTaker;
  readonly statistics: StatisticsRecord;
  readonly telemetry: Telemetry;
  readonly lag: LagPort;
  readonly journal: Journal;
  readonly durability: Durability;
  readonly chronicle: Chronicle;
}

export function makeParts(options: ConversationOptions, calls: PartsCalls): ConversationParts {
  const { id, config, agent, lag = NO_LAG, isRecorded = false } = options;
  const journal = new Journal(isRecorded, () => durability.makeRoom());
  const durability = new Durability(options.checkpoint, journal, config, calls.durability);
  const client = new ClientSide((message) => chronicle.told(message));
  const statistics = emptyStatistics();
  const { turnTaking, createScorer, ledger, echoGuard = 'off' } = options;
  const downlink = new Downlink(config, calls.downlink, options.spill);
  const echo = new EchoWatch(echoGuard, downlink, ledger);
  const uplink = new Uplink(config, turnTaking, createScorer, ledger, journal, echo.guard);
  const subject = { conversation: id, agent: agent.name };
  const chronicle = new Chronicle(isRecorded, subject, journal, uplink, downlink);
  const relay = new TurnRelay(agent, uplink.voice);
  const floor = new Floor(downlink, uplink.voice, config);
  return {
    id,
    agent,
    client,
    uplink,
    downlink,
    echo,
    relay,
    floor,
    statistics,
    desk: new AgentDesk(
      downlink,
      client,
      (reason) => calls.drain(reason),
      () => durability.owe(),
      chronicle,
    ),
    turns: new TurnTaker(uplink, floor, relay, client, () => durability.owe()),
    telemetry: new Telemetry(config, statistics, lag),
    lag,
    journal,
    durability,
    chronicle,
  };
}

/** Takes new numbers in mid-call. */
export function configureParts(parts: ConversationParts, config: ConversationConfig): void {
  parts.uplink.configure(config);
  parts.downlink.configure(config);
  parts.floor.configure(config);
  parts.telemetry.configure(config);
  parts.durability.configure(config);
}
