// One conversation under fault: held by a caller, hit at random instants.

import { setTimeout as pause } from 'node:timers/promises';
import { createConversation, type Invitation, socketUrl } from '../client/node/service-api.ts';
import type { TurnTold } from './agent-backend.ts';
import { Caller } from './caller.ts';
import type { ChaoticService } from './chaotic-service.ts';
import {
  CALL_FAULTS,
  type CallFaultName,
  type FaultName,
  QUIET_FAULTS,
  RECORDING_FAULTS,
  type Victim,
} from './fault-kinds.ts';
import { FaultyLine } from './faulty-line.ts';
import { Random } from './random.ts';
import { downloadRecording } from './recording-download.ts';
import type { RecordingFiles } from './recording-verdict.ts';
import type { Scene } from './scene.ts';
import type { Counts, FaultMoment } from './tally.ts';

/** Faults come this far apart on average. */
const QUIET_INTERVAL_MS = 700;

/** A goodbye needs so long to come through a line that is whole. */
const GOODBYE_MS = 200;

/** Longest wait for an answer. */
const ASK_MS = 2000;

export interface ConversationOptions {
  readonly service: ChaoticService;
  readonly scene: Scene;
  readonly seed: number;
  /** Mean time between two faults; null for none. */
  readonly faultIntervalMs: number | null;
  /** Faults to choose from. */
  readonly kinds: readonly CallFaultName[];
  /** Whether a recording is made on a bucket that fails at first, which takes up to 14 s. */
  readonly failsBucket: boolean;
  readonly happened: (name: FaultName) => void;
  readonly stop: AbortSignal;
}

/** A conversation that is over. */
export interface HeldConversation {
  readonly log: Awaited<ReturnType<Caller['run']>>;
  /** What whoever the agent speaks to has heard. */
  readonly outside: readonly TurnTold[];
  /** Faults with their times, by the clock of `performance`. */
  readonly history: readonly FaultMoment[];
  readonly beganMs: number;
  readonly counts: Counts | null;
  /** Null when it was not made; undefined when none was asked for. */
  readonly recording: RecordingFiles | null | undefined;
}

/** Holds a conversation from its creation to its end. */
export async function holdUnderFault(options: ConversationOptions): Promise<HeldConversation> {
  const { service, scene, seed, stop } = options;
  const random = new Random(seed);
  const invitation = await invited(options);
  const line = new FaultyLine(() => service.url);
  const url = socketUrl({ url: await line.listen() }, invitation.conversation);
  const ask = () => stateOf(service, invitation);
  const caller = new Caller({
    scene,
    url,
    ...invitation,
    stream: random.between(0, 2 ** 32),
    isAllSaid: async () => {
      const state = await ask();
      const isAllSaid =
        state && !state.agentSpeaking && state.openTurn === null && state.waitingWindows === 0;
      if (isAllSaid === true) faults.push(breakBucket(victim, options, random, happened));
      return isAllSaid;
    },
    stop,
  });
  const over = new AbortController();
  const history: FaultMoment[] = [];
  const beganMs = performance.now();
  const happened = (name: FaultName) => {
    history.push({ atMs: performance.now(), name });
    options.happened(name);
  };
  const missed = (name: FaultName) => {
    history.push({ atMs: performance.now(), name, isMissed: true });
  };
  const victim = { conversation: invitation.conversation, service, line, caller };
  const faults: Promise<void>[] = [
    inflictAtRandom(victim, options, random, happened, missed, over.signal),
    inflictInQuiet(victim, options, random, happened, over.signal),
  ];
  const log = await caller.run();
  over.abort();
  await pause(GOODBYE_MS);
  line.close();
  const { conversation } = invitation;
  await endCall(service, conversation);
  const recording = scene.request.recording
    ? await downloadRecording(service, conversation)
    : undefined;
  await Promise.all(faults);
  const counts = await countsOf(options, invitation, log);
  const outside = service.backend.heardOf(conversation);
  return { log, outside, history, beganMs, recording, counts };
}

