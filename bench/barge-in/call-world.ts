// One call in virtual time: the engine, the client's session and player, a link between them, a microphone and a speaker.

import { Playback } from '../../client/session/playback.ts';
import { Session } from '../../client/session/session.ts';
import type { Agent } from '../../core/conversation/agent.ts';
import { type ConfigOverrides, conversationConfig } from '../../core/conversation/config.ts';
import { Conversation } from '../../core/conversation/conversation.ts';
import type { ClientLink, SpeechSpill } from '../../core/conversation/ports.ts';
import type { EchoGuardMode } from '../../core/voice/echo-guard.ts';
import { WorkLedger } from '../../core/voice/work-ledger.ts';
import type { AudioFormat, ServerMessage } from '../../core/wire/messages.ts';
import { createKernelScorer } from './kernel-scorer.ts';
import type { OpenSpeaker } from './open-speaker.ts';

const FORMAT: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };

/** Period of microphone and speaker. */
export const DEVICE_MS = 10;
const DEVICE_SAMPLES = 160;
const SAMPLES_PER_MS = 16;

/** RMS of the microphone's own noise, in 16-bit steps. */
const MICROPHONE_NOISE = 12;

export interface CallOptions {
  readonly agent: Agent;
  /** One way through the network. */
  readonly delayMs: number;
  /** What the downlink carries, 0 for as much as there is. */
  readonly downKbitPerSecond?: number | undefined;
  readonly echoGuard: EchoGuardMode;
  readonly speaker?: OpenSpeaker | undefined;
  /** What the microphone hears besides, at each sample of the call. */
  readonly ambience?: ((sample: number) => number) | undefined;
  readonly config?: ConfigOverrides | undefined;
  readonly random: () => number;
}

interface Delivery {
  readonly atMs: number;
  readonly run: () => void;
}

/** What left the engine, and when. */
export interface Sent {
  readonly type: ServerMessage['type'];
  readonly atMs: number;
}

export class CallWorld {
  nowMs = 0;
  /** `hold`, `release` and `clear` as they left the engine. */
  readonly sent: Sent[] = [];
  readonly player = new Playback({ format: FORMAT });
  readonly session: Session;
  /** Beginning of the last device period in which the speaker sounded. */
  lastSoundMs = 0;
  /** Samples that sounded of the utterance that sounds or did last, less what the player itself has added or repeated. */
  soundSamples = 0;
  /** Sound between the arrival of a clear and the next utterance. */
  clearedSamples = 0;
  readonly #options: CallOptions;
  readonly #engine: Conversation;
  readonly #up: Delivery[] = [];
  readonly #down: Delivery[] = [];
  readonly #device = new Int16Array(DEVICE_SAMPLES);
  #downFreeMs = 0;
  #deviceMs = 0;
  #captured = 0;
  #clip: Int16Array | null = null;
  #clipGain = 1;
  #clipAt = 0;
  #clearedGeneration = -1;
  #soundGeneration = -1;
  #addedMs = 0;

