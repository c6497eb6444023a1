// A caller who does not give up: speaks a scene in real time over a line that fails, and writes down what comes of it.

import { BLOCK_MS, BlockClock } from '../client/node/block-clock.ts';
import { SocketTransport } from '../client/node/socket-transport.ts';
import { Playback } from '../client/session/playback.ts';
import { Session } from '../client/session/session.ts';
import type { Transport } from '../client/session/transport.ts';
import { ENGINE_RATE_HZ } from '../core/media/payload-codec.ts';
import { msToSamples } from '../core/media/units.ts';
import type { AudioFormat, ServerMessage } from '../core/wire/messages.ts';
import { FLAG_LAST } from '../core/wire/packet.ts';
import type { CallerLog } from './caller-log.ts';
import { ContentTape } from './content-tape.ts';
import type { Scene } from './scene.ts';

const DOWNLINK: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };
const BLOCK_SAMPLES = msToSamples(BLOCK_MS, ENGINE_RATE_HZ);

/** What a scene may last longer than its voice: outages, the last answer, and then some. */
const PATIENCE_MS = 60_000;

/** When nothing has been heard for so long after the voice is over, the service is asked whether all is said. */
const QUIET_MS = 1500;

/** An agent in mid-speech that is not heard for so long over a whole line has fallen silent for good. */
const STALLED_MS = 6000;

/** A line counts as whole again so long after it was broken or stood still. */
const SETTLED_MS = 1500;

/** A block that comes so late tells of a machine with too much to do, and so do those of the next second. */
const LATE_BLOCK_MS = 40;
const LOADED_MS = 1000;

export interface CallerOptions {
  readonly scene: Scene;
  readonly url: URL;
  readonly conversation: string;
  readonly token: string;
  readonly stream: number;
  /** Whether nothing is left to be said; null when the service cannot be asked. */
  readonly isAllSaid: () => Promise<boolean | null>;
  /** Ends the call early. */
  readonly stop: AbortSignal;
}

