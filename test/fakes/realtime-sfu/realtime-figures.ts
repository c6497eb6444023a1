// What the Realtime SFU bridge adds and loses, over calls in virtual time with a caller who cuts in.

import type { Agent, AgentHost, Heard } from '../../../core/conversation/agent.ts';
import { RealtimeBridge } from '../../../durable-objects/bridges/realtime-sfu/realtime-bridge.ts';
import { LevelScorer } from '../../support/level-scorer.ts';
import { RealtimeWorld, type RealtimeWorldOptions } from './realtime-world.ts';

export type MakeRealtimeBridge = NonNullable<RealtimeWorldOptions['makeBridge']>;

/** What the calls have shown; times in milliseconds, of the virtual world where something waits, of this machine where it computes. */
export interface RealtimeFigures {
  /** From the agent's giving speech to its first message on the SFU's socket. */
  readonly addedMs: readonly number[];
  /** Computing that each packet of the caller's takes, in the bridge and the engine. */
  readonly workMs: readonly number[];
  /** From the event in which the caller gets the floor to the last message of the agent's speech; 0 when it leaves before that. */
  readonly commitToWireMs: readonly number[];
  /** What the agent was told was heard, against what the fake has played. */
  readonly heardErrorMs: readonly number[];
  /** Samples (16 kHz) of what was told as heard out that the fake has not played, and of the caller's that the engine has not got or missed. */
  readonly lostSamples: number;
  /** The most that ever lay at the SFU. */
  readonly mostBufferedMs: number;
  readonly underruns: number;
  readonly violations: readonly string[];
}

/** How the calls are held. */
export interface RealtimeFiguresOptions {
  readonly calls: number;
  /** Puts something in the bridge's place: a saboteur. */
  readonly makeBridge?: MakeRealtimeBridge | undefined;
  /** A re-dial is not accepted: another saboteur. */
  readonly refusesRedial?: boolean | undefined;
}

/** Speech in each answer: longer than the caller lets it go on, and a short one that is heard out. */
const LONG_MS = 6000;
const SHORT_MS = 700;
const LONG_AT_MS = 2500;
const CALL_MS = 12_000;

/** The slowest of the networks, and a packet that is not full. */
const ON_ITS_WAY_MS = 140;

/** The SFU is cut off and dials again while nobody speaks. */
const CUT_MS = 9500;

const SPEECH = Int16Array.from({ length: LONG_MS * 16 }, (_, n) => 6000 * Math.sin(n / 7));

/** Says a short and a long utterance, and notes what it is told of them. */
class BenchAgent implements Agent {
  readonly name = 'bench';
  readonly nextDeadlineMs = Number.POSITIVE_INFINITY;
  readonly ended: { readonly heard: Heard; readonly isWhole: boolean }[] = [];
  #host: AgentHost | null = null;

  open(host: AgentHost): void {
    this.#host = host;
  }

  say(ms: number): void {
    const host = this.#host!;
    const utterance = host.begin({ interruptible: true });
    host.say(utterance, SPEECH.subarray(0, ms * 16));
    host.end(utterance);
  }

  interrupted(heard: Heard): void {
    this.ended.push({ heard, isWhole: false });
  }

  completed(heard: Heard): void {
    this.ended.push({ heard, isWhole: true });
  }

  turnStarted(): void {}
  audio(): void {}
  turnEnded(): void {}
  text(): void {}
  tick(): void {}
  save(): unknown {
    return null;
  }
  restore(): void {}
  close(): void {}
}

/** Holds the calls. */
export function measureRealtime(options: RealtimeFiguresOptions): RealtimeFigures {
  const calls = Array.from({ length: options.calls }, (_, index) => holdCall(options, index));
  return {
    addedMs: calls.flatMap(({ addedMs }) => addedMs),
    workMs: calls.flatMap(({ workMs }) => workMs),
    commitToWireMs: calls.flatMap(({ commitToWireMs }) => commitToWireMs),
    heardErrorMs: calls.flatMap(({ heardErrorMs }) => heardErrorMs),
    lostSamples: calls.reduce((sum, { lostSamples }) => sum + lostSamples, 0),
    mostBufferedMs: Math.max(...calls.map(({ mostBufferedMs }) => mostBufferedMs)),
    underruns: calls.reduce((sum, { underruns }) => sum + underruns, 0),
    violations: calls.flatMap(({ violations }) => violations),
  };
}

