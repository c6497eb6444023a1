// The agent before the fake in virtual time, with a caller who speaks on cue and a player whose every sample is known.

import * as v from 'valibot';
import type { AgentHost, SayOutcome } from '../../../core/conversation/agent.ts';
import type {
  AgentServices,
  ToolCall,
  ToolDone,
} from '../../../durable-objects/agents/agent-services.ts';
import { OpenAiRealtime } from '../../../durable-objects/agents/openai-realtime/openai-realtime.ts';
import { OPENAI_REALTIME_OPTIONS } from '../../../durable-objects/agents/openai-realtime/options.ts';
import type {
  OutgoingSocket,
  SocketListener,
  SocketRequest,
} from '../../../durable-objects/runtime/outgoing-socket.ts';
import { VirtualWorld } from '../../../simulation/virtual-world.ts';
import { wavBytes } from '../../support/wav-bytes.ts';
import type { FakeConnection } from '../ws-server.ts';
import type { FakeOptions } from './fake-options.ts';
import { FAKE_KEY, FakeOpenAiService } from './openai-connection.ts';

const FRAME_MS = 20;
const FRAME_SAMPLES = 320;
/** One way to the vendor. */
const LINE_MS = 10;
/** From the decision to clear to the client's answer. */
const CLEAR_MS = 30;

/** One utterance as it was given, and as it was heard. */
export interface StagedUtterance {
  readonly number: number;
  readonly interruptible: boolean;
  readonly begunMs: number;
  samples: Int16Array;
  length: number;
  heardSamples: number;
  phase: 'open' | 'ended' | 'completed' | 'interrupted';
}

/** Changes what passes between agent and vendor, as an agent with a fault would. */
export interface Sabotage {
  /** Null for a message that is never sent. */
  readonly outgoing?:
    | ((event: Record<string, unknown>, session: number) => object | null)
    | undefined;
  readonly incoming?: ((event: Record<string, unknown>, stage: OpenAiStage) => void) | undefined;
}

export interface StageOptions {
  readonly agent?: Readonly<Record<string, unknown>> | undefined;
  readonly vendor?: ((session: number) => FakeOptions) | undefined;
  readonly sabotage?: Sabotage | undefined;
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Dials that fail, by number from 0. */
  readonly refuses?: ((dial: number) => boolean) | undefined;
  readonly tool?:
    | ((call: ToolCall) => { readonly value: unknown; readonly afterMs: number })
    | undefined;
  /** The conversation has been given samples. */
  readonly said?: (() => void) | undefined;
  /** Whether what was said is kept; a long run has no use for it. */
  readonly keepsAudio?: boolean | undefined;
}

/** Everything that happens to the agent happens in `world`. */
export class OpenAiStage implements AgentHost {
  readonly world = new VirtualWorld();
  readonly service: FakeOpenAiService;
  readonly utterances: StagedUtterance[] = [];
  readonly transcripts: { party: string; text: string; final: boolean; atMs: number }[] = [];
  readonly failures: string[] = [];
  readonly usages: Record<string, number> = {};
  readonly tools: string[] = [];
  readonly toolCalls: ToolCall[] = [];
  /** When each `interrupted` was told, and the truth about it, in vendor milliseconds. */
  readonly cuts: { atMs: number; utterance: number; heardMs: number }[] = [];
  readonly wire: { atMs: number; type: string }[] = [];
  readonly #options: StageOptions;
  #agent: OpenAiRealtime;
  #timer = 0;
  #dials = 0;
  /** Utterances at the beginning that are over. */
  #heardOut = 0;
  #turn = 0;
  #position = 0;
  readonly #sockets: (() => void)[] = [];
  readonly #lines: (() => void)[] = [];

  constructor(options: StageOptions = {}) {
    this.#options = options;
    this.service = new FakeOpenAiService(options.vendor);
    this.#agent = this.#newAgent();
    this.#event(() => this.#agent.open(this, this.world.nowMs));
    this.world.at(0, () => this.#frame(0));
  }

  get agent(): OpenAiRealtime {
    return this.#agent;
  }

  /** The whole of what was said and heard, end to end. */
  get heard(): Int16Array {
    const parts = this.utterances.map(({ samples, heardSamples }) =>
      samples.subarray(0, heardSamples),
    );
    const whole = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  /** The caller speaks these samples from now on, in real time; resolves nothing: run the world. */
  speak(samples: Int16Array, ended = true, cuts = true): void {
    const { nowMs } = this.world;
    const hearsAll = this.#agent.hears === 'everything';
    const turn = ++this.#turn;
    const startSample = this.#position;
    const frames = Math.ceil(samples.length / FRAME_SAMPLES);
    this.#position += frames * FRAME_SAMPLES;
    this.world.at(nowMs, () => {
      if (cuts) this.#cut();
      this.#event((at) => this.#agent.turnStarted({ turn, startSample, continues: null }, at));
    });
    for (let frame = 0; frame < frames; frame++) {
      const from = frame * FRAME_SAMPLES;
      const part = samples.slice(from, from + FRAME_SAMPLES);
      this.world.at(nowMs + (frame + 1) * FRAME_MS, () => {
        this.#event(() => this.#agent.audio(startSample + from, part));
      });
    }
    if (!ended) return;
    const endSample = startSample + samples.length;
    this.world.at(nowMs + frames * FRAME_MS, () => {
      const end = { turn, startSample, endSample, reason: 'silence' as const };
      this.#event((at) => {
        this.#agent.turnEnded(end, at);
        this.#agent.stored(at);
      });
    });
    if (hearsAll) this.#silence(nowMs + frames * FRAME_MS);
  }

