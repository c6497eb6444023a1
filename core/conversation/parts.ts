// The parts of a conversation, put together once.

import { ConversationLookout } from '../observation/lookout.ts';
import { NOBODY, type Watch } from '../observation/watch.ts';
import { Downlink, type DownlinkListener } from '../playout/downlink.ts';
import type { EchoGuardMode } from '../voice/echo-guard.ts';
import type { ScorerFactory } from '../voice/scorer.ts';
import type { TurnTaking } from '../voice/turn-detector.ts';
import type { WorkLedger } from '../voice/work-ledger.ts';
import type { Agent } from './agent.ts';
import { AgentDesk } from './agent-desk.ts';
import { Announcer } from './announcer.ts';
import { Chronicle } from './chronicle.ts';
import { ClientSide } from './client-side.ts';
import type { ConversationConfig } from './config.ts';
import { Durability, type DurabilityCalls } from './durability.ts';
import { EchoWatch } from './echo-watch.ts';
import { Floor } from './floor.ts';
import { IdleWatch, isStir } from './idle-watch.ts';
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
  /** Left out where nobody can look on. */
  readonly watch?: Watch | undefined;
  /** Packets and timeline go into the journal. */
  readonly isRecorded?: boolean | undefined;
}

/** What the parts ask of the conversation that they belong to. */
export interface PartsCalls {
  readonly durability: DurabilityCalls;
  /** Ends the conversation after the last word was heard; `transfer` is where the caller goes on to. */
  drain(reason: string, transfer?: string): void;
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
  readonly lookout: ConversationLookout;
  readonly idle: IdleWatch;
  readonly announcer: Announcer;
}

export function makeParts(options: ConversationOptions, calls: PartsCalls): ConversationParts {
  const { id, config, agent, lag = NO_LAG, watch = NOBODY, isRecorded = false } = options;
  const journal = new Journal(isRecorded, () => durability.makeRoom());
  const durability = new Durability(options.checkpoint, journal, config, calls.durability);
  const client = new ClientSide((message) => {
    chronicle.told(message);
    if (isStir(message)) idle.active(desk.eventMs);
  });
  const statistics = emptyStatistics();
  const { turnTaking, createScorer, ledger, echoGuard = 'off' } = options;
  const downlink = new Downlink(config, calls.downlink, options.spill);
  const echo = new EchoWatch(echoGuard, downlink, ledger);
  const uplink = new Uplink(config, turnTaking, createScorer, ledger, journal, echo.guard);
  const subject = { conversation: id, agent: agent.name };
  const chronicle = new Chronicle(isRecorded, subject, journal, uplink, downlink, watch);
  uplink.voice.watch = watch;
  const relay = new TurnRelay(agent, uplink.voice);
  const floor = new Floor(downlink, uplink.voice, config);
  const turns = new TurnTaker(uplink, floor, relay, client, () => durability.owe());
  const view = { chronicle, client, uplink, downlink, statistics, turns, lag };
  const lookout = new ConversationLookout(view, config);
  watch.begin(lookout);
  const desk = new AgentDesk(
    downlink,
    client,
    (reason, transfer) => calls.drain(reason, transfer),
    () => durability.owe(),
    chronicle,
  );
  const idle = new IdleWatch(agent, client, uplink, downlink, config);
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
    desk,
    turns,
    telemetry: new Telemetry(config, statistics, lag),
    lag,
    journal,
    durability,
    chronicle,
    lookout,
    idle,
    announcer: new Announcer(agent, downlink, () => durability.owe()),
  };
}

/** Takes new numbers in mid-call. */
export function configureParts(parts: ConversationParts, config: ConversationConfig): void {
  parts.uplink.configure(config);
  parts.downlink.configure(config);
  parts.floor.configure(config);
  parts.telemetry.configure(config);
  parts.durability.configure(config);
  parts.lookout.configure(config);
  parts.idle.configure(config);
}
