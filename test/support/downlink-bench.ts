// Runs a Downlink against a model player over a simulated network, in virtual time.

import type { Heard, SayOutcome } from '../../core/conversation/agent.ts';
import { type ConfigOverrides, conversationConfig } from '../../core/conversation/config.ts';
import {
  Downlink,
  type DownlinkConfig,
  type DownlinkListener,
} from '../../core/playout/downlink.ts';
import type { AudioFormat, ServerMessage, UtteranceEndReason } from '../../core/wire/messages.ts';
import { MemorySpill } from '../../simulation/memory-spill.ts';
import { ModelPlayer, type ModelPlayerOptions } from './model-player.ts';

export const PCM_20: AudioFormat = { codec: 'pcm16', rateHz: 16000, frameMs: 20 };

/** Period of the ramp: all values that 16 bits have but 0, which only padding has. */
const RAMP_SAMPLES = 65_535;

/** Speech whose samples tell where they are: sample n of an utterance is 1 + n mod 65,535, as 16 bits hold it. */
export function rampSpeech(fromSample: number, length: number): Int16Array {
  const samples = new Int16Array(length);
  for (let index = 0; index < length; index++) samples[index] = rampAt(fromSample + index);
  return samples;
}

function rampAt(sample: number): number {
  return ((1 + (sample % RAMP_SAMPLES)) << 16) >> 16;
}

/** The sample nearest to `near` at which the ramp has this value. */
function rampSample(value: number, near: number): number {
  const phase = (value & 0xffff) - 1;
  return phase + RAMP_SAMPLES * Math.max(0, Math.round((near - phase) / RAMP_SAMPLES));
}

/** An utterance's end as the listener was told. */
export interface Ending {
  readonly utterance: number;
  readonly reason: UtteranceEndReason;
  readonly heard: Heard;
  readonly atMs: number;
}

export interface BenchOptions extends ModelPlayerOptions {
  /** The lead is constant where nothing else is said. */
  readonly config?: ConfigOverrides | undefined;
  readonly format?: AudioFormat | undefined;
  readonly canHold?: boolean | undefined;
  /** Delay of a message that leaves at this time, in ms; order is kept. */
  readonly downMs?: ((atMs: number) => number) | undefined;
  readonly upMs?: ((atMs: number) => number) | undefined;
  /** How late the tick due at this time comes, in ms. */
  readonly lateMs?: ((deadlineMs: number) => number) | undefined;
  /** Answers of these kinds are not given. */
  readonly isMute?: ((kind: 'report' | 'held' | 'cleared', atMs: number) => boolean) | undefined;
  /** Before each event the Downlink is replaced by one restored from its snapshot. */
  readonly isRestored?: boolean | undefined;
  readonly attachAtStart?: boolean | undefined;
}

interface Delivery {
  readonly atMs: number;
  readonly deliver: () => void;
}

const REPORT_MS = 200;

/** The server's side, its network and one listener; `log` is everything that came out, in order. */
export class DownlinkBench implements DownlinkListener {
  readonly config: DownlinkConfig;
  readonly spill = new MemorySpill();
  readonly log: string[] = [];
  readonly messages: ServerMessage[] = [];
  readonly endings: Ending[] = [];
  readonly corrections: { utterance: number; heard: Heard }[] = [];
  /** Bytes and time of every packet, as it was sent. */
  readonly packets: { atMs: number; bytes: Uint8Array }[] = [];
  /** Samples accepted of each utterance. */
  readonly given = new Map<number, number>();
  readonly utteranceOf = new Map<number, number>();
  downlink: Downlink;
  player: ModelPlayer;
  nowMs = 0;
  /** Called for every packet, before anything else happens. */
  onPacket: (bytes: Uint8Array) => void = () => {};
  onEnding: (ending: Ending) => void = () => {};
  readonly #options: BenchOptions;
  readonly #down: Delivery[] = [];
  readonly #up: Delivery[] = [];
  readonly #script: Delivery[] = [];
  #downFreeMs = 0;
  #upFreeMs = 0;
  #nextReportMs = REPORT_MS;

