// What the Twilio bridge adds and loses, over calls in virtual time with a caller who cuts in.

import type { Agent, AgentHost, Heard } from '../../../core/conversation/agent.ts';
import { encodeMulaw, MULAW_SILENCE } from '../../../core/media/mulaw.ts';
import { TwilioBridge } from '../../../durable-objects/bridges/twilio/twilio-bridge.ts';
import { LevelScorer } from '../../support/level-scorer.ts';
import { linkAround } from './link-around.ts';
import { type TelephoneOptions, TelephoneWorld } from './telephone-world.ts';

export type MakeBridge = NonNullable<TelephoneOptions['makeBridge']>;

/** What the calls have shown; times in milliseconds, of the virtual world where something waits, of this machine where it computes. */
export interface TelephoneFigures {
  /** From the agent's giving speech to its first message on Twilio's socket. */
  readonly addedMs: readonly number[];
  /** Computing that each message of Twilio's takes, in the bridge and the engine. */
  readonly workMs: readonly number[];
  /** From the event in which the engine gives the caller the floor to the clear on Twilio's socket. */
  readonly commitToWireMs: readonly number[];
  /** What the agent was told was heard, against what the fake has played. */
  readonly heardErrorMs: readonly number[];
  /** Of what was told as heard out, what the fake has not played. */
  readonly lostSamples: number;
  /** The most that ever lay in Twilio's buffer. */
  readonly mostBufferedMs: number;
  readonly violations: readonly string[];
}

/** How the calls are held. */
export interface TelephoneFiguresOptions {
  readonly calls: number;
  /** Puts something in the bridge's place: a saboteur. */
  readonly makeBridge?: MakeBridge | undefined;
  /** So long does Twilio take to begin to play. */
  readonly slowMs?: number | undefined;
}

/** Speech in each answer: longer than the caller lets it go on, and a short one that is heard out. */
const LONG_MS = 6000;
const SHORT_MS = 700;
const CALL_MS = 12_000;

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
export function measureTelephone(options: TelephoneFiguresOptions): TelephoneFigures {
  const calls = Array.from({ length: options.calls }, (_, index) => holdCall(options, index));
  return {
    addedMs: calls.flatMap(({ addedMs }) => addedMs),
    workMs: calls.flatMap(({ workMs }) => workMs),
    commitToWireMs: calls.flatMap(({ commitToWireMs }) => commitToWireMs),
    heardErrorMs: calls.flatMap(({ heardErrorMs }) => heardErrorMs),
    lostSamples: calls.reduce((sum, { lostSamples }) => sum + lostSamples, 0),
    mostBufferedMs: Math.max(...calls.map(({ mostBufferedMs }) => mostBufferedMs)),
    violations: calls.flatMap(({ violations }) => violations),
  };
}

function holdCall(options: TelephoneFiguresOptions, index: number): TelephoneFigures {
  const agent = new BenchAgent();
  const cutInMs = 4000 + ((index * 137) % 2000);
  const times = { addedMs: [] as number[], workMs: [] as number[], commitToWireMs: [] as number[] };
  let saidAtMs: number | null = null;
  let clearAtMs: number | null = null;
  const makeBridge: MakeBridge = (state, socket) => {
    const send = (text: string): void => {
      if (text.includes('"media"') && saidAtMs !== null) {
        times.addedMs.push(world.world.preciseMs - saidAtMs);
        saidAtMs = null;
      }
      if (text.includes('"clear"') && clearAtMs !== null) {
        times.commitToWireMs.push(world.world.preciseMs - clearAtMs);
        clearAtMs = null;
      }
      socket.send(text);
    };
    const make = options.makeBridge ?? ((...given) => new TwilioBridge(...given));
    const bridge = make(state, { ...socket, send });
    return linkAround(bridge, {
      received: (text, engine, nowMs) => {
        const begunMs = world.world.preciseMs;
        bridge.received(text, engine, nowMs);
        times.workMs.push(world.world.preciseMs - begunMs);
      },
      sendControl: (message) => {
        if (message.type === 'clear') clearAtMs = world.world.nowMs;
        bridge.sendControl(message);
      },
    });
  };
  const world: TelephoneWorld = new TelephoneWorld({
    agent,
    createScorer: (listener) => new LevelScorer(listener),
    makeBridge,
    twilio: { voice: callerFrom(cutInMs), slowMs: options.slowMs, keepsHeard: false },
    delayMs: (sentMs) => 15 + 10 * (index % 8) + ((sentMs * 7919) % 31),
  });
  for (const [atMs, ms] of [
    [500, SHORT_MS],
    [2500, LONG_MS],
  ] as const) {
    world.world.at(atMs, () => {
      saidAtMs = atMs;
      world.event((engine, nowMs) => engine.outsideEvent(() => agent.say(ms), nowMs));
    });
  }
  world.runTo(CALL_MS);
  return {
    ...times,
    heardErrorMs: heardErrorOf(world, agent),
    lostSamples: lostOf(world, agent),
    mostBufferedMs: world.fake.mostBufferedSamples / 8,
    violations: world.fake.violations,
  };
}

/** Of the utterance that was heard out; what the other has is measured by its interruption. */
function lostOf(world: TelephoneWorld, agent: BenchAgent): number {
  const whole = agent.ended.find(({ isWhole }) => isWhole);
  const played = world.fake.clears[0]?.playedSamples ?? world.fake.playedSamples;
  return whole === undefined ? SHORT_MS * 8 : Math.max(0, whole.heard.givenSamples / 2 - played);
}

function heardErrorOf(world: TelephoneWorld, agent: BenchAgent): number[] {
  const cut = agent.ended.find(({ isWhole }) => !isWhole);
  const [clear] = world.fake.clears;
  if (cut === undefined || clear === undefined) return [];
  const truth = clear.playedSamples - SHORT_MS * 8;
  return [Math.abs(cut.heard.heardSamples / 2 - truth) / 8];
}

/** µ-law of a caller who begins to speak at this time, and goes on for two seconds. */
function callerFrom(fromMs: number): Uint8Array {
  const voice = new Uint8Array((fromMs + 2000) * 8).fill(MULAW_SILENCE);
  for (let n = fromMs * 8; n < voice.length; n++)
    voice[n] = encodeMulaw(Math.round(9000 * Math.sin(n / 3)));
  return voice;
}
