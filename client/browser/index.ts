// The browser client as the package exports it: `isochron/client`.

// biome-ignore-all lint/performance/noBarrelFile: what a package exports is one file.

export type { Call } from './call.ts';
export { CallError, type CallErrorCode } from './call-error.ts';
export type {
  AgentEvent,
  AudioEvent,
  CallEvents,
  ConnectionEvent,
  DevicesEvent,
  InterruptionEvent,
  SpeakingEvent,
  TranscriptEvent,
  TurnEvent,
} from './call-events.ts';
export type * from './call-statistics.ts';
export { connect } from './connect.ts';
export type { AudioOptions, ConnectOptions, DeviceChoice } from './connect-options.ts';
export type { NetworkConditions } from './network-conditions.ts';
export { type UnfinishedCall, unfinishedCall } from './unfinished-call.ts';
