// The kinds of faults, and how each is done to a conversation or to the whole service.

import { setTimeout as pause } from 'node:timers/promises';
import type { Caller } from './caller.ts';
import type { ChaoticService } from './chaotic-service.ts';
import type { FaultyLine } from './faulty-line.ts';
import type { Random } from './random.ts';

/** Longest that a fault waits for the moment that it needs. */
const PATIENCE_MS = 12_000;

/** The runtime waits until the object holds no timer, for the last audio to be stored for one. */
const QUIET_PATIENCE_MS = 6000;

/** A conversation that faults are done to. */
export interface Victim {
  readonly conversation: string;
  readonly service: ChaoticService;
  readonly line: FaultyLine;
  readonly caller: Caller;
}

/** Resolves to whether it was done: what found nothing to break is not counted. */
type CallFault = (victim: Victim, random: Random) => Promise<boolean>;

/** Done to one conversation at any time. */
export const CALL_FAULTS = {
  'socket-cut': ({ line }, random) => line.cutAfter(random.between(1, 3000), random.pick(WAYS)),
  'stale-socket': ({ line }) => line.leaveHalfOpen(5000),
  'duplicate-packets': ({ line }, random) => line.repeat(random.between(1, 60)),
  'slow-reader': (victim, random) => stall(victim, 'down', random),
  'uplink-stall': (victim, random) => stall(victim, 'up', random),
  'eviction-while-away': evictWhileAway,
  abort: (victim) => ask(victim, 'abort'),
  'abort-in-write': (victim) => ask(victim, 'abort-in-write'),
  'abort-after-write': (victim) => ask(victim, 'abort-after-write'),
  'full-storage': (victim, random) => trouble(victim, 'full-storage', random.between(500, 3000)),
  'slow-confirmation': (victim, random) =>
    trouble(victim, 'slow-confirmation', random.between(1000, 3000)),
  'doubled-alarm': (victim) => ask(victim, 'double-alarm'),
  'late-alarm': (victim, random) => ask(victim, 'late-alarm', random.between(2000, 20_000)),
} as const satisfies Record<string, CallFault>;

/** Done to a conversation whose caller is muted and connected: only then does the runtime evict. */
export const QUIET_FAULTS = {
  'eviction-sockets-kept': (victim) => ask(victim, 'evict', 0, QUIET_PATIENCE_MS),
  'eviction-sockets-cut': (victim) => ask(victim, 'evict-and-cut', 0, QUIET_PATIENCE_MS),
} as const satisfies Record<string, CallFault>;

/** Done to all conversations at once. */
export const SERVICE_FAULTS = {
  'kill-9': (service: ChaoticService) => service.kill(),
  restart: (service: ChaoticService) => service.restart(),
} as const;

/** Done to a conversation that has ended, while its recording is made. */
export const RECORDING_FAULTS = {
  'failing-bucket': (victim, random) => ask(victim, 'failing-bucket', random.between(1, 3)),
} as const satisfies Record<string, CallFault>;

export type CallFaultName = keyof typeof CALL_FAULTS;
export type ServiceFaultName = keyof typeof SERVICE_FAULTS;
export type FaultName =
  | CallFaultName
  | keyof typeof QUIET_FAULTS
  | ServiceFaultName
  | keyof typeof RECORDING_FAULTS;

/** What may be chosen on the command line. */
export const CALL_FAULT_NAMES = Object.keys(CALL_FAULTS) as CallFaultName[];
export const SERVICE_FAULT_NAMES = Object.keys(SERVICE_FAULTS) as ServiceFaultName[];

const WAYS = ['up', 'down'] as const;

async function stall(
  { line, caller }: Victim,
  direction: 'up' | 'down',
  random: Random,
): Promise<boolean> {
  caller.trouble();
  const isDone = await line.stall(direction, random.between(200, 1500));
  caller.trouble();
  return isDone;
}

/** For so long after the next write, what rests on the storage comes late: no fault of the service. */
async function trouble(victim: Victim, fault: string, durationMs: number): Promise<boolean> {
  const { caller } = victim;
  const isDone = await ask(victim, fault, durationMs);
  if (!isDone) return false;
  caller.trouble();
  await pause(durationMs);
  caller.trouble();
  return true;
}

/** The network is gone for as long as the runtime needs to take the memory of an object that nobody talks to. */
async function evictWhileAway(victim: Victim): Promise<boolean> {
  let isDone = false;
  const evicted = ask(victim, 'evict-and-cut', 0, 2500).then((done) => {
    isDone = done;
  });
  await victim.line.cutUntil(evicted);
  return isDone;
}

/** Asks the test-only entry for a fault of the object. */
async function ask(
  { service, conversation }: Omit<Victim, 'line' | 'caller'>,
  fault: string,
  parameter = 0,
  patienceMs = PATIENCE_MS,
): Promise<boolean> {
  const url = new URL(`/chaos/${conversation}/${fault}`, service.url);
  url.searchParams.set('parameter', String(parameter));
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
    await response.body?.cancel();
    return response.status === 204;
  } catch {
    return false;
  }
}