  #attached = false;
  #commits = 0;

  constructor(options: BenchOptions = {}) {
    this.#options = options;
    this.config = conversationConfig({ leadGrowthPct: 0, ...options.config });
    this.downlink = new Downlink(this.config, this, this.spill);
    this.player = new ModelPlayer(options);
    if (options.attachAtStart !== false) this.connect(false);
  }

  // What the Downlink does

  /** The state is stored now, and its storage confirmed at once. */
  commit(): boolean {
    this.log.push(`commit ${this.downlink.snapshot().sender?.nextGeneration}`);
    this.#commits++;
    this.downlink.stored();
    return true;
  }

  sendAudio(packet: Uint8Array): void {
    const bytes = packet.slice();
    const generation = bytes[2]! | (bytes[3]! << 8);
    if (this.#commits === 0) throw new Error(`Generation ${generation} was not stored.`);
    this.packets.push({ atMs: this.nowMs, bytes });
    this.log.push(`${this.nowMs} audio ${bytes.length} ${bytes.subarray(0, 14).join()}`);
    this.onPacket(bytes);
    this.#sendDown(() => this.player.receive(bytes));
  }

  sendControl(message: ServerMessage): void {
    this.messages.push(structuredClone(message));
    this.log.push(`${this.nowMs} ${JSON.stringify(message)}`);
    if (message.type === 'utterance' && message.state === 'started') {
      this.utteranceOf.set(message.generation, message.utterance);
    }
    this.#sendDown(() => this.#obey(message));
  }

  utteranceEnded(utterance: number, reason: UtteranceEndReason, heard: Heard): void {
    const ending = { utterance, reason, heard, atMs: this.nowMs };
    this.endings.push(ending);
    this.log.push(`ended ${JSON.stringify(ending)}`);
    this.onEnding(ending);
  }

  heardCorrected(utterance: number, heard: Heard): void {
    this.corrections.push({ utterance, heard });
    this.log.push(`corrected ${JSON.stringify(heard)}`);
  }

  // What the test does

  /** Does something at a time. */
  at(atMs: number, act: () => void): void {
    this.#script.push({ atMs, deliver: act });
    this.#script.sort((a, b) => a.atMs - b.atMs);
  }

  begin(interruptible = true): number {
    const utterance = this.downlink.begin(interruptible);
    this.downlink.tick(this.nowMs);
    return utterance;
  }

  /** Says the next `lengthSamples` of an utterance's ramp. */
  say(utterance: number, lengthSamples: number): SayOutcome {
    const given = this.given.get(utterance) ?? 0;
    const outcome = this.downlink.say(utterance, rampSpeech(given, lengthSamples));
    this.downlink.tick(this.nowMs);
    if (outcome === 'accepted') this.given.set(utterance, given + lengthSamples);
    return outcome;
  }

  end(utterance: number): void {
    this.downlink.end(utterance);
    this.downlink.tick(this.nowMs);
  }

  /** The agent says a whole utterance at once; returns its number. */
  speak(lengthSamples: number, interruptible = true): number {
    const utterance = this.begin(interruptible);
    this.say(utterance, lengthSamples);
    this.end(utterance);
    return utterance;
  }

  /** The connection breaks: what is on its way is lost; the server notices at once. */
  disconnect(): void {
    this.#attached = false;
    this.#down.length = 0;
    this.#up.length = 0;
    this.downlink.detach(this.nowMs);
  }

  /** The client comes, with what it has (`resumes`) or as a new player. */
  connect(resumes: boolean): void {
    const { format = PCM_20, canHold = true } = this.#options;
    this.#attached = true;
    if (!resumes) this.player = new ModelPlayer(this.#options);
    this.player.advance(this.nowMs);
    this.player.dropBelow(this.downlink.lowestLiveGeneration);
    this.downlink.attach(format, canHold, resumes ? this.player.resume : undefined, this.nowMs);
    this.downlink.tick(this.nowMs);
  }

  /** Everything happens that happens until then. */
  run(untilMs: number): void {
    for (;;) {
      const { nextDeadlineMs } = this.downlink;
      const tickMs = nextDeadlineMs + (this.#options.lateMs?.(nextDeadlineMs) ?? 0);
      const nextMs = Math.min(
        this.#down[0]?.atMs ?? Infinity,
        this.#up[0]?.atMs ?? Infinity,
        this.#script[0]?.atMs ?? Infinity,
        this.#nextReportMs,
        Math.max(tickMs, this.nowMs),
      );
      if (nextMs > untilMs) break;
      this.nowMs = Math.max(nextMs, this.nowMs);
      this.player.advance(this.nowMs);
      if (this.#options.isRestored === true) this.#restore();
      this.#step();
    }
    this.nowMs = untilMs;
    this.player.advance(untilMs);
  }

  /**
   * What was heard of an utterance said by `say`: offsets [from, to) of each stretch, the padding at its end left out.
   * Throws where a sample is not the one that was given there.
   */
  heardOf(utterance: number): { from: number; to: number }[] {
    const given = this.given.get(utterance) ?? 0;
    const stretches: { from: number; to: number }[] = [];
    for (const { generation, samples } of this.player.heard) {
      if (this.utteranceOf.get(generation) !== utterance) continue;
      // Nothing at all, or nothing but padding.
      if ((samples[0] ?? 0) === 0) continue;
      const from = rampSample(samples[0]!, stretches.at(-1)?.to ?? 0);
      for (const [index, sample] of samples.entries()) {
        const expected = from + index < given ? rampAt(from + index) : 0;
        if (sample !== expected)
          throw new Error(`Sample ${from + index} of ${utterance} is ${sample}.`);
      }
      stretches.push({ from, to: Math.min(given, from + samples.length) });
    }
    return stretches;
  }

  #step(): void {
    const now = this.nowMs;
    if ((this.#script[0]?.atMs ?? Infinity) <= now) this.#script.shift()!.deliver();
    else if ((this.#down[0]?.atMs ?? Infinity) <= now) this.#down.shift()!.deliver();
    else if ((this.#up[0]?.atMs ?? Infinity) <= now) this.#up.shift()!.deliver();
    else if (this.#nextReportMs <= now) this.#report();
    this.downlink.tick(now);
  }

  #restore(): void {
    const snapshot = structuredClone(this.downlink.snapshot());
    this.downlink = new Downlink(this.config, this, this.spill);
    this.downlink.restore(snapshot);
  }

  #report(): void {
    this.#nextReportMs += REPORT_MS;
    this.downlink.stored();
    if (!this.#attached || this.#isMute('report')) return;
    const report = { ...this.player.position, underruns: this.player.underruns, stretchMs: 0 };
    this.#sendUp(() => this.downlink.report(report, this.nowMs));
  }

  #obey(message: ServerMessage): void {
    switch (message.type) {
      case 'hold': {
        const position = this.player.hold();
        if (!this.#isMute('held')) this.#sendUp(() => this.downlink.held(position));
        break;
      }
      case 'release':
        this.player.release(message.generation, message.fromSample);
        break;
      case 'clear': {
        const position = this.player.clear(message.generation);
        if (!this.#isMute('cleared')) this.#sendUp(() => this.downlink.cleared(position));
        break;
      }
      default:
        break;
    }
  }

  #isMute(kind: 'report' | 'held' | 'cleared'): boolean {
    return this.#options.isMute?.(kind, this.nowMs) ?? false;
  }

  #sendDown(deliver: () => void): void {
    this.#downFreeMs = Math.max(
      this.#downFreeMs,
      this.nowMs + (this.#options.downMs?.(this.nowMs) ?? 20),
    );
    this.#down.push({ atMs: this.#downFreeMs, deliver });
  }

  #sendUp(deliver: () => void): void {
    this.#upFreeMs = Math.max(
      this.#upFreeMs,
      this.nowMs + (this.#options.upMs?.(this.nowMs) ?? 20),
    );
    this.#up.push({ atMs: this.#upFreeMs, deliver });
  }
}
