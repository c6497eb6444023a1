// What an observer is told of a conversation.

import type { ScoringLevelName } from '../voice/scoring-level.ts';
import type { TurnTaking } from '../voice/turn-detector.ts';
import type { ConversationStatistics } from '../wire/statistics-schema.ts';
import type { UsageReport } from './agent.ts';
import type { CallPhase } from './call-phase.ts';
import type { ConversationParts } from './parts.ts';
import { collectLag, collectStatistics } from './statistics.ts';

/** The conversation as it stands. */
export interface ConversationState {
  readonly id: string;
  readonly phase: CallPhase['kind'];
  /** Where the caller goes on to from a conversation that has ended, as its agent has named it. */
  readonly transfer: string | null;
  readonly connected: boolean;
  readonly muted: boolean;
  readonly agent: string;
  /** Name of the scorer in charge. */
  readonly scorer: string;
  readonly scoringLevel: ScoringLevelName;
  /** Windows that wait to be scored. */
  readonly waitingWindows: number;
  readonly turnTaking: TurnTaking;
  readonly agentSpeaking: boolean;
  readonly openTurn: number | null;
  readonly lowestLiveGeneration: number;
  readonly statistics: ConversationStatistics;
  /** What the agent's answers have cost, in its vendor's units; empty where it does not say. */
  readonly usage: UsageReport;
}

/** The state of these parts; the statistics are copied. */
export function stateOf(parts: ConversationParts, phase: CallPhase): ConversationState {
  const { id, client, uplink, downlink, agent, statistics } = parts;
  return {
    id,
    phase: phase.kind,
    transfer: phase.kind === 'ended' ? (phase.transfer ?? null) : null,
    connected: client.here,
    muted: uplink.muted,
    agent: agent.name,
    scorer: uplink.voice.scorers.name,
    scoringLevel: uplink.schedule.level,
    waitingWindows: uplink.voice.waitingWindows,
    turnTaking: uplink.voice.turnTaking,
    agentSpeaking: downlink.speaking,
    openTurn: uplink.voice.openTurn,
    lowestLiveGeneration: downlink.lowestLiveGeneration,
    statistics: { ...statistics },
    usage: parts.desk.usageSoFar,
  };
}

/** Brings the statistics to where the parts are. */
export function refreshStatistics(parts: ConversationParts, nowMs: number): void {
  const { statistics, uplink, turns, downlink, lag } = parts;
  collectStatistics(statistics, uplink, turns.counters, downlink.statistics);
  collectLag(statistics, lag.lagSummary);
  statistics.leadMs = downlink.leadMs(nowMs);
}
