// The agent and a fake Live API in virtual time, with a caller who talks on cue and ears that are as good as the test says.

import * as v from 'valibot';
import type { Agent } from '../../../core/conversation/agent.ts';
import type {
  AgentServices,
  ToolCall,
  ToolDone,
} from '../../../durable-objects/agents/agent-services.ts';
import { GeminiLive } from '../../../durable-objects/agents/gemini-live/gemini-live.ts';
import { GEMINI_LIVE_OPTIONS } from '../../../durable-objects/agents/gemini-live/options.ts';
import { VirtualWorld } from '../../../simulation/virtual-world.ts';
import { RecordingHost } from '../../unit/agents/recording-host.ts';
import { callerVoice } from '../caller-voice.ts';
import { virtualConnect } from '../virtual-line.ts';
import { FakeGeminiLive } from './fake-gemini-live.ts';
import type { FakeGeminiOptions } from './fake-options.ts';

const CHUNK_SAMPLES = 320;
const CHUNK_MS = 20;

export interface StageOptions {
  readonly agent?: Readonly<Record<string, unknown>> | undefined;
  readonly fake?: Partial<FakeGeminiOptions> | undefined;
  readonly latencyMs?: number | undefined;
  /** Makes the agent; the adapter unless given. */
  readonly make?: ((options: unknown, services: AgentServices) => Agent) | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
}

export class GeminiStage {
  readonly world = new VirtualWorld();
  readonly fake: FakeGeminiLive;
  readonly host = new RecordingHost();
  /** What the caller has said, in turns or in all, as the agent was told to hear it. */
  readonly said: Int16Array[] = [];
  readonly toolCalls: { readonly call: ToolCall; readonly done: ToolDone }[] = [];
  agent: Agent;
  /** While false, no checkpoint is written. */
  stores = true;
  readonly #options: StageOptions;
  #position = 0;
  #turn = 0;
  #tickAtMs = Number.POSITIVE_INFINITY;
  #life = 0;

  constructor(options: StageOptions = {}) {
    this.#options = options;
    this.fake = new FakeGeminiLive(options.fake);
    this.agent = this.#newAgent();
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  /** Runs an event of the conversation, with the checkpoint that follows it where something was told. */
  event(run: (nowMs: number) => void, isStored = false): void {
    run(this.world.nowMs);
    if (isStored && this.stores) this.agent.stored?.(this.world.nowMs);
    this.#rest();
  }

  run(ms: number): void {
    this.world.runTo(this.world.nowMs + ms);
  }

  /** The memory is lost; what was saved comes back. */
  forget(state: unknown = structuredClone(this.agent.save())): void {
    this.fake.connection.cut();
    this.agent = this.#newAgent(state);
  }

  startTurn(): void {
    this.#turn++;
    const start = { turn: this.#turn, startSample: this.#position, continues: null };
    this.event((nowMs) => this.agent.turnStarted(start, nowMs), true);
  }

  /** The caller's voice, in real time; the agent hears each chunk when it is over. */
  speak(samples: Int16Array): void {
    this.said.push(samples);
    for (let from = 0; from < samples.length; from += CHUNK_SAMPLES) {
      this.run(CHUNK_MS);
      const chunk = samples.subarray(from, from + CHUNK_SAMPLES);
      this.event((nowMs) => this.agent.audio(this.#position, chunk, nowMs));
      this.#position += chunk.length;
    }
  }

  endTurn(): void {
    const turn = this.#turn;
    const end = { turn, startSample: 0, endSample: this.#position, reason: 'silence' } as const;
    this.event((nowMs) => this.agent.turnEnded(end, nowMs), true);
  }

  /** A whole turn of a voice that is told apart from every other turn's. */
  say(lengthMs: number): void {
    this.startTurn();
    this.speak(callerVoice(this.#turn, lengthMs));
    this.endTurn();
  }

  /** The caller cuts in, or has heard it all. */
  hear(utterance: number, heardSamples: number): void {
    const recorded = this.host.at(utterance);
    recorded.open = false;
    const givenSamples = recorded.samples.length;
    const heard = { utterance, heardSamples, givenSamples, source: 'reported' } as const;
    this.event((nowMs) =>
      heardSamples < givenSamples
        ? this.agent.interrupted(heard, nowMs)
        : this.agent.completed(heard, nowMs),
    );
  }

  /** All that was said, as one. */
  get allSaid(): Int16Array {
    const whole = new Int16Array(this.said.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.said) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #newAgent(state: unknown = null): Agent {
    const life = ++this.#life;
    const inEvent = (run: (nowMs: number) => void): void => {
      if (life === this.#life) this.event(run);
    };
    const { latencyMs = 20, variables = {}, agent: given = {} } = this.#options;
    const known: Readonly<Record<string, string>> = {
      GEMINI_API_KEY: 'key-of-the-test',
      ...variables,
    };
    const services: AgentServices = {
      assets: { fetch: () => Promise.reject(new Error('none')) } as unknown as Fetcher,
      conversation: 'conversation-of-the-test',
      inEvent,
      variable: (name) => known[name] || null,
      connect: virtualConnect({
        world: this.world,
        make: (line, nowMs) => this.fake.connect(line, nowMs),
        latencyMs,
        inEvent,
      }),
      ai: null,
      callTool: (call, done) => this.toolCalls.push({ call, done }),
    };
    const make = this.#options.make ?? makeGeminiLive;
    const agent = make(given, services);
    this.agent = agent;
    this.event((nowMs) => {
      agent.open(this.host, nowMs);
      if (state !== null) agent.restore(state, nowMs);
    });
    return agent;
  }

  /** Ticks when the agent wants to be ticked. */
  #rest(): void {
    const dueMs = this.agent.nextDeadlineMs;
    if (dueMs === this.#tickAtMs || dueMs === Number.POSITIVE_INFINITY) return;
    this.#tickAtMs = dueMs;
    this.world.at(dueMs, () => {
      if (this.#tickAtMs !== dueMs) return;
      this.#tickAtMs = Number.POSITIVE_INFINITY;
      this.event((nowMs) => {
        if (nowMs >= this.agent.nextDeadlineMs) this.agent.tick(nowMs);
      });
    });
  }
}

export function makeGeminiLive(options: unknown, services: AgentServices): GeminiLive {
  return new GeminiLive(v.parse(GEMINI_LIVE_OPTIONS, options), services);
}
