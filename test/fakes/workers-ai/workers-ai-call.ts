// A call through the cascade with the real engine, client and player in virtual time, in which the caller cuts an answer short.

import * as v from 'valibot';
import type { AgentServices } from '../../../durable-objects/agents/agent-services.ts';
import { WORKERS_AI_OPTIONS } from '../../../durable-objects/agents/workers-ai/options.ts';
import { WorkersAiAgent } from '../../../durable-objects/agents/workers-ai/workers-ai-agent.ts';
import type {
  AiStream,
  StreamListener,
  WorkersAi,
} from '../../../durable-objects/runtime/workers-ai.ts';
import { EngineWorld } from '../../support/engine-world.ts';
import type { World } from '../../support/world.ts';
import { callerVoice } from '../caller-voice.ts';
import { heardMs } from '../ear.ts';
import { virtualConnect } from '../virtual-line.ts';
import { sentencesOf } from './fake-options.ts';
import { FakeWorkersAi } from './fake-workers-ai.ts';
import { lineAi } from './line-ai.ts';
import { wordsHeard } from './verdict.ts';
import { speechOf } from './watermark.ts';

const PER_MS = 16;
/** When the second turn begins, without what the caller waits longer. */
const CUT_BASE_MS = 3500;
const REST_MS = 4000;

/** Time in which `preciseMs` goes on with the machine's clock while an event computes. */
interface CallWorld extends World {
  readonly preciseMs: number;
  runTo(timeMs: number): void;
}

export interface WorkersAiCallOptions {
  readonly world: CallWorld;
  /** From 3.5 s on, how long the caller waits before cutting in. */
  readonly cutInMs: number;
  /** Of the voice: whether the answer is still being made when it is cut short. */
  readonly speed: number;
}

/** Times in milliseconds; lists are empty where nothing of the kind happened. */
export interface WorkersAiCallFigures {
  /** From the voice's first byte to the first packet that carries it to the caller, for the first answer. */
  readonly firstAudioMs: readonly number[];
  /** From the arrival of any of the voice's bytes to the end of the event in which they were given. */
  readonly addedMs: readonly number[];
  /** From the clear that the caller is sent to the last run that is stopped. */
  readonly commitToWireMs: readonly number[];
  /** How far what the ear got lies outside of what the history's words stand for. */
  readonly heardErrorMs: readonly number[];
  /** Samples of the caller's two turns that no model heard. */
  readonly lostSamples: number;
  readonly violations: readonly string[];
}

/** Holds one call: a turn, an answer, and in the middle of it another turn. */
export function holdWorkersAiCall(options: WorkersAiCallOptions): WorkersAiCallFigures {
  return new WorkersAiCall(options).hold();
}

class WorkersAiCall {
  readonly #options: WorkersAiCallOptions;
  readonly #fake: FakeWorkersAi;
  readonly #call: EngineWorld;
  readonly #voices = [callerVoice(1, 1200), callerVoice(2, 1500)];
  readonly #addedMs: number[] = [];
  readonly #stopsAtMs: number[] = [];
  #arrivedAtMs: number | null = null;
  #firstByteAtMs: number | null = null;
  #firstPacketAtMs: number | null = null;
  #firstAudioMs: number | null = null;
  #clearAtMs: number | null = null;
  #seen = 0;

  constructor(options: WorkersAiCallOptions) {
    this.#options = options;
    const { world, cutInMs, speed } = options;
    this.#fake = new FakeWorkersAi({ speed, tokenMs: speed > 4 ? 4 : 60 });
    const microphone = new Int16Array((CUT_BASE_MS + cutInMs + REST_MS) * PER_MS);
    microphone.set(this.#voices[0]!, 500 * PER_MS);
    microphone.set(this.#voices[1]!, (CUT_BASE_MS + cutInMs) * PER_MS);
    this.#call = new EngineWorld({
      world,
      agent: new WorkersAiAgent(v.parse(WORKERS_AI_OPTIONS, {}), this.#services()),
      microphone,
      eventDone: () => this.#eventDone(),
    });
  }

  hold(): WorkersAiCallFigures {
    const { world, cutInMs } = this.#options;
    world.runTo(CUT_BASE_MS + cutInMs + REST_MS);
    this.#call.stop();
    const first = this.#firstAudioMs;
    const clear = this.#clearAtMs;
    return {
      firstAudioMs: first === null ? [] : [first],
      addedMs: this.#addedMs,
      commitToWireMs:
        clear === null
          ? []
          : this.#stopsAtMs.filter((atMs) => atMs >= clear).map((atMs) => atMs - clear),
      heardErrorMs: this.#heardErrorMs(),
      lostSamples: this.#lostSamples(),
      violations: this.#fake.violations,
    };
  }

  #services(): AgentServices {
    const { world } = this.#options;
    const inEvent: AgentServices['inEvent'] = (run) =>
      this.#call.event((engine, nowMs) => engine.outsideEvent(run, nowMs));
    const connect = virtualConnect({
      world,
      make: (line, nowMs) => this.#fake.connect(line, nowMs),
      latencyMs: 20,
      inEvent,
    });
    return {
      assets: { fetch: () => Promise.reject(new Error('none')) } as unknown as Fetcher,
      conversation: 'conversation-1',
      inEvent,
      variable: () => null,
      connect,
      ai: this.#watched(lineAi(connect)),
      callTool: () => {},
    };
  }

