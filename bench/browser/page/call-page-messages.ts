// What a page with a call and the program outside say to each other.

import type { AgentEvent, CallEvents } from '../../../client/browser/call-events.ts';
import type { CallStatistics } from '../../../client/browser/call-statistics.ts';
import type { NetworkConditions } from '../../../client/browser/network-conditions.ts';
import type { OutputPeaks } from './tap-messages.ts';

/** The part of the address behind "#" is this, as JSON. */
export interface PageOrder {
  /** What `POST /v1/conversations` is sent. */
  readonly conversation: Readonly<Record<string, unknown>>;
  readonly network?: NetworkConditions | undefined;
  /** Whether the output is looked at. */
  readonly tapped: boolean;
  /** Whether nothing is ever forgotten: a page that leaks. */
  readonly hoards?: boolean | undefined;
}

/** How the call began. */
export interface BegunCall {
  readonly conversation: string;
  readonly token: string;
  /** From the request of the page to the welcome, with the microphone open. */
  readonly readyMs: number;
}

/** What has happened since the last time that it was asked for. */
export interface CallNews {
  readonly turns: CallEvents['turn'][];
  readonly speaking: CallEvents['speaking'][];
  readonly agent: AgentEvent[];
  readonly interruptions: CallEvents['interruption'][];
  readonly faults: string[];
  readonly statistics: CallStatistics[];
  readonly output: OutputPeaks[];
}
