// A call with the real engine, client and player in virtual time, in which the caller cuts an answer short: what happened when.

import * as v from 'valibot';
import { Resampler } from '../../../core/media/resampler.ts';
import type { AgentServices } from '../../../durable-objects/agents/agent-services.ts';
import { GeminiLive } from '../../../durable-objects/agents/gemini-live/gemini-live.ts';
import { GEMINI_LIVE_OPTIONS } from '../../../durable-objects/agents/gemini-live/options.ts';
import { VirtualWorld } from '../../../simulation/virtual-world.ts';
import { EngineWorld } from '../../support/engine-world.ts';
import { bestLikeness, correlationAt } from '../../support/likeness.ts';
import { virtualConnect } from '../virtual-line.ts';
import { FakeGeminiLive } from './fake-gemini-live.ts';
import { callerVoice } from './gemini-stage.ts';
import { watermark } from './watermark.ts';

const PER_MS = 16;
const ANSWER_MS = 6000;
const CHUNK_SAMPLES = 10 * PER_MS;

export interface GeminiCallFigures {
  /** From the first audio of each answer arriving to the first packet that carries it to the caller. */
  readonly addedMs: readonly number[];
  /** From the clear that the caller is sent to the interruption on the vendor's wire. */
  readonly commitToWireMs: readonly number[];
  /** What the model was told was heard, against what the caller's ear got. */
  readonly heardErrorMs: readonly number[];
  readonly violations: readonly string[];
}

/** One call: a turn, an answer, and after `cutInMs` of it another turn. `speed` of the vendor decides whether it still generates. */
export function holdGeminiCall(cutInMs: number, speed: number): GeminiCallFigures {
  const world = new VirtualWorld();
  const fake = new FakeGeminiLive({ answerMs: ANSWER_MS, speed });
  const arrivals: number[] = [];
  const starts: number[] = [];
  const packets: number[] = [];
  const clears: number[] = [];
  let seen = 0;
  let call: EngineWorld | null = null;
  const services: AgentServices = {
    assets: { fetch: () => Promise.reject(new Error('none')) } as unknown as Fetcher,
    conversation: 'conversation-1',
    inEvent: (run) => call?.event((engine, nowMs) => engine.outsideEvent(run, nowMs)),
    variable: (name) => (name === 'GEMINI_API_KEY' ? fake.options.apiKey : null),
    connect: (request, listener) => {
      const socket = connect(request, {
        ...listener,
        opened: (nowMs) => listener.opened(nowMs),
        closed: (code, reason, nowMs) => listener.closed(code, reason, nowMs),
        message: (data, nowMs) => {
          const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
          if (text.includes('inlineData')) arrivals.push(nowMs);
          listener.message(data, nowMs);
        },
      });
      return {
        close: (code, reason) => socket.close(code, reason),
        send: (data) => {
          if (String(data).includes('activityStart')) starts.push(world.nowMs);
          socket.send(data);
        },
      };
    },
    callTool: () => {},
  };
  const connect = virtualConnect({
    world,
    make: (line, nowMs) => fake.connect(line, nowMs),
    latencyMs: 20,
    inEvent: services.inEvent,
  });
  const microphone = new Int16Array((3500 + cutInMs + 3000) * PER_MS);
  microphone.set(callerVoice(1, 1200), 500 * PER_MS);
  microphone.set(callerVoice(2, 1500), (3500 + cutInMs) * PER_MS);
  call = new EngineWorld({
    world,
    agent: new GeminiLive(v.parse(GEMINI_LIVE_OPTIONS, {}), services),
    microphone,
    eventDone: (nowMs) => {
      const happenings = call?.happenings ?? [];
      for (; seen < happenings.length; seen++) {
        const happening = happenings[seen]!;
        if (happening.kind === 'audio') packets.push(nowMs);
        if (happening.kind === 'control' && happening.message.type === 'clear') clears.push(nowMs);
      }
    },
  });
  world.runTo(3500 + cutInMs + 3500);
  call.stop();
  const [, interruption] = starts;
  return {
    addedMs: arrivals.slice(0, 1).map((atMs) => packets.find((each) => each >= atMs)! - atMs),
    commitToWireMs: clears.slice(0, 1).map((atMs) => Math.max(0, interruption! - atMs)),
    heardErrorMs: heardErrors(fake, Int16Array.from(call.heard)),
    violations: fake.violations,
  };
}

function heardErrors(fake: FakeGeminiLive, ear: Int16Array): number[] {
  const told = fake.session.taken.flatMap((each) =>
    each.kind === 'content'
      ? (/first (\d+\.\d+) s were heard/.exec(each.text)?.slice(1) ?? [])
      : [],
  );
  return told.slice(0, 1).map((seconds) => Math.abs(Number(seconds) * 1000 - heardMs(ear)));
}

/** How much of the first answer an ear got, found by its sound. */
function heardMs(ear: Int16Array): number {
  const samples = watermark(1, ANSWER_MS * 24);
  const resampler = new Resampler(24_000, 16_000);
  const sound = new Int16Array(resampler.outputLimit(samples.length));
  resampler.convert(samples, 0, samples.length, sound, 0);
  let { lag } = bestLikeness(sound.subarray(0, 1600), ear, 2500 * PER_MS, 1000 * PER_MS);
  let heard = 0;
  for (; heard + CHUNK_SAMPLES <= sound.length; heard += CHUNK_SAMPLES) {
    const chunk = sound.subarray(heard, heard + CHUNK_SAMPLES);
    if (correlationAt(chunk, ear, lag + heard) > 0.9) continue;
    // What was said again from a pause on, or after a hold, lies elsewhere.
    const next = bestLikeness(chunk, ear, lag + heard, 500 * PER_MS);
    if (next.correlation < 0.9) break;
    lag = next.lag - heard;
  }
  return heard / PER_MS;
}
