// What the Twilio bridge adds and loses, over conversations in virtual time with a caller who cuts in.

import type { Agent, AgentHost, Heard } from '../../core/conversation/agent.ts';
import { encodeMulaw, MULAW_SILENCE } from '../../core/media/mulaw.ts';
import type { ScorerFactory } from '../../core/voice/scorer.ts';
import { type TelephoneOptions, TelephoneWorld } from '../../test/fakes/twilio/telephone-world.ts';

/** Results of the bridge; times in milliseconds. */
export interface BridgeFigures {
  /** From the agent's giving speech to its first message on Twilio's socket. */
  readonly addedMsP95: number;
  /** From the time at which the caller has the floor to the clear on Twilio's socket; it leaves before that. */
  readonly commitToWireMsP95: number;
  /** What the agent was told was heard, against what the fake has played. */
  readonly heardErrorMsMax: number;
  /** Of what was told as heard out, what the fake has not played. */
  readonly lostSamples: number;
  /** The most that ever lay in Twilio's buffer. */
  readonly mostBufferedMs: number;
  readonly interruptions: number;
}

/** How the conversations are held. */
export interface TwilioBenchOptions {
  readonly conversations: number;
  /** What takes a window for speech when it is loud, or a real scorer. */
  readonly createScorer: ScorerFactory;
  /** Puts something in the bridge's place: a saboteur. */
  readonly makeBridge?: TelephoneOptions['makeBridge'];
  /** So long does Twilio take to begin to play. */
  readonly slowMs?: number | undefined;
}

/** Speech in each answer: longer than the caller lets it go on, and a short one that is heard out. */
const LONG_MS = 6000;
const SHORT_MS = 700;
const CALL_MS = 12_000;

/** Says a short and a long utterance, and notes what it is told of them. */
class BenchAgent implements Agent {
  readonly name = 'bench';
  readonly nextDeadlineMs = Number.POSITIVE_INFINITY;
  readonly ended: { readonly heard: Heard; readonly atMs: number; readonly isWhole: boolean }[] =
    [];
  #host: AgentHost | null = null;

  open(host: AgentHost): void {
    this.#host = host;
  }

  say(ms: number): void {
    const host = this.#host!;
    const utterance = host.begin({ interruptible: true });
    host.say(
      utterance,
      Int16Array.from({ length: ms * 16 }, (_, n) => 6000 * Math.sin(n / 7)),
    );
    host.end(utterance);
  }

  interrupted(heard: Heard, atMs: number): void {
    this.ended.push({ heard, atMs, isWhole: false });
  }

  completed(heard: Heard, atMs: number): void {
    this.ended.push({ heard, atMs, isWhole: true });
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

/** Holds the conversations; the same options give the same figures. */
export function measureTwilio(options: TwilioBenchOptions): BridgeFigures {
  const calls = Array.from({ length: options.conversations }, (_, index) =>
    holdCall(options, index),
  );
  const interruptions = calls.flatMap(({ interruption }) => interruption ?? []);
  return {
    addedMsP95: percentile95(calls.flatMap(({ addedMs }) => addedMs)),
    commitToWireMsP95: percentile95(interruptions.map(({ commitToWireMs }) => commitToWireMs)),
    heardErrorMsMax: Math.max(0, ...interruptions.map(({ heardErrorMs }) => heardErrorMs)),
    lostSamples: calls.reduce((sum, { lostSamples }) => sum + lostSamples, 0),
    mostBufferedMs: Math.max(...calls.map(({ mostBufferedMs }) => mostBufferedMs)),
    interruptions: interruptions.length,
  };
}

interface CallFigures extends Pick<BridgeFigures, 'lostSamples' | 'mostBufferedMs'> {
  readonly addedMs: readonly number[];
  readonly interruption: { readonly commitToWireMs: number; readonly heardErrorMs: number } | null;
}

function holdCall(
  { createScorer, makeBridge, slowMs }: TwilioBenchOptions,
  index: number,
): CallFigures {
  const agent = new BenchAgent();
  const cutInMs = 4000 + ((index * 137) % 2000);
  const world = new TelephoneWorld({
    agent,
    createScorer,
    makeBridge,
    twilio: { voice: callerFrom(cutInMs), slowMs, keepsHeard: false },
    delayMs: (sentMs) => 15 + 10 * (index % 8) + ((sentMs * 7919) % 31),
  });
  const addedMs = [
    [500, SHORT_MS],
    [2500, LONG_MS],
  ].map(([atMs, ms]) => {
    world.runTo(atMs!);
    const before = world.sent.length;
    world.event((engine, nowMs) => engine.outsideEvent(() => agent.say(ms!), nowMs));
    world.runTo(atMs! + 100);
    return world.sent.slice(before).find(({ text }) => text.includes('"media"'))!.atMs - atMs!;
  });
  world.runTo(CALL_MS);
  return {
    addedMs,
    mostBufferedMs: world.fake.mostBufferedSamples / 8,
    lostSamples: lostOf(world, agent),
    interruption: interruptionOf(world, agent),
  };
}

/** Of the utterance that was heard out; what the other has is measured by its interruption. */
function lostOf(world: TelephoneWorld, agent: BenchAgent): number {
  const whole = agent.ended.find(({ isWhole }) => isWhole);
  const played = world.fake.clears[0]?.playedSamples ?? world.fake.playedSamples;
  return whole === undefined ? SHORT_MS * 8 : Math.max(0, whole.heard.givenSamples / 2 - played);
}

function interruptionOf(world: TelephoneWorld, agent: BenchAgent): CallFigures['interruption'] {
  const cut = agent.ended.find(({ isWhole }) => !isWhole);
  const [clear] = world.fake.clears;
  const wireMs = world.sent.find(({ text }) => text.includes('"clear"'))?.atMs;
  if (cut === undefined || clear === undefined || wireMs === undefined) return null;
  const truth = clear.playedSamples - SHORT_MS * 8;
  return {
    commitToWireMs: Math.max(0, wireMs - cut.atMs),
    heardErrorMs: Math.abs(cut.heard.heardSamples / 2 - truth) / 8,
  };
}

/** µ-law of a caller who begins to speak at this time, and goes on for two seconds. */
function callerFrom(fromMs: number): Uint8Array {
  const voice = new Uint8Array((fromMs + 2000) * 8).fill(MULAW_SILENCE);
  for (let n = fromMs * 8; n < voice.length; n++)
    voice[n] = encodeMulaw(Math.round(9000 * Math.sin(n / 3)));
  return voice;
}

function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(0.95 * sorted.length) - 1)] ?? 0;
}
