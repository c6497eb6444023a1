// What the page and its transport worker say to each other.

import type { ServerMessage } from '../../core/wire/messages.ts';
import type { CallErrorCode } from './call-error.ts';
import type { CallEvents } from './call-events.ts';
import type { CallStatistics } from './call-statistics.ts';
import type { NetworkConditions } from './network-conditions.ts';

/** How the worker begins; the ports to the worklets come with it: capture first. */
export interface CallSetUp {
  readonly socket: string;
  readonly token: string;
  readonly codec: 'pcm16' | 'opus';
  /** Rate of the audio context, in Hz. */
  readonly rateHz: number;
  readonly reconnectMs: number;
  readonly muted: boolean;
  readonly pushToTalk: boolean;
  readonly network: NetworkConditions;
}

/** Page → worker. */
export type CallOrder =
  | { readonly type: 'start'; readonly setUp: CallSetUp }
  | { readonly type: 'mute'; readonly muted: boolean }
  | { readonly type: 'interrupt' }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'talk'; readonly pressed: boolean }
  | { readonly type: 'latency'; readonly outputLatencyMs: number }
  | { readonly type: 'network'; readonly conditions: NetworkConditions }
  | { readonly type: 'cut'; readonly forMs: number }
  | { readonly type: 'close'; readonly reason: string };

/** The statistics as far as the worker knows them. */
export type WorkerStatistics = Omit<CallStatistics, 'devices'>;

/** The events that the worker tells, one record each. */
export type WorkerEvent = {
  readonly [Name in 'turn' | 'transcript' | 'speaking' | 'agent' | 'interruption' | 'connection']: {
    readonly name: Name;
    readonly event: CallEvents[Name];
  };
}['turn' | 'transcript' | 'speaking' | 'agent' | 'interruption' | 'connection'];

/** Worker → page. */
export type CallNews =
  | { readonly type: 'event'; readonly event: WorkerEvent }
  | { readonly type: 'message'; readonly message: ServerMessage }
  | { readonly type: 'statistics'; readonly statistics: WorkerStatistics }
  /** Welcome has come; the token connects again after a reload, null where the first one still does. */
  | { readonly type: 'welcome'; readonly conversation: string; readonly resumeToken: string | null }
  | { readonly type: 'muted'; readonly muted: boolean }
  | {
      readonly type: 'error';
      readonly code: CallErrorCode;
      readonly sentence: string;
      readonly closeCode: number | null;
    }
  /** Over; the worker does nothing any more. */
  | { readonly type: 'closed' };
