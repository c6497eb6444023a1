// A call with the real engine, client and player in virtual time, in which the caller cuts a vendor's answer short: what happened when.

import type { Agent } from '../../core/conversation/agent.ts';
import type { AgentServices } from '../../durable-objects/agents/agent-services.ts';
import { EngineWorld } from '../support/engine-world.ts';
import { callerVoice } from './caller-voice.ts';
import { ClockedWorld } from './clocked-world.ts';
import { heardMs } from './ear.ts';
import { virtualConnect } from './virtual-line.ts';
import type { MakeFake } from './ws-server.ts';

const PER_MS = 16;
const LINE_MS = 20;
/** When the caller speaks first, and how long. */
const FIRST_MS = 500;
const FIRST_LENGTH_MS = 1200;
/** `cutInMs` counts from here: about a second into the answer. */
const CUT_BASE_MS = 3500;
const CUT_LENGTH_MS = 1500;
const REST_MS = 3500;
/** From a packet's leaving to its sound at the ear, at most. */
const EAR_WITHIN_MS = 500;
/** One frame. */
const HEARD_TOLERANCE_MS = 20;
/** From the end of an event in which the caller takes the floor to the vendor's wire. */
const WIRE_TOLERANCE_MS = 40;

type Data = string | Uint8Array;

export interface CutCallOptions {
  readonly agent: (services: AgentServices) => Agent;
  readonly variables?: Readonly<Record<string, string>> | undefined;
  /** Makes the fake of each connection. */
  readonly make: MakeFake;
  /** What the fake objects to. */
  readonly violations: () => readonly string[];
  /** Whether a message of the vendor's carries speech. */
  readonly isSpeech: (data: Data) => boolean;
  /** Whether a message to the vendor says that the caller has the floor. */
  readonly stops: (text: string) => boolean;
  /** Milliseconds of the answer that a message tells the vendor were heard; null for any other message. */
  readonly toldMs: (text: string) => number | null;
  /** The first answer at 16 kHz, at least 4 s of it. */
  readonly answer: Int16Array;
  readonly cutInMs: number;
  /** Changes what the agent sends, as one with a fault would; null for a message that is lost. */
  readonly sabotage?: ((data: Data) => Data | null) | undefined;
}

/** Times in milliseconds: of the virtual world where something waits, of this machine where something computes. */
export interface CutCallFigures {
  /** From the first audio of each answer arriving to the first packet that carries it to the caller. */
  readonly addedMs: readonly number[];
  /** Computing that each message with audio takes, from its arrival to the end of the engine's event. */
  readonly workMs: readonly number[];
  /** From the clear that the caller is sent, and again from the client's answer to it, to what the vendor is told of either. */
  readonly commitToWireMs: readonly number[];
  /** What the vendor was told was heard, against what the caller's ear got. */
  readonly heardErrorMs: readonly number[];
  readonly violations: readonly string[];
}

/** Holds one call: a turn, an answer, and after `cutInMs` of it another turn. */
export function holdCutCall(options: CutCallOptions): CutCallFigures {
  return new CutCall(options).hold();
}

/** What is wrong with a call, in sentences. */
export function faultsOfCut(figures: CutCallFigures): string[] {
  const { heardErrorMs, commitToWireMs, violations } = figures;
  const [errorMs] = heardErrorMs;
  const isLate = commitToWireMs.some((ms) => ms > WIRE_TOLERANCE_MS);
  return [
    ...violations,
    ...(errorMs === undefined ? ['The vendor was not told what was heard.'] : []),
    ...(errorMs !== undefined && errorMs > HEARD_TOLERANCE_MS
      ? [`What the vendor was told was heard is ${Math.round(errorMs)} ms beside it.`]
      : []),
    ...(commitToWireMs.length === 0 || isLate ? ['The vendor was told late, or never.'] : []),
  ];
}

class CutCall {
  readonly #options: CutCallOptions;
  readonly #world = new ClockedWorld();
  /** Made last: its first event comes before it is there. */
  readonly #call: EngineWorld | undefined;
  readonly #addedMs: number[] = [];
  readonly #workMs: number[] = [];
  readonly #toldMs: { readonly heardMs: number; readonly atMs: number }[] = [];
  readonly #stopsAtMs: number[] = [];
  readonly #cutsAtMs: number[] = [];
  #clearAtMs: number | null = null;
  #firstPacketAtMs = 0;
  /** An answer is awaited; then, when its first audio arrived. */
  #isAwaited = true;
  #arrivedAtMs: number | null = null;
  #hasSpeech = false;
  #seen = 0;