/** Made for one call; `run` is called once. */
export class Caller {
  readonly log: CallerLog;
  readonly #options: CallerOptions;
  readonly #player = new Playback({ format: DOWNLINK, lowWaterMs: 0, conceals: false });
  readonly #session: Session;
  readonly #tape = new ContentTape();
  readonly #block = new Int16Array(BLOCK_SAMPLES);
  readonly #pulled = new Int16Array(BLOCK_SAMPLES);
  readonly #clock = new BlockClock(
    () => performance.now(),
    () => this.#pass(),
  );
  readonly #beganMs = performance.now();
  #blocks = 0;
  #hasBegun = false;
  #lastHeardMs = 0;
  #troubledMs = 0;
  #loadedMs = Number.NEGATIVE_INFINITY;
  #firstBlockMs = 0;
  #underruns = 0;
  #isMidSpeech = false;
  #isAsking = false;
  #isOver = false;
  #isConnected = false;
  #end: () => void = () => {};

  constructor(options: CallerOptions) {
    this.#options = options;
    const { stream, conversation, scene } = options;
    const { uplink } = scene;
    this.log = {
      conversation,
      connections: [],
      told: [],
      heard: new Int16Array(0),
      timestampScale: ENGINE_RATE_HZ / uplink.rateHz,
      lateFrames: 0,
      lateFramesUnderLoad: 0,
      messagesSent: 0,
      packetsOverwritten: 0,
      packetsAcknowledged: 0,
      durationMs: 0,
      isFinished: false,
    };
    const caller = { stream, uplink, downlink: DOWNLINK, client: 'isochron chaos' };
    this.#session = new Session(caller, this.#player, {
      message: (message, nowMs) => this.#told(message, nowMs),
      violation: () => {},
      resendRingFull: () => {},
    });
  }

  /** Where the caller's audio is, in ms. */
  get positionMs(): number {
    return this.#blocks * BLOCK_MS;
  }

  /** Whether the caller is connected and muted, and stays so for a while. */
  get isQuiet(): boolean {
    const { mutes } = this.#options.scene;
    const atMs = this.positionMs;
    return (
      this.#isConnected &&
      !this.#player.status.playing &&
      mutes.some(({ fromMs, toMs }) => atMs > fromMs && atMs < toMs - 3000)
    );
  }

  /** The line stands still: what comes late is no fault of the service. */
  trouble(): void {
    this.#troubledMs = performance.now();
  }

  /** Resolves when the call is over, however it went. */
  run(): Promise<CallerLog> {
    const { stop } = this.#options;
    const leave = () => this.#leave(false);
    stop.addEventListener('abort', leave);
    return new Promise<CallerLog>((resolve) => {
      this.#end = () => {
        stop.removeEventListener('abort', leave);
        this.log.heard = this.#tape.samples();
        this.log.packetsOverwritten = this.#session.statistics.packetsOverwritten;
        this.log.durationMs = this.#nowMs();
        resolve(this.log);
      };
      this.#open(this.#options.token);
    });
  }

  #open(token: string): void {
    new SocketTransport(this.#options.url, token, {
      opened: (transport: Transport) => {
        if (this.#isOver) return transport.close(1000, 'bye');
        this.log.connections.push({
          openedAtMs: this.#nowMs(),
          isSpeechOwed: this.#isMidSpeech,
          firstAudioAtMs: null,
          lostAtMs: null,
          code: null,
        });
        this.#isConnected = true;
        this.#session.opened(this.#counted(transport), performance.now());
      },
      received: (data) => {
        this.#clock.catchUp();
        if (this.#isOver) return;
        if (typeof data !== 'string') this.#audioCame(new Uint8Array(data));
        this.#session.received(data, performance.now());
      },
      closed: (code) => this.#lost(code),
    });
  }

  #counted(transport: Transport): Transport {
    return {
      send: (data) => {
        this.log.messagesSent++;
        transport.send(data);
      },
      close: (code, reason) => transport.close(code, reason),
    };
  }

  #audioCame(packet: Uint8Array): void {
    this.#isMidSpeech = (packet[1]! & FLAG_LAST) === 0;
    const connection = this.log.connections.at(-1)!;
    connection.firstAudioAtMs ??= this.#nowMs();
  }

  #told(message: ServerMessage, nowMs: number): void {
    if (message.type === 'welcome' && !this.#hasBegun) {
      this.#hasBegun = true;
      this.#clock.start(nowMs);
    }
    const { type } = message;
    if (type === 'ack') this.#acknowledged(message.sequence);
    if (type === 'welcome') this.#acknowledged(message.stored ?? 0);
    if (type === 'ack' || type === 'echo' || type === 'stats') return;
    this.log.told.push({ atMs: this.#nowMs(), message });
  }

  #acknowledged(packets: number): void {
    this.log.packetsAcknowledged = Math.max(this.log.packetsAcknowledged, packets);
  }

  #lost(code: number): void {
    if (this.#isOver) return;
    this.trouble();
    const connection = this.log.connections.at(-1);
    if (this.#isConnected && connection !== undefined) {
      connection.lostAtMs = this.#nowMs();
      connection.code = code;
    }
    this.#isConnected = false;
    const { action, afterMs } = this.#session.lost(code, performance.now());
    if (action === 'give-up') return this.#leave(false);
    const token = this.#session.resumeToken ?? this.#options.token;
    setTimeout(() => this.#isOver || this.#open(token), afterMs);
  }

  /** One block of the sound device. */
  #pass(): void {
    const nowMs = performance.now();
    if (this.#blocks === 0) this.#firstBlockMs = nowMs;
    if (nowMs > this.#firstBlockMs + this.positionMs + LATE_BLOCK_MS) this.#loadedMs = nowMs;
    this.#mutes();
    const { voice } = this.#options.scene;
    const from = this.#blocks * BLOCK_SAMPLES;
    this.#block.fill(0);
    this.#block.set(voice.subarray(from, from + BLOCK_SAMPLES));
    this.#blocks++;
    this.#session.capture(this.#block, nowMs);
    this.#hear(nowMs);
    this.#session.tick(nowMs);
    this.#checkEnd(nowMs);
  }

  /** By the time of the caller's audio, so that a late timer moves nothing. */
  #mutes(): void {
    const { positionMs } = this;
    for (const { fromMs, toMs } of this.#options.scene.mutes) {
      if (positionMs === fromMs) this.#session.mute(positionMs);
      if (positionMs === toMs) this.#session.unmute(positionMs);
    }
  }

  #hear(nowMs: number): void {
    const heard = this.#player.pull(this.#pulled);
    this.#tape.append(this.#pulled, heard);
    if (heard > 0) this.#lastHeardMs = nowMs;
    const { underruns } = this.#player.status;
    const isWhole = this.#isConnected && nowMs - this.#troubledMs > SETTLED_MS;
    if (underruns > this.#underruns && isWhole) {
      this.log.lateFrames++;
      if (nowMs - this.#loadedMs < LOADED_MS) this.log.lateFramesUnderLoad++;
    }
    this.#underruns = underruns;
  }

  #checkEnd(nowMs: number): void {
    const { voice, stopAfterMs } = this.#options.scene;
    const voiceMs = voice.length / (ENGINE_RATE_HZ / 1000);
    const heardOrTroubledMs = Math.max(this.#lastHeardMs, this.#troubledMs);
    if (this.positionMs >= stopAfterMs) return this.#leave(nowMs - heardOrTroubledMs < STALLED_MS);
    if (this.positionMs > voiceMs + PATIENCE_MS) return this.#leave(false);
    const isQuiet = nowMs - heardOrTroubledMs > QUIET_MS;
    if (this.positionMs < voiceMs + QUIET_MS || !isQuiet || this.#isAsking) return;
    if (stopAfterMs !== Number.POSITIVE_INFINITY || !this.#isConnected) return;
    this.#isAsking = true;
    const askedMs = nowMs;
    void this.#options.isAllSaid().then((isAllSaid) => {
      // What was heard or lost meanwhile makes the answer an old one.
      const isStill = Math.max(this.#lastHeardMs, this.#troubledMs) < askedMs;
      setTimeout(() => {
        this.#isAsking = false;
      }, 500);
      if (isAllSaid === true && isStill) this.#leave(true);
    });
  }

  #leave(isFinished: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.log.isFinished = isFinished;
    this.#clock.stop();
    this.#session.bye();
    this.#end();
  }

  #nowMs(): number {
    return performance.now() - this.#beganMs;
  }
}
