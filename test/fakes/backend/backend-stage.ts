// The websocket agent and a fake backend without an engine between: for long runs, in which every sample is counted and none kept.

import * as v from 'valibot';
import type { AgentHost, SayOutcome } from '../../../core/conversation/agent.ts';
import { WEBSOCKET_OPTIONS } from '../../../durable-objects/agents/websocket/options.ts';
import { WebSocketAgent } from '../../../durable-objects/agents/websocket/websocket-agent.ts';
import { VirtualWorld } from '../../../simulation/virtual-world.ts';
import { virtualConnect } from '../virtual-line.ts';
import type { FakeLine } from '../ws-server.ts';
import { FakeBackend, type FakeBackendOptions } from './fake-backend.ts';

const CHUNK_MS = 20;
const CHUNK_SAMPLES = 320;

/** Changes what the backend hears or says, as an agent with a fault would. Null for a message that is lost. */
export type Sabotage = (data: string | Uint8Array) => string | Uint8Array | null;

export class BackendStage implements AgentHost {
  readonly world = new VirtualWorld();
  readonly backend: FakeBackend;
  readonly failures: string[] = [];
  /** Samples given of each utterance, and whether all were. */
  readonly given = new Map<number, number>();
  readonly completed: number[] = [];
  readonly #chunk = new Int16Array(CHUNK_SAMPLES).fill(7);
  readonly #toBackend: Sabotage;
  #agent: WebSocketAgent;
  #life = 0;
  #position = 0;
  #turn = 0;
  #utterances = 0;
  #armedMs = Number.POSITIVE_INFINITY;

  constructor(options: Partial<FakeBackendOptions>, toBackend: Sabotage = (data) => data) {
    this.backend = new FakeBackend(options);
    this.backend.pieces = null;
    this.#toBackend = toBackend;
    this.#agent = this.#newAgent(null);
  }

  /** Audio for so long, in real time. */
  hear(forMs: number): void {
    for (let ms = 0; ms < forMs; ms += CHUNK_MS) {
      this.world.runTo(this.world.nowMs + CHUNK_MS);
      this.#event((nowMs) => this.#agent.audio(this.#position, this.#chunk, nowMs), false);
      this.#position += CHUNK_SAMPLES;
    }
  }

  turn(forMs: number): void {
    const turn = ++this.#turn;
    const startSample = this.#position;
    this.#event((nowMs) => this.#agent.turnStarted({ turn, startSample, continues: null }, nowMs));
    this.hear(forMs);
    const end = { turn, startSample, endSample: this.#position, reason: 'silence' } as const;
    this.#event((nowMs) => this.#agent.turnEnded(end, nowMs));
  }

  cut(): void {
    this.backend.current?.cut();
  }

  /** The object's memory is lost right after a checkpoint. */
  evict(): void {
    this.cut();
    this.#agent = this.#newAgent(structuredClone(this.#agent.save()));
  }

  begin(): number {
    this.given.set(++this.#utterances, 0);
    return this.#utterances;
  }

  say(utterance: number, samples: Int16Array): SayOutcome {
    this.given.set(utterance, this.given.get(utterance)! + samples.length);
    return 'accepted';
  }

  end(utterance: number): void {
    const givenSamples = this.given.get(utterance)!;
    const heard = {
      utterance,
      heardSamples: givenSamples,
      givenSamples,
      source: 'reported',
    } as const;
    this.world.at(this.world.nowMs + givenSamples / 16, () => {
      this.completed.push(givenSamples);
      this.#event(() => this.#agent.completed(heard));
    });
  }

  fail(code: string): void {
    this.failures.push(code);
  }

  interrupt(): void {}
  transcript(): void {}
  hangUp(): void {}
  transfer(): void {}
  usage(): void {}
  tool(): void {}

  #event(run: (nowMs: number) => void, isStored = true): void {
    run(this.world.nowMs);
    if (isStored) this.#agent.stored(this.world.nowMs);
    this.#arm();
  }

  #arm(): void {
    const dueMs = this.#agent.nextDeadlineMs;
    if (dueMs === this.#armedMs || dueMs === Number.POSITIVE_INFINITY) return;
    this.#armedMs = dueMs;
    this.world.at(dueMs, () => {
      if (this.#armedMs !== dueMs) return;
      this.#armedMs = Number.POSITIVE_INFINITY;
      this.#event((nowMs) => this.#agent.tick(nowMs));
    });
  }

  #newAgent(state: unknown): WebSocketAgent {
    const life = ++this.#life;
    const inEvent = (run: (nowMs: number) => void): void => {
      if (life === this.#life) this.#event(run);
    };
    const make = (line: FakeLine, nowMs: number) => {
      const fake = this.backend.connect(line, nowMs);
      return {
        get nextDeadlineMs() {
          return fake.nextDeadlineMs;
        },
        tick: (atMs: number) => fake.tick(atMs),
        receive: (data: string | Uint8Array, atMs: number) => {
          const told = this.#toBackend(data);
          if (told !== null) fake.receive(told, atMs);
        },
      };
    };
    const { world } = this;
    const agent = new WebSocketAgent(
      v.parse(WEBSOCKET_OPTIONS, { url: 'ws://backend.test', hears: 'everything' }),
      {
        assets: { fetch: () => Promise.reject(new Error('none')) } as unknown as Fetcher,
        conversation: 'conversation-1',
        inEvent,
        variable: () => null,
        connect: virtualConnect({ world, make, latencyMs: 20, inEvent }),
        ai: null,
        callTool: () => {},
      },
    );
    this.#agent = agent;
    this.#event((nowMs) => {
      agent.open(this, nowMs);
      if (state !== null) agent.restore(state);
    });
    return agent;
  }
}