  /** The caller speaks, and only the agent hears it: nobody here takes the floor for them. */
  agentOnly(samples: Int16Array): void {
    this.speak(samples, true, false);
  }

  /** The caller takes the floor without a word. */
  cutIn(): void {
    this.#cut();
  }

  /** The agent's memory is lost; what was saved is given to another. */
  evict(): void {
    const saved = structuredClone(this.#agent.save());
    for (const cut of this.#sockets.splice(0)) cut();
    this.#agent = this.#newAgent();
    this.#event((nowMs) => {
      this.#agent.open(this, nowMs);
      this.#agent.restore(saved, nowMs);
    });
  }

  /** The line to the vendor breaks. */
  cutLine(): void {
    for (const line of this.#lines.splice(0)) line();
  }

  event(run: (agent: OpenAiRealtime, nowMs: number) => void): void {
    this.#event((nowMs) => run(this.#agent, nowMs));
  }

  begin({ interruptible }: { readonly interruptible: boolean }): number {
    const last = this.utterances.at(-1);
    if (last?.phase === 'open') last.phase = 'ended';
    const number = this.utterances.length + 1;
    this.utterances.push({
      number,
      interruptible,
      begunMs: this.world.nowMs,
      samples: new Int16Array(0),
      length: 0,
      heardSamples: 0,
      phase: 'open',
    });
    return number;
  }

  say(utterance: number, samples: Int16Array): SayOutcome {
    const said = this.utterances[utterance - 1]!;
    if (said.phase !== 'open') return 'closed';
    if (this.#options.keepsAudio !== false) {
      if (said.length + samples.length > said.samples.length) {
        const grown = new Int16Array(
          Math.max(2 * said.samples.length, said.length + samples.length),
        );
        grown.set(said.samples.subarray(0, said.length));
        said.samples = grown;
      }
      said.samples.set(samples, said.length);
    }
    said.length += samples.length;
    this.#options.said?.();
    return 'accepted';
  }

  end(utterance: number): void {
    const said = this.utterances[utterance - 1]!;
    if (said.phase === 'open') said.phase = 'ended';
  }

  interrupt(): void {
    this.world.at(this.world.nowMs, () => this.#cut());
  }

  transcript(party: 'caller' | 'agent', text: string, final: boolean): void {
    this.transcripts.push({ party, text, final, atMs: this.world.nowMs });
  }

  fail(code: string): void {
    this.failures.push(code);
  }

  hangUp(): void {}

  transfer(): void {}

  usage(report: Readonly<Record<string, number>>): void {
    for (const [name, amount] of Object.entries(report)) {
      this.usages[name] = (this.usages[name] ?? 0) + amount;
    }
  }

  tool(name: string, state: string): void {
    this.tools.push(`${name}: ${state}`);
  }

  /** The final transcripts of one party. */
  finals(party: 'caller' | 'agent'): string[] {
    return this.transcripts.flatMap((each) =>
      each.final && each.party === party ? [each.text] : [],
    );
  }

  #newAgent(): OpenAiRealtime {
    const options = v.parse(OPENAI_REALTIME_OPTIONS, this.#options.agent ?? {});
    return new OpenAiRealtime(options, this.#services());
  }

  #services(): AgentServices {
    const variables = this.#options.variables ?? {
      OPENAI_API_KEY: FAKE_KEY,
      OPENAI_REALTIME_URL: 'ws://fake/v1/realtime',
    };
    const kind = { formatTag: 1, bits: 16, channels: 1, rateHz: 16_000 } as const;
    const sentence = wavBytes(kind, 16_000, () => 0.25);
    return {
      assets: { fetch: async () => new Response(sentence) } as unknown as Fetcher,
      conversation: 'staged',
      inEvent: (run) => this.#event(run),
      variable: (name) => variables[name] ?? null,
      connect: (request, listener) => this.#connect(request, listener),
      ai: null,
      callTool: (call, done) => this.#callTool(call, done),
    };
  }

  #callTool(call: ToolCall, done: ToolDone): void {
    this.toolCalls.push(call);
    const { value, afterMs } = this.#options.tool?.(call) ?? { value: null, afterMs: 0 };
    const agent = this.#agent;
    this.world.at(this.world.nowMs + afterMs, () => {
      if (agent === this.#agent) this.#event((nowMs) => done({ kind: 'result', value }, nowMs));
    });
  }

  #connect(request: SocketRequest, listener: SocketListener): OutgoingSocket {
    const { world } = this;
    const { sabotage, refuses } = this.#options;
    const number = this.#dials++;
    let isOpen = true;
    const close = (code: number, reason: string): void => {
      if (!isOpen) return;
      isOpen = false;
      this.#event((nowMs) => listener.closed(code, reason, nowMs));
    };
    const after = (run: () => void): void => world.at(world.nowMs + LINE_MS, run);
    if (refuses?.(number) === true) {
      after(() => close(1006, 'The host could not be reached.'));
      return { send: () => {}, close: () => {} };
    }
    let fake: FakeConnection | null = null;
    const arm = (): void => {
      if (fake === null) return;
      const atMs = fake.nextDeadlineMs;
      if (atMs === Number.POSITIVE_INFINITY || !isOpen) return;
      world.at(Math.max(world.nowMs, Math.ceil(atMs)), () => {
        if (fake === null || !isOpen || world.nowMs < fake.nextDeadlineMs) return;
        fake.tick(world.nowMs);
        arm();
      });
    };
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(
      Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    this.#lines.push(() => {
      fake?.closed?.(1006, world.nowMs);
      close(1006, '');
    });
    this.#sockets.push(() => {
      isOpen = false;
      fake?.closed?.(1006, world.nowMs);
    });
    after(() => {
      if (!isOpen) return;
      fake = this.service.serve({
        path: pathname + search,
        headers,
        send: (data) =>
          after(() => {
            if (!isOpen) return;
            if (typeof data === 'string' && data.startsWith('{"event_id"')) {
              sabotage?.incoming?.(JSON.parse(data), this);
            }
            this.#event((nowMs) => listener.message(data, nowMs));
          }),
        close: (code, reason) => after(() => close(code, reason)),
        cut: () => after(() => close(1006, '')),
      });
      this.#event((nowMs) => listener.opened(nowMs));
      arm();
    });
    return {
      send: (data) => {
        if (!isOpen || typeof data !== 'string') return;
        const sent = sabotaged(data, number, sabotage);
        if (sent === null) return;
        this.wire.push({ atMs: world.nowMs, type: /"type":"([^"]+)"/.exec(data)?.[1] ?? '' });
        after(() => {
          if (!isOpen) return;
          fake?.receive(sent, world.nowMs);
          arm();
        });
      },
      close: () => {
        isOpen = false;
        after(() => fake?.closed?.(1000, world.nowMs));
      },
    };
  }

  /** What is unheard of everything said is dropped; the agent is told when the client has answered. */
  #cut(): void {
    for (const said of this.utterances) {
      if (said.phase !== 'open' && said.phase !== 'ended') continue;
      if (!said.interruptible) continue;
      said.phase = 'interrupted';
      this.world.at(this.world.nowMs + CLEAR_MS, () => {
        const { number: utterance, heardSamples, length: givenSamples } = said;
        const heardMs = heardSamples / 16;
        this.cuts.push({ atMs: this.world.nowMs, utterance, heardMs });
        const heard = { utterance, heardSamples, givenSamples, source: 'reported' as const };
        this.#event((nowMs) => this.#agent.interrupted(heard, nowMs));
      });
    }
  }

  /** 20 ms are heard of the oldest utterance that is not over. */
  #frame(index: number): void {
    while (isOver(this.utterances[this.#heardOut])) this.#heardOut++;
    const head = this.utterances[this.#heardOut];
    if (head !== undefined) {
      head.heardSamples = Math.min(head.length, head.heardSamples + FRAME_SAMPLES);
      if (head.phase === 'ended' && head.heardSamples === head.length) {
        head.phase = 'completed';
        const { number: utterance, heardSamples, length: givenSamples } = head;
        const heard = { utterance, heardSamples, givenSamples, source: 'reported' as const };
        this.#event((nowMs) => this.#agent.completed(heard, nowMs));
      }
    }
    this.world.at((index + 1) * FRAME_MS, () => this.#frame(index + 1));
  }

  /** An agent that hears everything hears the silence after a turn, for 2 s. */
  #silence(fromMs: number): void {
    const startSample = this.#position;
    const frames = 2000 / FRAME_MS;
    this.#position += frames * FRAME_SAMPLES;
    for (let frame = 0; frame < frames; frame++) {
      const at = startSample + frame * FRAME_SAMPLES;
      this.world.at(fromMs + (frame + 1) * FRAME_MS, () => {
        this.#event(() => this.#agent.audio(at, new Int16Array(FRAME_SAMPLES)));
      });
    }
  }

  #event(run: (nowMs: number) => void): void {
    run(this.world.nowMs);
    const timer = ++this.#timer;
    const deadlineMs = this.#agent.nextDeadlineMs;
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    this.world.at(Math.max(this.world.nowMs, Math.ceil(deadlineMs)), () => {
      if (timer === this.#timer) this.#event((nowMs) => this.#agent.tick(nowMs));
    });
  }
}

function isOver(said: StagedUtterance | undefined): boolean {
  return said?.phase === 'completed' || said?.phase === 'interrupted';
}

/** The message as it is sent; null for never. */
function sabotaged(data: string, session: number, sabotage: Sabotage | undefined): string | null {
  if (sabotage?.outgoing === undefined) return data;
  const sent = sabotage.outgoing(JSON.parse(data), session);
  return sent === null ? null : JSON.stringify(sent);
}
