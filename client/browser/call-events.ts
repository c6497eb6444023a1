// The events of a call: what happened, and where on its axis (see CallStatistics).

import type { ServerMessage, TurnEndReason, UtteranceEndReason } from '../../core/wire/messages.ts';
import type { CallError } from './call-error.ts';
import type { CallStatistics } from './call-statistics.ts';

/** Every event by its name. `atMs` is when it became known here; other `…Ms` say where in the sound it lies. */
export interface CallEvents {
  /** The caller's turns. */
  readonly turn: TurnEvent;
  readonly transcript: TranscriptEvent;
  /** Somebody begins or ceases to speak: the caller as the service hears it, the agent as it leaves this player. */
  readonly speaking: SpeakingEvent;
  /** The agent's utterances, as the service tells of them. */
  readonly agent: AgentEvent;
  /** The stages of a barge-in. */
  readonly interruption: InterruptionEvent;
  readonly connection: ConnectionEvent;
  /** Whether the browser lets the call sound. */
  readonly audio: AudioEvent;
  /** The capture settings have changed, or may have: another microphone, another speaker. */
  readonly devices: DevicesEvent;
  /** Ten a second, driven by the sound device. */
  readonly statistics: CallStatistics;
  /** Something went wrong; a call that it ends says so in `connection`, too. */
  readonly error: CallError;
  /** Every message of the service, after the events above. */
  readonly message: ServerMessage;
}

export type TurnEvent =
  | {
      readonly state: 'started';
      readonly atMs: number;
      readonly turn: number;
      readonly startMs: number;
      /** The turn that this one goes on with. */
      readonly continues: number | null;
    }
  | {
      readonly state: 'ended';
      readonly atMs: number;
      readonly turn: number;
      readonly startMs: number;
      readonly endMs: number;
      readonly reason: TurnEndReason;
    }
  /** What looked like a turn was none. */
  | { readonly state: 'dropped'; readonly atMs: number; readonly turn: number };

export interface TranscriptEvent {
  readonly atMs: number;
  readonly party: 'caller' | 'agent';
  readonly text: string;
  readonly final: boolean;
}

export interface SpeakingEvent {
  readonly party: 'caller' | 'agent';
  readonly speaking: boolean;
  readonly atMs: number;
  /** Where in the sound: for the caller where speech begins or ends, for the agent where the player does. */
  readonly soundMs: number;
}

export type AgentEvent =
  | {
      readonly state: 'started';
      readonly atMs: number;
      readonly utterance: number;
      readonly generation: number;
      readonly interruptible: boolean;
    }
  /** Its first sample leaves the player. */
  | {
      readonly state: 'audible';
      readonly atMs: number;
      readonly utterance: number;
      readonly generation: number;
    }
  | {
      readonly state: 'ended';
      readonly atMs: number;
      readonly utterance: number;
      readonly generation: number;
      readonly reason: UtteranceEndReason;
      /** Content of its last generation that was heard. */
      readonly heardMs: number;
    };

/** `hold`: silent, and may go on. `release`: goes on. `clear`: will not go on. */
export interface InterruptionEvent {
  readonly stage: 'hold' | 'release' | 'clear';
  readonly atMs: number;
  readonly generation: number;
}

export type ConnectionEvent =
  | { readonly state: 'live'; readonly atMs: number; readonly conversation: string }
  /** Being had again; `attempt` counts from 1, `inMs` is the wait before it. */
  | {
      readonly state: 'lost';
      readonly atMs: number;
      readonly closeCode: number;
      readonly attempt: number;
      readonly inMs: number;
    }
  /** Over for good: `closed` by this side, else as the error of the same moment says. */
  | { readonly state: 'closed'; readonly atMs: number; readonly reason: string };

/**
 * `running`; `blocked`: the browser wants a gesture first (autoplay), call `startAudio` from one; `interrupted`: by the
 * system, as by a telephone call.
 */
export interface AudioEvent {
  readonly state: 'running' | 'blocked' | 'interrupted';
}

export interface DevicesEvent {
  readonly microphone: string;
  /** Device id of the speaker in use, '' for the default. */
  readonly speaker: string;
  readonly reason: 'chosen' | 'changed' | 'lost';
}