function holdCall(options: RealtimeFiguresOptions, index: number): RealtimeFigures {
  const agent = new BenchAgent();
  const cutInMs = 4000 + ((index * 137) % 2000);
  const workMs: number[] = [];
  const clearsAtMs: number[] = [];
  const makeBridge: MakeRealtimeBridge = (state, sockets) => {
    const make = options.makeBridge ?? ((...given) => new RealtimeBridge(...given));
    const bridge = make(state, sockets);
    const received = bridge.received.bind(bridge);
    const sendControl = bridge.sendControl.bind(bridge);
    bridge.received = (message, engine, nowMs) => {
      const begunMs = world.world.preciseMs;
      received(message, engine, nowMs);
      workMs.push(world.world.preciseMs - begunMs);
    };
    bridge.sendControl = (message) => {
      if (message.type === 'clear') clearsAtMs.push(world.world.nowMs);
      sendControl(message);
    };
    return bridge;
  };
  const world: RealtimeWorld = new RealtimeWorld({
    refusesRedial: options.refusesRedial,
    makeBridge,
    agent,
    createScorer: (listener) => new LevelScorer(listener),
    egress: {
      voice: callerFrom(cutInMs),
      loses: (packet) => packet % 97 === 96,
      cutsAtMs: [CUT_MS],
      redialAfterMs: 300,
    },
    ingest: () => ({ keepsHeard: false }),
    delayMs: (sentMs) => 15 + 10 * (index % 8) + ((sentMs * 7919) % 31),
  });
  const addedMs = [
    [500, SHORT_MS],
    [LONG_AT_MS, LONG_MS],
  ].map(([atMs, ms]) => {
    let before = 0;
    world.world.at(atMs!, () => {
      before = world.sentMs.length;
      world.event((engine, nowMs) => engine.outsideEvent(() => agent.say(ms!), nowMs));
    });
    world.runTo(atMs! + 100);
    return (world.sentMs[before] ?? atMs! + 100) - atMs!;
  });
  world.runTo(CALL_MS);
  const { ingest } = world;
  return {
    addedMs,
    workMs,
    ...cutOf(world, agent, clearsAtMs),
    lostSamples: missingOf(world, agent) + lostOfCaller(world),
    mostBufferedMs: ingest.mostBufferedSamples / 48,
    underruns: ingest.underruns,
    violations: world.ingests.flatMap(({ violations }) => violations),
  };
}

/** Of the long answer, which is cut short. */
function cutOf(
  { ingest, sentMs }: RealtimeWorld,
  { ended }: BenchAgent,
  [clearAtMs]: readonly number[],
): Pick<RealtimeFigures, 'commitToWireMs' | 'heardErrorMs'> {
  const cut = ended.find(({ isWhole }) => !isWhole);
  const [, played = 0] = ingest.segments;
  const lastMs = sentMs.findLast((ms) => ms < LONG_AT_MS + LONG_MS) ?? 0;
  return {
    commitToWireMs: clearAtMs === undefined ? [] : [Math.max(0, lastMs - clearAtMs)],
    heardErrorMs: cut === undefined ? [] : [Math.abs(cut.heard.heardSamples - played / 3) / 16],
  };
}

/** Of the short answer, which is heard out. */
function missingOf({ ingest }: RealtimeWorld, { ended }: BenchAgent): number {
  const whole = ended.find(({ isWhole }) => isWhole);
  const [played = 0] = ingest.segments;
  return whole === undefined ? SHORT_MS * 16 : Math.max(0, whole.heard.givenSamples - played / 3);
}

/** Of the caller's time, what the engine knows nothing of: neither heard nor as a gap. */
function lostOfCaller(world: RealtimeWorld): number {
  const { statistics } = world.engine.state(CALL_MS);
  const knownMs = statistics.packetsReceived * 20 + statistics.gapSamples / 16;
  return Math.max(0, CALL_MS - ON_ITS_WAY_MS - knownMs) * 16;
}

/** A caller who begins to speak at this time, and goes on for two seconds: 48 kHz. */
function callerFrom(fromMs: number): Int16Array {
  const voice = new Int16Array((fromMs + 2000) * 48);
  for (let n = fromMs * 48; n < voice.length; n++) voice[n] = Math.round(9000 * Math.sin(n / 18));
  return voice;
}
