// One utterance from a bursty agent through the real pacer, over a traced network, into the real player, in virtual time.

import { Playback, type PlaybackOptions } from '../../client/session/playback.ts';
import { type ConfigOverrides, conversationConfig } from '../../core/conversation/config.ts';
import type { SpeechSpill } from '../../core/conversation/ports.ts';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { msToSamples, samplesToMs } from '../../core/media/units.ts';
import { Downlink, type DownlinkListener } from '../../core/playout/downlink.ts';
import type { AudioFormat } from '../../core/wire/messages.ts';
import type { Trace } from './trace-generators.ts';

const FORMAT: AudioFormat = { codec: 'pcm16', rateHz: 16000, frameMs: 20 };

/** A packet that the trace lost is there one round trip later; a report is as long under way. */
const ROUND_TRIP_MS = 60;

/** What the agent gives at once, and how much it then gives at a time. */
const FIRST_BURST_MS = 200;
const CHUNK_MS = 20;

const PULL_MS = 10;
const REPORT_MS = 200;

/** A call that is not over by then has stopped. */
const TOO_LONG_MS = 60_000;

export interface PacedCallOptions {
  readonly trace: Trace;
  /** Where on the trace the utterance begins. */
  readonly startMs: number;
  /** What the agent says, at 16 kHz. */
  readonly speech: Int16Array;
  /** How many times as fast as real time the agent gives what comes after the first burst. */
  readonly agentSpeed: number;
  /** By how much the device's pulls are off the beginning, below 10 ms. */
  readonly pullPhaseMs: number;
  /** Deviations from the defaults of the server and of the player. */
  readonly config?: ConfigOverrides | undefined;
  readonly player?: Partial<PlaybackOptions> | undefined;
}

/** What the listener got, counted at the device. */
export interface PacedResult {
  /** From the agent's first sample to the first sample at the device; the fastest path counts as nothing. */
  readonly startDelayMs: number;
  /** Output inside the utterance that was not content. */
  readonly gapMs: number;
  /** Output beyond content. */
  readonly insertedMs: number;
  /** Of that, what was given while the position stood still: pauses that were held. */
  readonly heldMs: number;
  readonly speechMs: number;
  /** The least share of a second of output that was content, gaps left out. */
  readonly slowestRate: number;
}

/** Time starts at the agent's first sample. */
export class PacedCall implements DownlinkListener {
  readonly #options: PacedCallOptions;
  readonly #downlink: Downlink;
  readonly #player: Playback;
  readonly #arrivals: { readonly atMs: number; readonly bytes: Uint8Array }[] = [];
  readonly #reports: { readonly atMs: number; readonly position: Position }[] = [];
  readonly #block = new Int16Array(msToSamples(PULL_MS, ENGINE_RATE_HZ));
  /** Content played after each pull. */
  readonly #playedAfter: number[] = [];
  #arrived = 0;
  #reported = 0;
  #utterance = 0;
  #given = 0;
  #nowMs = 0;
  #releasedMs = 0;
  #startMs = Number.NaN;
  #playedOutput = 0;
  #output = 0;
  #gapSamples = 0;
  #heldSamples = 0;

  constructor(options: PacedCallOptions) {
    this.#options = options;
    this.#downlink = new Downlink(conversationConfig(options.config), this, new MapSpill());
    this.#player = new Playback({ format: FORMAT, ...options.player });
    this.#downlink.attach(FORMAT, true, undefined, 0);
  }

