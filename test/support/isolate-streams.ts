// Many conversations in one isolate: one thread that events keep busy, one ledger, and no network in between.

import { conversationConfig } from '../../core/conversation/config.ts';
import { Conversation } from '../../core/conversation/conversation.ts';
import type { ScorerFactory } from '../../core/voice/scorer.ts';
import type { WorkLedger } from '../../core/voice/work-ledger.ts';
import type { ServerMessage } from '../../core/wire/messages.ts';
import { PacketHeader, writeHeader } from '../../core/wire/packet.ts';
import { MemorySpill } from '../../simulation/memory-spill.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { ScriptedAgent } from './scripted-agent.ts';

const FRAME_MS = 20;
const SAMPLE_MS = 20;
const FRAME_SAMPLES = 320;
const HELLO = JSON.stringify({
  type: 'hello',
  version: 1,
  stream: 3,
  uplink: { codec: 'pcm16', rateHz: 16_000, frameMs: FRAME_MS },
  downlink: { codec: 'pcm16', rateHz: 16_000, frameMs: FRAME_MS },
});

/** What an event costs beside its scoring, and what a unit of scoring costs (a window of the kernel: 50 µs). */
const EVENT_MS = 0.015;
const MS_PER_UNIT = 0.05 / 354;

export interface IsolateStreamsOptions {
  readonly streams: number;
  readonly ledger: WorkLedger;
  readonly createScorer: ScorerFactory;
  /** What each caller's microphone hears; zeros after its end. */
  readonly microphone: (stream: number) => Int16Array;
  /** When a frame that was captured by a time is delivered. */
  readonly arrivalMs?: ((capturedMs: number, stream: number) => number) | undefined;
  /** Spoken by every agent from the beginning. */
  readonly story?: Int16Array | undefined;
  readonly endMs: number;
}

/** One caller and its conversation. */
interface Stream {
  readonly conversation: Conversation;
  readonly packet: Uint8Array;
  readonly header: PacketHeader;
  readonly messages: ServerMessage[];
  framesSent: number;
  timerGeneration: number;
}

/** Runs to its end at construction. */
export class IsolateStreams {
  readonly streams: readonly Stream[];
  /** Units of the event that spent most. */
  mostUnitsInEvent = 0;
  /** Longest time that an event waited for the thread. */
  longestWaitMs = 0;
  /** Most windows that waited at once, in all conversations. */
  mostWaitingWindows = 0;
  readonly #world = new VirtualWorld();
  readonly #options: IsolateStreamsOptions;
  #freeAtMs = 0;

  constructor(options: IsolateStreamsOptions) {
    this.#options = options;
    this.streams = Array.from({ length: options.streams }, () => this.#makeStream());
    for (const [index, stream] of this.streams.entries()) this.#begin(stream, index);
    this.#sample(SAMPLE_MS / 2);
    this.#world.runTo(options.endMs);
  }

  /** Edges and levels as a client is told them. */
  told(type: 'turn' | 'speech' | 'degraded'): ServerMessage[][] {
    return this.streams.map(({ messages }) => messages.filter((message) => message.type === type));
  }

  /** A statistic, summed up over all conversations. */
  total(name: 'windowsScored' | 'windowsQueued' | 'windowsSkipped' | 'windowsByEnergy'): number {
    return this.streams.reduce(
      (sum, { conversation }) => sum + conversation.state(this.#options.endMs).statistics[name],
      0,
    );
  }

  /** Windows that wait, in all conversations. */
  get waitingWindows(): number {
    const { nowMs } = this.#world;
    return this.streams.reduce(
      (sum, { conversation }) => sum + conversation.state(nowMs).waitingWindows,
      0,
    );
  }

  #makeStream(): Stream {
    const { story, ledger, createScorer, endMs } = this.#options;
    const messages: ServerMessage[] = [];
    const conversation = new Conversation(
      {
        id: 'one of many',
        config: conversationConfig({ playheadHoldMs: 30_000, checkpointIntervalMs: 60_000 }),
        turnTaking: 'automatic',
        agent: new ScriptedAgent({ greeting: story, interruptible: false }),
        createScorer,
        ledger,
        spill: new MemorySpill(),
        checkpoint: { checkpoint() {}, append() {} },
      },
      0,
    );
    const stream: Stream = {
      conversation,
      packet: new Uint8Array(12 + 2 * FRAME_SAMPLES),
      header: new PacketHeader(),
      messages,
      framesSent: 0,
      timerGeneration: 0,
    };
    const link = {
      resumeToken: null,
      sendAudio: () => {
        stream.framesSent++;
      },
      sendControl: (message: ServerMessage) => {
        if (message.type !== 'echo' && message.type !== 'stats')
          messages.push(structuredClone(message));
      },
      close: () => {
        throw new Error(`A connection was closed before ${endMs} ms.`);
      },
    };
    conversation.connect(1, link, 0);
    conversation.receiveText(1, HELLO, 0);
    return stream;
  }

  #begin(stream: Stream, index: number): void {
    const samples = this.#options.microphone(index);
    // Callers do not speak in step.
    this.#capture(stream, index, samples, 0, FRAME_MS + ((index * 7) % FRAME_MS));
    this.#arm(stream, 0);
  }

  #capture(stream: Stream, index: number, samples: Int16Array, frame: number, atMs: number): void {
    const { arrivalMs = (capturedMs) => capturedMs } = this.#options;
    this.#world.at(atMs, () => {
      this.#capture(stream, index, samples, frame + 1, atMs + FRAME_MS);
      this.#world.at(arrivalMs(atMs, index), () => {
        this.#fill(stream, samples, frame);
        this.#event(stream, (nowMs) => stream.conversation.receiveAudio(1, stream.packet, nowMs));
      });
    });
  }

  #fill(stream: Stream, samples: Int16Array, frame: number): void {
    const { header, packet } = stream;
    header.sequence = frame;
    header.timestamp = frame * FRAME_SAMPLES;
    writeHeader(packet, header);
    const view = new DataView(packet.buffer, 12);
    for (let n = 0; n < FRAME_SAMPLES; n++)
      view.setInt16(2 * n, samples[frame * FRAME_SAMPLES + n] ?? 0, true);
  }

  /** An event is due now, and begins when the thread is free. */
  #event(stream: Stream, run: (nowMs: number) => void): void {
    const { nowMs: dueMs } = this.#world;
    const startMs = Math.max(dueMs, this.#freeAtMs);
    this.longestWaitMs = Math.max(this.longestWaitMs, startMs - dueMs);
    const nowMs = Math.floor(startMs);
    run(nowMs);
    const { eventUnits } = this.#options.ledger;
    this.mostUnitsInEvent = Math.max(this.mostUnitsInEvent, eventUnits);
    this.#freeAtMs = startMs + EVENT_MS + eventUnits * MS_PER_UNIT;
    this.#arm(stream, nowMs);
  }

  #arm(stream: Stream, nowMs: number): void {
    const generation = ++stream.timerGeneration;
    const deadlineMs = stream.conversation.nextDeadlineMs;
    if (deadlineMs === Number.POSITIVE_INFINITY) return;
    this.#world.at(Math.max(nowMs, Math.ceil(deadlineMs)), () => {
      if (generation !== stream.timerGeneration) return;
      this.#event(stream, (nowMs) => stream.conversation.tick(nowMs));
    });
  }

  #sample(timeMs: number): void {
    this.mostWaitingWindows = Math.max(this.mostWaitingWindows, this.waitingWindows);
    this.#world.at(timeMs + SAMPLE_MS, () => this.#sample(timeMs + SAMPLE_MS));
  }
}