/** The recording is made on a bucket that fails at first. */
async function breakBucket(
  victim: Victim,
  { failsBucket, scene }: ConversationOptions,
  random: Random,
  happened: (name: FaultName) => void,
): Promise<void> {
  if (!failsBucket || !scene.request.recording) return;
  if (await RECORDING_FAULTS['failing-bucket'](victim, random)) happened('failing-bucket');
}

async function inflictAtRandom(
  victim: Victim,
  { faultIntervalMs, kinds }: ConversationOptions,
  random: Random,
  happened: (name: FaultName) => void,
  missed: (name: FaultName) => void,
  over: AbortSignal,
): Promise<void> {
  if (faultIntervalMs === null || kinds.length === 0) return;
  let deck: CallFaultName[] = [];
  while (await isStill(random.waitMs(faultIntervalMs), over)) {
    // Each kind once before any comes again.
    if (deck.length === 0) deck = random.shuffled(kinds);
    const name = deck.pop()!;
    const done = CALL_FAULTS[name](victim, random).then((isDone) =>
      isDone ? happened(name) : missed(name),
    );
    // What waits for its moment does not keep others from theirs.
    await Promise.race([done, pause(1000)]);
  }
}

async function inflictInQuiet(
  victim: Victim,
  { faultIntervalMs }: ConversationOptions,
  random: Random,
  happened: (name: FaultName) => void,
  over: AbortSignal,
): Promise<void> {
  if (faultIntervalMs === null) return;
  const names = random.shuffled(Object.keys(QUIET_FAULTS) as (keyof typeof QUIET_FAULTS)[]);
  let turn = 0;
  while (await isStill(random.waitMs(QUIET_INTERVAL_MS), over)) {
    if (!victim.caller.isQuiet) continue;
    // In turn, so that none of the two is scarce.
    const name = names[turn % names.length]!;
    if (!(await QUIET_FAULTS[name](victim))) continue;
    happened(name);
    turn++;
  }
}

/** Waits; false when it is over. */
async function isStill(waitMs: number, over: AbortSignal): Promise<boolean> {
  await pause(waitMs, undefined, { signal: over }).catch(() => {});
  return !over.aborted;
}

/** A service that is just being killed is asked again. */
async function invited({ service, scene, stop }: ConversationOptions): Promise<Invitation> {
  for (;;) {
    try {
      const { url, apiKey } = service;
      return await createConversation({ url, apiKey }, scene.request);
    } catch (fault) {
      if (stop.aborted) throw fault;
      await pause(200);
    }
  }
}

/** A caller's `bye` may be lost with its line; the operator's word is repeated until it is heard. */
async function endCall(service: ChaoticService, conversation: string): Promise<void> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const url = new URL(`/v1/conversations/${conversation}/end`, service.url);
    const response = await fetch(url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${service.apiKey}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ mode: 'now' }),
      signal: AbortSignal.timeout(ASK_MS),
    }).catch(() => null);
    // While the storage is full the end may be lost with the memory: the answer then tells of a call that goes on.
    const state = response?.ok ? ((await response.json().catch(() => null)) as State | null) : null;
    if (state?.phase === 'ended') return;
    await pause(500);
  }
}

interface State {
  readonly phase: string;
  readonly agentSpeaking: boolean;
  readonly openTurn: number | null;
  readonly waitingWindows: number;
  readonly rowsWritten: Readonly<Record<string, number>>;
}

async function stateOf(
  service: ChaoticService,
  { conversation, token }: Invitation,
): Promise<State | null> {
  try {
    const response = await fetch(new URL(`/v1/conversations/${conversation}`, service.url), {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ASK_MS),
    });
    return response.ok ? ((await response.json()) as State) : null;
  } catch {
    return null;
  }
}

async function countsOf(
  { service }: ConversationOptions,
  invitation: Invitation,
  { durationMs, messagesSent, connections }: HeldConversation['log'],
): Promise<Counts | null> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const state = await stateOf(service, invitation);
    if (state !== null) {
      const rows = state.rowsWritten;
      const requests = connections.length + (rows['alarm'] ?? 0);
      return { rows, messages: messagesSent, requests, minutes: durationMs / 60_000 };
    }
    await pause(500);
  }
  return null;
}