  constructor(options: CallOptions) {
    this.#options = options;
    this.#engine = new Conversation(
      {
        id: 'bench',
        config: conversationConfig({ ...options.config }),
        turnTaking: 'automatic',
        echoGuard: options.echoGuard,
        agent: options.agent,
        createScorer: createKernelScorer,
        ledger: new WorkLedger(),
        spill: memorySpill(),
        checkpoint: {
          checkpoint: ({ ticket }) =>
            this.#up.push({
              atMs: this.nowMs,
              run: () => this.#engine.confirmed(ticket, this.nowMs),
            }),
          append: () => {},
        },
      },
      0,
    );
    const caller = { stream: 7, uplink: FORMAT, downlink: FORMAT };
    this.session = new Session(caller, this.player, {
      message: () => {},
      violation: (sentence) => {
        throw new Error(sentence);
      },
      resendRingFull: () => {},
    });
    this.#engine.connect(1, this.#link(), 0);
    this.session.opened({ send: (data) => this.#sendUp(data), close: () => {} }, 0);
  }

  /** The caller says this from now on, at a gain. */
  speak(clip: Int16Array, gain = 1): void {
    this.#clip = clip;
    this.#clipGain = gain;
    this.#clipAt = 0;
  }

  /** When the first sample sounds that the microphone takes next: a device gives a period when it is over. */
  get nextSampleMs(): number {
    return this.#deviceMs - DEVICE_MS;
  }

  /** Runs until `untilMs`. */
  runTo(untilMs: number): void {
    for (;;) {
      const nextMs = Math.min(
        this.#up[0]?.atMs ?? Number.POSITIVE_INFINITY,
        this.#down[0]?.atMs ?? Number.POSITIVE_INFINITY,
        Math.max(this.nowMs, this.#engine.nextDeadlineMs),
        this.#deviceMs,
      );
      if (nextMs > untilMs) break;
      this.nowMs = nextMs;
      this.#step();
    }
    this.nowMs = untilMs;
  }

  count(type: Sent['type']): number {
    return this.sent.filter((each) => each.type === type).length;
  }

  /** The first message of a type that left at or after a time, null when there is none. */
  firstSince(type: Sent['type'], sinceMs: number): number | null {
    return this.sent.find((each) => each.type === type && each.atMs >= sinceMs)?.atMs ?? null;
  }

  #step(): void {
    const now = this.nowMs;
    if ((this.#up[0]?.atMs ?? Number.POSITIVE_INFINITY) <= now) this.#up.shift()!.run();
    else if ((this.#down[0]?.atMs ?? Number.POSITIVE_INFINITY) <= now) this.#down.shift()!.run();
    else if (this.#engine.nextDeadlineMs <= now) this.#engine.tick(now);
    else this.#devicePeriod();
  }

  #devicePeriod(): void {
    this.#deviceMs += DEVICE_MS;
    this.player.pull(this.#device);
    for (let index = 0; index < DEVICE_SAMPLES; index++) {
      const played = this.#device[index]!;
      if (played !== 0) this.#sound();
      this.#device[index] = this.#microphone(played);
    }
    this.session.capture(this.#device, this.nowMs);
    this.session.tick(this.nowMs);
  }

  #sound(): void {
    this.lastSoundMs = this.nowMs;
    const { generation } = this.player.status;
    if (generation !== this.#soundGeneration) {
      this.#soundGeneration = generation;
      this.soundSamples = 0;
      this.#addedMs = this.#added;
    }
    this.soundSamples++;
    const addedMs = this.#added;
    if (addedMs !== this.#addedMs) {
      this.soundSamples -= Math.round((addedMs - this.#addedMs) * SAMPLES_PER_MS);
      this.#addedMs = addedMs;
    }
    if (generation === this.#clearedGeneration) this.clearedSamples++;
  }

  get #added(): number {
    return this.player.status.stretchMs + this.player.status.concealedMs;
  }

  #microphone(played: number): number {
    const { speaker, ambience, random } = this.#options;
    let sample = (random() + random() + random() - 1.5) * 2 * MICROPHONE_NOISE;
    if (speaker !== undefined) sample += speaker.next(played);
    if (ambience !== undefined) sample += ambience(this.#captured);
    this.#captured++;
    if (this.#clip !== null && this.#clipAt < this.#clip.length)
      sample += this.#clipGain * this.#clip[this.#clipAt++]!;
    return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
  }

  #sendUp(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? data : data.slice();
    const atMs = this.nowMs + this.#options.delayMs;
    this.#up.push({
      atMs,
      run: () => {
        if (typeof bytes === 'string') this.#engine.receiveText(1, bytes, this.nowMs);
        else this.#engine.receiveAudio(1, bytes, this.nowMs);
      },
    });
    this.#up.sort((a, b) => a.atMs - b.atMs);
  }

  /** A message leaves when those before it have, and takes its way. */
  #sendDown(bytes: number, data: string | Uint8Array): void {
    const { downKbitPerSecond = 0, delayMs } = this.#options;
    const sendMs = downKbitPerSecond > 0 ? (bytes * 8) / downKbitPerSecond : 0;
    this.#downFreeMs = Math.max(this.#downFreeMs, this.nowMs) + sendMs;
    this.#down.push({
      atMs: this.#downFreeMs + delayMs,
      run: () => this.#receive(data),
    });
  }

  /** A release may set the player back within an utterance, also one that had not begun when it was sent. */
  #receive(data: string | Uint8Array): void {
    const { generation, playedSamples } = this.player.status;
    this.session.received(data, this.nowMs);
    const after = this.player.status;
    if (after.generation === generation && after.playedSamples < playedSamples)
      this.soundSamples -= playedSamples - after.playedSamples;
  }

  #link(): ClientLink {
    return {
      resumeToken: null,
      sendAudio: (packet) => this.#sendDown(packet.length, packet.slice()),
      sendControl: (message) => {
        const { type } = message;
        if (type === 'hold' || type === 'release' || type === 'clear')
          this.sent.push({ type, atMs: this.nowMs });
        const text = JSON.stringify(message);
        this.#sendDown(text.length, text);
        if (message.type !== 'clear') return;
        const { generation } = message;
        const { atMs } = this.#down.at(-1)!;
        this.#down.push({
          atMs,
          run: () => {
            this.#clearedGeneration = generation;
          },
        });
      },
      close: (code) => {
        throw new Error(`The engine closed the call with ${code}.`);
      },
    };
  }
}

function memorySpill(): SpeechSpill {
  const blocks = new Map<number, Int16Array>();
  return {
    write: (block, samples) => void blocks.set(block, samples.slice()),
    read: (block, offset, into) => {
      const samples = blocks.get(block);
      if (samples === undefined) return false;
      into.set(samples.subarray(offset, offset + into.length));
      return true;
    },
    dropBelow: (block) => {
      for (const each of blocks.keys()) if (each < block) blocks.delete(each);
    },
  };
}
