// The parts of a conversation, put together once.

import { Downlink, type DownlinkListener } from '../playout/downlink.ts';
import type { ScorerFactory } from '../voice/scorer.ts';
import type { TurnTaking } from '../voice/turn-detector.ts';
import type { WorkLedger } from '../voice/work-ledger.ts';
import type { Agent } from './agent.ts';
import { AgentDesk } from './agent-desk.ts';
import { ClientSide } from './client-side.ts';
import type { ConversationConfig } from './config.ts';
import { Floor } from './floor.ts';
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
  readonly agent: Agent;
  readonly createScorer: ScorerFactory;
  /** Shared by the conversations of an isolate. */
  readonly ledger: WorkLedger;
  readonly spill: SpeechSpill;
  readonly checkpoint: CheckpointPort;
  /** Left out where nothing measures it. */
  readonly lag?: LagPort | undefined;
}

/** What the parts ask of the conversation that they belong to. */
export interface PartsCalls {
  /** The state is to be stored before anyone hears of what has just happened. */
  oweCheckpoint(): void;
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
  readonly desk: AgentDesk;
  readonly relay: TurnRelay;
  readonly floor: Floor;
  readonly turns: TurnTaker;
  readonly statistics: StatisticsRecord;
  readonly telemetry: Telemetry;
  readonly lag: LagPort;
}

export function makeParts(options: ConversationOptions, calls: PartsCalls): ConversationParts {
  const { id, config, agent, lag = NO_LAG } = options;
  const client = new ClientSide();
  const statistics = emptyStatistics();
  const uplink = new Uplink(config, options.turnTaking, options.createScorer, options.ledger);
  const downlink = new Downlink(config, calls.downlink, options.spill);
  const relay = new TurnRelay(agent, uplink.voice);
  const floor = new Floor(downlink, config);
  return {
    id,
    agent,
    client,
    uplink,
    downlink,
    relay,
    floor,
    statistics,
    desk: new AgentDesk(downlink, client, (reason) => calls.drain(reason)),
    turns: new TurnTaker(uplink, floor, relay, client, () => calls.oweCheckpoint()),
    telemetry: new Telemetry(config, statistics, lag),
    lag,
  };
}

/** Takes new numbers in mid-call. */
export function configureParts(parts: ConversationParts, config: ConversationConfig): void {
  parts.uplink.configure(config);
  parts.downlink.configure(config);
  parts.floor.configure(config);
  parts.telemetry.configure(config);
}
