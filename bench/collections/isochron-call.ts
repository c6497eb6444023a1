// The engine of this project with the kernel, the messages of its control channel included, and a caller who plays.

import type { Agent, AgentHost } from '../../core/conversation/agent.ts';
import { conversationConfig } from '../../core/conversation/config.ts';
import { Conversation } from '../../core/conversation/conversation.ts';
import type { ClientLink } from '../../core/conversation/ports.ts';
import type { Scorer, ScorerFactory } from '../../core/voice/scorer.ts';
import { WorkLedger } from '../../core/voice/work-ledger.ts';
import type { Report } from '../../core/wire/messages.ts';
import { HEADER_BYTES, PacketHeader, readHeader, writeHeader } from '../../core/wire/packet.ts';
import {
  VAD_STATE_FLOATS,
  VAD_UNITS_PER_WINDOW,
} from '../../durable-objects/runtime/vad-kernel.ts';
import { loadKernel } from '../accuracy/kernel-builds.ts';
import { ANSWER, type CallUnderTest, FRAME_SAMPLES } from './call.ts';

const FORMAT = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };
const HELLO = { type: 'hello', version: 1, stream: 1, uplink: FORMAT, downlink: FORMAT };

/** A report every 200 ms while something plays, as clients send them. */
const FRAMES_PER_REPORT = 10;

const CONNECTION = 1;

export class IsochronCall implements CallUnderTest {
  readonly #agent = new Answerer();
  readonly #player = new Player();
  readonly #engine: Conversation;
  readonly #packet = new Uint8Array(HEADER_BYTES + 2 * FRAME_SAMPLES);
  readonly #samples = new Int16Array(this.#packet.buffer, HEADER_BYTES);
  readonly #header = new PacketHeader();

  constructor() {
    this.#engine = new Conversation(
      {
        id: 'collections',
        config: conversationConfig({ maximumCallMs: 86_400_000 }),
        turnTaking: 'automatic',
        agent: this.#agent,
        createScorer: kernelScorers(),
        ledger: new WorkLedger(),
        spill: { write() {}, read: () => false, dropBelow() {} },
        checkpoint: { checkpoint: () => this.#engine.snapshot(), append: () => {} },
      },
      0,
    );
    this.#engine.connect(CONNECTION, this.#player, 0);
    this.#engine.receiveText(CONNECTION, JSON.stringify(HELLO), 0);
  }

  get isAnswering(): boolean {
    return this.#player.isPlaying;
  }

  get turns(): number {
    return this.#agent.answers;
  }

  frame(voice: Int16Array, offset: number, nowMs: number): void {
    for (let index = 0; index < FRAME_SAMPLES; index++) {
      this.#samples[index] = voice[offset + index]!;
    }
    writeHeader(this.#packet, this.#header);
    this.#engine.receiveAudio(CONNECTION, this.#packet, nowMs);
    if (this.#engine.nextDeadlineMs <= nowMs) this.#engine.tick(nowMs);
    this.#player.play();
    if (this.#player.isPlaying && this.#header.sequence % FRAMES_PER_REPORT === 0) {
      const report = JSON.stringify(this.#player.report(this.#header.timestamp));
      this.#engine.receiveText(CONNECTION, report, nowMs);
    }
    this.#header.sequence++;
    this.#header.timestamp += FRAME_SAMPLES;
  }
}

/** Says the same after every turn, all of it at once. */
class Answerer implements Agent {
  readonly name = 'answerer';
  readonly nextDeadlineMs = Number.POSITIVE_INFINITY;
  answers = 0;
  #host: AgentHost | null = null;

  open(host: AgentHost): void {
    this.#host = host;
  }

  turnEnded(): void {
    if (this.#host === null) return;
    const utterance = this.#host.begin({ interruptible: true });
    this.#host.say(utterance, ANSWER);
    this.#host.end(utterance);
    this.answers++;
  }

  turnStarted(): void {}
  audio(): void {}
  text(): void {}
  interrupted(): void {}
  completed(): void {}
  tick(): void {}
  save(): unknown {
    return null;
  }
  restore(): void {}
  close(): void {}
}

/** The client's end: plays what has come at the pace of frames, and makes strings of messages as a socket does. */
class Player implements ClientLink {
  readonly resumeToken = null;
  /** Length of everything that was sent as text, so that no string is made in vain. */
  textLength = 0;
  readonly #header = new PacketHeader();
  #generation = 0;
  #receivedSamples = 0;
  #playedSamples = 0;

  get isPlaying(): boolean {
    return this.#playedSamples < this.#receivedSamples;
  }

  sendAudio(packet: Uint8Array): void {
    readHeader(packet, this.#header);
    if (this.#header.generation !== this.#generation) {
      this.#generation = this.#header.generation;
      this.#receivedSamples = 0;
      this.#playedSamples = 0;
    }
    this.#receivedSamples += (packet.length - HEADER_BYTES) / 2;
  }

  sendControl(message: object): void {
    this.textLength += JSON.stringify(message).length;
  }

  close(code: number, reason: string): void {
    throw new Error(`The call was closed: ${code} ${reason}`);
  }

  play(): void {
    this.#playedSamples = Math.min(this.#receivedSamples, this.#playedSamples + FRAME_SAMPLES);
  }

  report(uplinkTimestamp: number): Report {
    return {
      type: 'report',
      generation: this.#generation,
      playedSamples: this.#playedSamples,
      uplinkTimestamp,
      outputLatencyMs: 20,
      bufferedMs: (this.#receivedSamples - this.#playedSamples) / 16,
      stretchMs: 0,
      concealedMs: 0,
      underruns: 0,
      lagMs: 0,
      lagCause: null,
      roundTripMs: 40,
    };
  }
}

/** The default build, as the Durable Object has it. */
function kernelScorers(): ScorerFactory {
  const kernel = loadKernel('f32-plain');
  return (listener): Scorer => {
    const state = new Float32Array(VAD_STATE_FLOATS);
    return {
      name: 'kernel',
      unitsPerWindow: VAD_UNITS_PER_WINDOW,
      submit: (index, window) => listener.onScore(index, kernel.score(window, 0, state)),
      reset: () => state.fill(0),
      snapshot: () => state.slice(),
      restore: (before) => state.set(before),
    };
  };
}
