// The agent and the fake models in virtual time, with a caller who talks on cue and ears that are as good as the test says.

import * as v from 'valibot';
import type { Agent } from '../../../core/conversation/agent.ts';
import type {
  AgentServices,
  ToolCall,
  ToolDone,
} from '../../../durable-objects/agents/agent-services.ts';
import { WORKERS_AI_OPTIONS } from '../../../durable-objects/agents/workers-ai/options.ts';
import { WorkersAiAgent } from '../../../durable-objects/agents/workers-ai/workers-ai-agent.ts';
import type { WorkersAi } from '../../../durable-objects/runtime/workers-ai.ts';
import { VirtualWorld } from '../../../simulation/virtual-world.ts';
import { RecordingHost } from '../../unit/agents/recording-host.ts';
import { callerVoice } from '../caller-voice.ts';
import { virtualConnect } from '../virtual-line.ts';
import type { FakeWorkersAiOptions } from './fake-options.ts';
import { FakeWorkersAi } from './fake-workers-ai.ts';
import { lineAi } from './line-ai.ts';

const CHUNK_SAMPLES = 320;
const CHUNK_MS = 20;

export interface StageOptions {
  readonly agent?: Readonly<Record<string, unknown>> | undefined;
  readonly fake?: Partial<FakeWorkersAiOptions> | undefined;
  readonly latencyMs?: number | undefined;
  /** Stands between the agent and the models. */
  readonly meddle?: ((ai: WorkersAi) => WorkersAi) | undefined;
  /** Stands between the conversation and the agent. */
  readonly wrap?: ((agent: Agent) => Agent) | undefined;
}

export class WorkersAiStage {
  readonly world = new VirtualWorld();
  readonly fake: FakeWorkersAi;
  readonly host = new RecordingHost();
  /** What the caller has said, in chunks of 20 ms, without the silences. */
  readonly spoken: Int16Array[] = [];
  readonly toolCalls: { readonly call: ToolCall; readonly done: ToolDone }[] = [];
  agent: Agent;
  readonly #options: StageOptions;
  #position = 0;
  #turn = 0;
  #voices = 0;
  readonly #told = new Set<number>();
  #tickAtMs = Number.POSITIVE_INFINITY;
  #life = 0;

  constructor(options: StageOptions = {}) {
    this.#options = options;
    this.fake = new FakeWorkersAi(options.fake);
    this.agent = this.#newAgent();
  }

  get nowMs(): number {
    return this.world.nowMs;
  }

  event(run: (nowMs: number) => void): void {
    run(this.world.nowMs);
    this.#rest();
  }

  run(ms: number): void {
    this.world.runTo(this.world.nowMs + ms);
  }

  /** The memory is lost; what was saved comes back. */
  forget(state: unknown = structuredClone(this.agent.save())): void {
    this.#life++;
    for (const listener of this.fake.listeners) listener.closed();
    this.agent = this.#newAgent(state);
  }

  startTurn(): void {
    this.#turn++;
    const start = { turn: this.#turn, startSample: this.#position, continues: null };
    this.event((nowMs) => this.agent.turnStarted(start, nowMs));
  }

  /** The caller's voice, or silence, in real time. */
  speak(lengthMs: number, isLoud = true): void {
    const voice = ++this.#voices;
    const samples = isLoud ? callerVoice(voice, lengthMs) : new Int16Array(lengthMs * 16);
    for (let from = 0; from < samples.length; from += CHUNK_SAMPLES) {
      this.run(CHUNK_MS);
      const chunk = samples.subarray(from, from + CHUNK_SAMPLES);
      if (isLoud) this.spoken.push(chunk);
      this.event((nowMs) => this.agent.audio(this.#position, chunk, nowMs));
      this.#position += chunk.length;
    }
  }

  endTurn(): void {
    const turn = this.#turn;
    const end = { turn, startSample: 0, endSample: this.#position, reason: 'silence' } as const;
    this.event((nowMs) => this.agent.turnEnded(end, nowMs));
  }

  /** A whole turn, with the silence that ended it. */
  say(lengthMs: number): void {
    this.startTurn();
    this.speak(lengthMs);
    this.speak(400, false);
    this.endTurn();
  }

  /** The conversation takes no more of what is being said, as it does the moment the caller has the floor. */
  commit(): void {
    this.host.interrupt();
  }

  /** The caller has heard so much of an utterance, and will hear no more. */
  hear(utterance: number, heardSamples = this.host.at(utterance).samples.length): void {
    const recorded = this.host.at(utterance);
    recorded.open = false;
    this.#told.add(utterance);
    const givenSamples = recorded.samples.length;
    const heard = { utterance, heardSamples, givenSamples, source: 'reported' } as const;
    this.event((nowMs) =>
      heardSamples < givenSamples
        ? this.agent.interrupted(heard, nowMs)
        : this.agent.completed(heard, nowMs),
    );
  }

  /** Utterances of which nothing was told yet. */
  get unheard(): number[] {
    return this.host.utterances.flatMap(({ number }) => (this.#told.has(number) ? [] : [number]));
  }

  #newAgent(state: unknown = null): Agent {
    const life = ++this.#life;
    const inEvent = (run: (nowMs: number) => void): void => {
      if (life === this.#life) this.event(run);
    };
    const { latencyMs = 10, agent: given = {}, meddle = (ai) => ai } = this.#options;
    const connect = virtualConnect({
      world: this.world,
      make: (line, nowMs) => this.fake.connect(line, nowMs),
      latencyMs,
      inEvent,
    });
    const services: AgentServices = {
      assets: { fetch: () => Promise.reject(new Error('none')) } as unknown as Fetcher,
      conversation: 'conversation-of-the-test',
      inEvent,
      variable: () => null,
      connect,
      ai: meddle(lineAi(connect)),
      callTool: (call, done) => this.toolCalls.push({ call, done }),
    };
    const { wrap = (made) => made } = this.#options;
    const agent = wrap(new WorkersAiAgent(v.parse(WORKERS_AI_OPTIONS, given), services));
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