  constructor(options: CutCallOptions) {
    this.#options = options;
    const { cutInMs } = options;
    const microphone = new Int16Array((CUT_BASE_MS + cutInMs + REST_MS) * PER_MS);
    microphone.set(callerVoice(1, FIRST_LENGTH_MS), FIRST_MS * PER_MS);
    microphone.set(callerVoice(2, CUT_LENGTH_MS), (CUT_BASE_MS + cutInMs) * PER_MS);
    this.#call = new EngineWorld({
      world: this.#world,
      agent: this.#watched(options.agent(this.#services())),
      microphone,
      eventDone: () => this.#eventDone(),
    });
  }

  hold(): CutCallFigures {
    const { cutInMs, answer, violations } = this.#options;
    this.#world.runTo(CUT_BASE_MS + cutInMs + REST_MS);
    this.#call?.stop();
    const nearMs = this.#firstPacketAtMs + EAR_WITHIN_MS;
    const ear = Int16Array.from(this.#call?.heard ?? []);
    const [told] = this.#toldMs;
    const [cutAtMs] = this.#cutsAtMs;
    const trueMs = told === undefined ? 0 : heardMs(answer, ear, nearMs, EAR_WITHIN_MS);
    const [stopAtMs] = this.#stopsAtMs;
    return {
      addedMs: this.#addedMs,
      workMs: this.#workMs,
      commitToWireMs: [...since(this.#clearAtMs, stopAtMs), ...since(cutAtMs, told?.atMs)],
      heardErrorMs: told === undefined ? [] : [Math.abs(told.heardMs - trueMs)],
      violations: violations(),
    };
  }

  #services(): AgentServices {
    const { make, variables } = this.#options;
    const inEvent: AgentServices['inEvent'] = (run) =>
      this.#call?.event((engine, nowMs) => engine.outsideEvent(run, nowMs));
    const connect = virtualConnect({ world: this.#world, make, latencyMs: LINE_MS, inEvent });
    return {
      assets: { fetch: () => Promise.reject(new Error('none')) } as unknown as Fetcher,
      conversation: 'conversation-1',
      inEvent,
      variable: (name) => variables?.[name] ?? null,
      connect: (request, listener) => {
        const socket = connect(request, {
          opened: (nowMs) => listener.opened(nowMs),
          closed: (code, reason, nowMs) => listener.closed(code, reason, nowMs),
          message: (data, nowMs) => {
            this.#arrived(data);
            listener.message(data, nowMs);
          },
        });
        return {
          close: (code, reason) => socket.close(code, reason),
          send: (data) => {
            const { sabotage } = this.#options;
            const sent = sabotage === undefined ? data : sabotage(data);
            if (sent === null) return;
            this.#leaves(sent);
            socket.send(sent);
          },
        };
      },
      ai: null,
      callTool: () => {},
    };
  }

  /** The agent, of which is noted when it is told that a turn has ended, and what was heard. */
  #watched(agent: Agent): Agent {
    const turnEnded = agent.turnEnded.bind(agent);
    const interrupted = agent.interrupted.bind(agent);
    agent.turnEnded = (end, nowMs) => {
      this.#isAwaited = true;
      turnEnded(end, nowMs);
    };
    agent.interrupted = (heard, nowMs) => {
      this.#cutsAtMs.push(nowMs);
      interrupted(heard, nowMs);
    };
    return agent;
  }

  #arrived(data: Data): void {
    if (!this.#options.isSpeech(data)) return;
    this.#hasSpeech = true;
    if (!this.#isAwaited) return;
    this.#isAwaited = false;
    this.#arrivedAtMs = this.#world.nowMs;
  }

  #leaves(data: Data): void {
    const text = typeof data === 'string' ? data : '';
    const atMs = this.#world.preciseMs;
    if (this.#firstPacketAtMs > 0 && this.#options.stops(text)) this.#stopsAtMs.push(atMs);
    const told = this.#options.toldMs(text);
    if (told !== null) this.#toldMs.push({ heardMs: told, atMs });
  }

  #eventDone(): void {
    const { preciseMs, nowMs } = this.#world;
    if (this.#hasSpeech) this.#workMs.push(preciseMs - nowMs);
    this.#hasSpeech = false;
    const happenings = this.#call?.happenings ?? [];
    for (; this.#seen < happenings.length; this.#seen++) {
      const happening = happenings[this.#seen]!;
      const isClear = happening.kind === 'control' && happening.message.type === 'clear';
      if (isClear) this.#clearAtMs ??= nowMs;
      if (happening.kind !== 'audio' || this.#arrivedAtMs === null) continue;
      this.#addedMs.push(preciseMs - this.#arrivedAtMs);
      this.#arrivedAtMs = null;
      this.#firstPacketAtMs ||= nowMs;
    }
  }
}

/** From one time to another; a message that left before what it tells of took no time. */
function since(fromMs: number | null | undefined, toMs: number | undefined): number[] {
  return fromMs == null || toMs === undefined ? [] : [Math.max(0, toMs - fromMs)];
}
