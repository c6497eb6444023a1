// Everything that is not the service: who speaks when, how the network behaves, what breaks. A run follows from it alone.

import type { ConfigOverrides } from '../core/conversation/config.ts';

/**
 * The clock that the engine is told (docs/ARCHITECTURE.md has the three). `virtual`: the true time. `real`: the same, with
 * timers that are late. `production`: stands still within events, equals the deadline in a timer, and is held back by an
 * overdue one.
 */
export type ClockKind = 'virtual' | 'real' | 'production';

/** The caller says something; without a pause, loud from the first sample to the last. */
export interface Talk {
  readonly atMs: number;
  readonly forMs: number;
}

/** One direction of the network. Messages keep their order, as on a WebSocket. */
export interface LineShape {
  readonly delayMs: number;
  /** Mean of what is added to the delay, exponentially distributed, at most six times the mean. */
  readonly jitterMs: number;
  /** 0: no limit. */
  readonly kbitPerSecond: number;
}

/** What the agent does: it answers every turn, in bursts, `speed` times as fast as it is spoken. */
export interface AgentShape {
  /** Said when the call begins; 0 for nothing. */
  readonly greetingMs: number;
  /** Length of the answers, in turn. */
  readonly answersMs: readonly number[];
  readonly speed: number;
  readonly burstMs: number;
  /** From the end of a turn to the first burst. */
  readonly thinksMs: number;
  /** Every so many answers one cannot be interrupted; 0 for none. */
  readonly stubbornEvery: number;
}

export type Fault =
  /** What would arrive within this time arrives at its end. */
  | {
      readonly kind: 'stall';
      readonly direction: 'up' | 'down' | 'both';
      readonly atMs: number;
      readonly forMs: number;
    }
  /** The connection breaks; a new one can be had after `forMs`. The server notices after `noticedMs`. */
  | {
      readonly kind: 'cut';
      readonly atMs: number;
      readonly forMs: number;
      readonly noticedMs: number;
      /** What was under way towards the server still arrives, late, over the old connection. */
      readonly isHalfOpen: boolean;
    }
  /** The object's memory is lost; the last checkpoint is not. */
  | { readonly kind: 'evict'; readonly atMs: number; readonly keepsSocket: boolean }
  /** The engine is replaced by one restored from its snapshot of this moment. */
  | { readonly kind: 'replace'; readonly atMs: number }
  /** The isolate computes something else. */
  | { readonly kind: 'burn'; readonly atMs: number; readonly forMs: number }
  /** The caller presses the button that interrupts. */
  | { readonly kind: 'interrupt'; readonly atMs: number }
  /** The agent interrupts itself. */
  | { readonly kind: 'agent-interrupt'; readonly atMs: number }
  | { readonly kind: 'mute'; readonly atMs: number; readonly forMs: number }
  /** The page is loaded anew: another stream, another player. */
  | { readonly kind: 'reload'; readonly atMs: number };

export interface Scenario {
  /** Of everything that is drawn while the run goes on: delays, lateness. */
  readonly seed: number;
  readonly durationMs: number;
  readonly clock: ClockKind;
  /** When the run begins, on the engine's clock. */
  readonly originMs: number;
  /** Mean lateness of the engine's timers, ms. */
  readonly timerLateMs: number;
  /** How much faster than true time the client's clock and sound device run. */
  readonly driftPpm: number;
  /** The player makes speech last longer while little of it is left. */
  readonly isElastic: boolean;
  /** Period of the sound device. */
  readonly deviceMs: number;
  /** Time from a checkpoint to its confirmation, during which everything sent is held back. */
  readonly confirmationMs: number;
  /** `scripted`: a window is speech when it is loud. `kernel`: the neural kernel, and recorded speech. */
  readonly scorer: 'scripted' | 'kernel';
  readonly config: ConfigOverrides;
  readonly up: LineShape;
  readonly down: LineShape;
  readonly agent: AgentShape;
  readonly talks: readonly Talk[];
  readonly faults: readonly Fault[];
}