  /** The models, of which is noted when speech comes and when they are stopped. */
  #watched(ai: WorkersAi): WorkersAi {
    return {
      ...ai,
      write: (model, inputs, listener) =>
        this.#run((watched) => ai.write(model, inputs, watched), listener),
      speak: (model, inputs, listener) =>
        this.#run((watched) => ai.speak(model, inputs, watched), {
          ended: (nowMs) => listener.ended(nowMs),
          failed: (nowMs) => listener.failed(nowMs),
          chunk: (bytes, nowMs) => {
            this.#arrivedAtMs = nowMs;
            this.#firstByteAtMs ??= nowMs;
            listener.chunk(bytes, nowMs);
          },
        }),
    };
  }

  #run(begin: (listener: StreamListener) => AiStream, listener: StreamListener): AiStream {
    let isOver = false;
    const stream = begin({
      chunk: (bytes, nowMs) => listener.chunk(bytes, nowMs),
      ended: (nowMs) => {
        isOver = true;
        listener.ended(nowMs);
      },
      failed: (nowMs) => {
        isOver = true;
        listener.failed(nowMs);
      },
    });
    return {
      cancel: () => {
        if (!isOver) this.#stopsAtMs.push(this.#options.world.preciseMs);
        stream.cancel();
      },
    };
  }

  #eventDone(): void {
    const { nowMs, preciseMs } = this.#options.world;
    if (this.#arrivedAtMs !== null) this.#addedMs.push(preciseMs - this.#arrivedAtMs);
    this.#arrivedAtMs = null;
    // The engine's own constructor is an event too.
    const happenings = (this.#call as EngineWorld | undefined)?.happenings ?? [];
    for (; this.#seen < happenings.length; this.#seen++) {
      const happening = happenings[this.#seen]!;
      if (happening.kind === 'audio' && this.#firstPacketAtMs === null) {
        this.#firstPacketAtMs = nowMs;
        this.#firstAudioMs = preciseMs - (this.#firstByteAtMs ?? preciseMs);
      }
      if (happening.kind === 'control' && happening.message.type === 'clear') {
        this.#clearAtMs ??= nowMs;
      }
    }
  }

  #heardErrorMs(): number[] {
    const kept = this.#fake.asked.find(({ role }) => role === 'assistant')?.content;
    if (kept === undefined || this.#firstPacketAtMs === null) return [];
    const sentences = sentencesOf(1);
    const answer = Int16Array.from(sentences.flatMap((sentence) => [...speechOf(sentence)]));
    const ear = Int16Array.from(this.#call.heard);
    const truthMs = heardMs(answer, ear, this.#firstPacketAtMs + 500, 500);
    for (let offMs = 0; offMs < answer.length / PER_MS; offMs++) {
      const isKept = (ms: number): boolean => wordsHeard(sentences, ms * PER_MS) === kept;
      if (isKept(truthMs - offMs) || isKept(truthMs + offMs)) return [offMs];
    }
    return [Number.POSITIVE_INFINITY];
  }

  /** The voices are noise: where six samples in a row are found, so is the rest of a frame. */
  #lostSamples(): number {
    const heard = this.#fake.listeners.flatMap(({ audio }) => audio);
    let lost = 0;
    for (const voice of this.#voices) {
      for (const at of [0, Math.floor(voice.length / 2), voice.length - 6]) {
        const key = voice.subarray(at, at + 6);
        const isThere = heard.some((_, from) =>
          key.every((sample, n) => heard[from + n] === sample),
        );
        if (!isThere) lost += Math.floor(voice.length / 3);
      }
    }
    return lost;
  }
}
