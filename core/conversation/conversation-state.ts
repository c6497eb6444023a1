// What an observer is told of a conversation.

import type { ScoringLevelName } from '../voice/scoring-level.ts';
import type { TurnTaking } from '../voice/turn-detector.ts';
import type { ConversationStatistics } from '../wire/statistics-schema.ts';
import type { CallPhase } from './call-phase.ts';
import type { ConversationParts } from './parts.ts';

/** The conversation as it stands. */
export interface ConversationState {
  readonly id: string;
  readonly phase: CallPhase['kind'];
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
}

/** The state of these parts; the statistics are copied. */
export function stateOf(parts: ConversationParts, phase: CallPhase['kind']): ConversationState {
  const { id, client, uplink, downlink, agent, statistics } = parts;
  return {
    id,
    phase,
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
  };
}