  run(): PacedResult {
    const { speech, agentSpeed, pullPhaseMs } = this.#options;
    const downlink = this.#downlink;
    this.#utterance = downlink.begin(true);
    this.#say(msToSamples(FIRST_BURST_MS, ENGINE_RATE_HZ));
    let pullMs = pullPhaseMs;
    let reportMs = REPORT_MS;
    while (this.#played < speech.length) {
      const chunkMs = this.#given < speech.length ? this.#chunkMs(agentSpeed) : Infinity;
      const arrivalMs = this.#arrivals[this.#arrived]?.atMs ?? Infinity;
      const heardMs = this.#reports[this.#reported]?.atMs ?? Infinity;
      this.#nowMs = Math.min(
        chunkMs,
        Math.max(this.#nowMs, downlink.nextDeadlineMs),
        arrivalMs,
        heardMs,
        pullMs,
        reportMs,
      );
      const now = this.#nowMs;
      if (now > TOO_LONG_MS) throw new Error('The utterance does not end.');
      if (pullMs <= now) {
        this.#pull();
        pullMs += PULL_MS;
      } else if (arrivalMs <= now) this.#player.receive(this.#arrivals[this.#arrived++]!.bytes);
      else if (chunkMs <= now) this.#say(msToSamples(CHUNK_MS, ENGINE_RATE_HZ));
      else if (heardMs <= now) {
        downlink.report(this.#reports[this.#reported++]!.position, now);
        downlink.tick(now);
      } else if (reportMs <= now) {
        this.#report();
        reportMs += REPORT_MS;
      } else downlink.tick(now);
    }
    return this.#result();
  }

  commit(): boolean {
    return true;
  }

  sendControl(): void {}

  sendAudio(packet: Uint8Array): void {
    const { trace, startMs } = this.#options;
    const frame = Math.floor((startMs + this.#nowMs) / trace.frameMs);
    const delayMs = trace.delaysMs[frame] ?? ROUND_TRIP_MS;
    this.#releasedMs = Math.max(this.#releasedMs, this.#nowMs + delayMs);
    this.#arrivals.push({ atMs: this.#releasedMs, bytes: packet.slice() });
  }

  utteranceEnded(): void {}

  heardCorrected(): void {}

  get #played(): number {
    return this.#player.status.playedSamples;
  }

  /** When the agent gives the next chunk. */
  #chunkMs(agentSpeed: number): number {
    const laterMs = samplesToMs(this.#given, ENGINE_RATE_HZ) - FIRST_BURST_MS + CHUNK_MS;
    return laterMs / agentSpeed;
  }

  #say(samples: number): void {
    const { speech } = this.#options;
    const end = Math.min(speech.length, this.#given + samples);
    this.#downlink.say(this.#utterance, speech.subarray(this.#given, end));
    this.#given = end;
    if (end === speech.length) this.#downlink.end(this.#utterance);
    this.#downlink.tick(this.#nowMs);
  }

  #pull(): void {
    const { speech } = this.#options;
    const played = this.#player.pull(this.#block);
    if (Number.isNaN(this.#startMs)) {
      if (played === 0) return;
      this.#startMs = this.#nowMs;
    }
    if (played > 0 && this.#played === this.#playedAfter.at(-1)) this.#heldSamples += played;
    this.#playedAfter.push(this.#played);
    this.#playedOutput += played;
    this.#output += this.#block.length;
    if (this.#played < speech.length) this.#gapSamples += this.#block.length - played;
  }

  #report(): void {
    const { generation, playedSamples, underruns, stretchMs } = this.#player.status;
    const position = { generation, playedSamples, underruns, stretchMs };
    this.#reports.push({ atMs: this.#nowMs + ROUND_TRIP_MS, position });
  }

  #result(): PacedResult {
    return {
      startDelayMs: this.#startMs,
      gapMs: samplesToMs(this.#gapSamples, ENGINE_RATE_HZ),
      insertedMs: samplesToMs(this.#playedOutput - this.#options.speech.length, ENGINE_RATE_HZ),
      heldMs: samplesToMs(this.#heldSamples, ENGINE_RATE_HZ),
      speechMs: samplesToMs(this.#options.speech.length, ENGINE_RATE_HZ),
      slowestRate: this.#slowestRate(),
    };
  }

  #slowestRate(): number {
    const pulls = 1000 / PULL_MS;
    let slowest = 1;
    for (let index = pulls; index < this.#playedAfter.length - 1; index++) {
      const content = this.#playedAfter[index]! - this.#playedAfter[index - pulls]!;
      slowest = Math.min(slowest, content / ENGINE_RATE_HZ);
    }
    return slowest;
  }
}

interface Position {
  readonly generation: number;
  readonly playedSamples: number;
  readonly underruns: number;
  readonly stretchMs: number;
}

class MapSpill implements SpeechSpill {
  readonly #blocks = new Map<number, Int16Array>();

  write(block: number, samples: Int16Array): void {
    this.#blocks.set(block, samples.slice());
  }

  read(block: number, offset: number, into: Int16Array): boolean {
    const samples = this.#blocks.get(block);
    if (samples === undefined) return false;
    into.set(samples.subarray(offset, offset + into.length));
    return true;
  }

  dropBelow(block: number): void {
    for (const each of this.#blocks.keys()) if (each < block) this.#blocks.delete(each);
  }
}
