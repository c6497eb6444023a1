// One call in real time: a virtual microphone and speaker on a session, over sockets that may be lost and opened again.

import { ENGINE_RATE_HZ, frameSamples } from '../../core/media/payload-codec.ts';
import { msToSamples, samplesToMs } from '../../core/media/units.ts';
import { CLOSE_CODES } from '../../core/wire/close-codes.ts';
import type { AudioFormat, ServerMessage } from '../../core/wire/messages.ts';
import { Playback, type PlaybackOptions } from '../session/playback.ts';
import { Session } from '../session/session.ts';
import type { SessionListener } from '../session/session-listener.ts';
import type { Transport } from '../session/transport.ts';
import { BLOCK_MS, BlockClock } from './block-clock.ts';
import { CallLog } from './call-log.ts';
import { CallTrace } from './call-trace.ts';
import { CommandError } from './command-error.ts';
import { SocketTransport } from './socket-transport.ts';
import type { TimelineEvent } from './timeline-event.ts';
import { VirtualMicrophone } from './virtual-microphone.ts';
import { VirtualSpeaker } from './virtual-speaker.ts';

/** Longest wait for the service's welcome. */
const WELCOME_MS = 10_000;

/** Longest wait for the service to close the socket after `bye`. */
const FAREWELL_MS = 500;

const BLOCK_SAMPLES = msToSamples(BLOCK_MS, ENGINE_RATE_HZ);

export interface CallOptions {
  /** What the caller says, at 16 kHz; silence follows it. */
  readonly voice: Int16Array;
  /** Format of the packets in both directions. */
  readonly format: AudioFormat;
  /** The call ends when the voice is over and for this long nobody has spoken or been expected to. */
  readonly settleMs: number;
  /** The call ends at this time at the latest. */
  readonly maximumMs: number;
  /** How long a lost connection is tried again. */
  readonly reconnectMs: number;
  /** How the player differs from the default. */
  readonly player?: Partial<PlaybackOptions> | undefined;
  /** Ends the call early. */
  readonly stop: AbortSignal;
  readonly onEvent: (event: TimelineEvent) => void;
  /** Called ten times a second. */
  readonly onProgress: (progress: CallProgress) => void;
}

export interface CallProgress {
  readonly atMs: number;
  readonly voiceMs: number;
  readonly callerSpeaks: boolean;
  readonly agentSpeaks: boolean;
}

/** Where the socket is, and with which token. */
export interface CallAddress {
  readonly url: URL;
  readonly conversation: string;
  readonly token: string;
}

/** `connecting`: never welcomed yet. `lost`: since when. `leaving`: bye is said. */
type Phase =
  | { readonly kind: 'connecting'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'live' }
  | { readonly kind: 'lost'; readonly sinceMs: number }
  | { readonly kind: 'leaving'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'over' };

/** Made for one call; `run` is called once. */
export class LiveCall {
  readonly session: Session;
  readonly player: Playback;
  readonly log: CallLog;
  readonly trace = new CallTrace();
  readonly speaker: VirtualSpeaker;
  readonly #address: CallAddress;
  readonly #options: CallOptions;
  readonly #microphone: VirtualMicrophone;
  readonly #clock = new BlockClock(
    () => performance.now(),
    (deadlineMs) => this.#block(deadlineMs),
  );
  #end: (fault?: CommandError) => void = () => {};
  #phase: Phase = { kind: 'over' };
  #startMs = 0;
  #blocks = 0;
  #callerSpeaks = false;
  #lastSoundMs = 0;

  constructor(address: CallAddress, options: CallOptions) {
    this.#address = address;
    this.#options = options;
    const { format, voice, player } = options;
    this.player = new Playback({ format, ...player });
    const ratio = ENGINE_RATE_HZ / format.rateHz;
    this.#microphone = new VirtualMicrophone(voice, BLOCK_SAMPLES, frameSamples(format) * ratio);
    this.speaker = new VirtualSpeaker(this.player, BLOCK_SAMPLES, (generation, atMs) =>
      this.log.audible(generation, atMs - this.#startMs),
    );
    this.log = new CallLog({
      uplinkRateHz: format.rateHz,
      downlinkRateHz: format.rateHz,
      leftAtMs: (positionMs) =>
        this.#microphone.leftAtMs(msToSamples(positionMs, ENGINE_RATE_HZ)) - this.#startMs,
      tell: options.onEvent,
    });
    const [stream] = crypto.getRandomValues(new Uint32Array(1));
    const caller = { stream: stream!, uplink: format, downlink: format, client: 'isochron talk' };
    this.session = new Session(caller, this.player, this.#listener());
  }

  /** Holds the call; resolves when it is over. Rejects with CommandError when it could not be begun, or was lost. */
  run(): Promise<void> {
    const timer = setTimeout(
      () => this.#fail(`The service did not answer within ${WELCOME_MS / 1000} s.`),
      WELCOME_MS,
    );
    this.#phase = { kind: 'connecting', timer };
    return new Promise((resolve, reject) => {
      this.#end = (fault) => (fault === undefined ? resolve() : reject(fault));
      const { stop } = this.#options;
      stop.addEventListener('abort', this.#leave);
      if (stop.aborted) this.#leave();
      else this.#open(this.#address.token);
    });
  }

  #open(token: string): void {
    const isCurrent = () => this.#phase.kind !== 'over';
    new SocketTransport(this.#address.url, token, {
      opened: (transport: Transport) => {
        if (isCurrent()) this.session.opened(transport, performance.now());
        else transport.close(1000, 'bye');
      },
      received: (data) => {
        // Blocks that were due before the message came are played without it.
        this.#clock.catchUp();
        if (isCurrent()) this.session.received(data, performance.now());
      },
      closed: (code, reason) => {
        if (isCurrent()) this.#closed(code, reason);
      },
    });
  }

  #listener(): SessionListener {
    return {
      message: (message, nowMs) => this.#message(message, nowMs),
      violation: (sentence, nowMs) =>
        this.log.add({ kind: 'notice', atMs: nowMs - this.#startMs, sentence }),
      // Until a service acknowledges, the ring is always full after a while; that matters only at an outage.
      resendRingFull: () => {},
    };
  }

  #message(message: ServerMessage, nowMs: number): void {
    if (message.type === 'welcome') this.#welcomed(nowMs);
    if (message.type === 'speech') this.#callerSpeaks = message.state === 'started';
    this.log.message(message, nowMs - this.#startMs);
  }

  #welcomed(nowMs: number): void {
    if (this.#phase.kind === 'connecting') {
      clearTimeout(this.#phase.timer);
      this.#startMs = nowMs;
      this.#clock.start(nowMs);
      // The speaker sounds at once; the microphone's first block is complete, and sent, when its time has passed.
      this.speaker.play(nowMs);
    } else if (this.#phase.kind !== 'lost') {
      return;
    }
    this.#phase = { kind: 'live' };
    const { conversation } = this.#address;
    this.log.add({ kind: 'connected', atMs: nowMs - this.#startMs, conversation });
  }

  /** One block of the sound device: what was captured until now is sent, what is heard from now on is played. */
  #block(deadlineMs: number): void {
    const nowMs = performance.now();
    this.session.capture(this.#microphone.capture(nowMs), nowMs);
    this.speaker.play(deadlineMs);
    this.session.tick(nowMs);
    const atMs = deadlineMs - this.#startMs;
    this.trace.block(this.player.status, atMs);
    if (this.player.status.playing) this.#lastSoundMs = atMs;
    if (++this.#blocks % 10 === 0) this.#progress(atMs);
    if (this.#phase.kind === 'live' && this.#isOver(atMs)) this.#leave();
  }

  #progress(atMs: number): void {
    this.#options.onProgress({
      atMs,
      voiceMs: samplesToMs(this.#options.voice.length, ENGINE_RATE_HZ),
      callerSpeaks: this.#callerSpeaks,
      agentSpeaks: this.player.status.playing,
    });
  }

  #isOver(atMs: number): boolean {
    const { voice, settleMs, maximumMs } = this.#options;
    if (atMs >= maximumMs) return true;
    if (!this.#microphone.isFinished || !this.log.isQuiet) return false;
    const voiceMs = samplesToMs(voice.length, ENGINE_RATE_HZ);
    return atMs >= Math.max(voiceMs, this.log.lastEventMs, this.#lastSoundMs) + settleMs;
  }

  readonly #leave = (): void => {
    if (this.#phase.kind === 'connecting')
      return this.#fail('The call was given up before it began.');
    if (this.#phase.kind === 'leaving') return;
    this.#phase = { kind: 'leaving', timer: setTimeout(() => this.#finish(), FAREWELL_MS) };
    this.#clock.stop();
    this.session.bye();
  };

  #closed(code: number, reason: string): void {
    const phase = this.#phase;
    const isEnded = code === CLOSE_CODES.ended.code || code === 1000;
    if (phase.kind === 'leaving' || (phase.kind === 'live' && isEnded)) return this.#finish();
    if (phase.kind === 'connecting') return this.#fail(refusal(code, reason));
    const nowMs = performance.now();
    const sinceMs = phase.kind === 'lost' ? phase.sinceMs : nowMs;
    if (phase.kind !== 'lost') {
      this.log.add({ kind: 'connection-lost', atMs: nowMs - this.#startMs, code });
    }
    this.#phase = { kind: 'lost', sinceMs };
    const { action, afterMs } = this.session.lost(code, nowMs);
    if (action === 'give-up') return this.#fail(refusal(code, reason));
    if (nowMs + afterMs >= sinceMs + this.#options.reconnectMs)
      return this.#fail(lost(code, sinceMs - this.#startMs));
    setTimeout(() => this.#reopen(), afterMs);
  }

  #reopen(): void {
    if (this.#phase.kind === 'lost') this.#open(this.session.resumeToken ?? this.#address.token);
  }

  #fail(sentence: string): void {
    this.#finish(new CommandError(sentence));
  }

  #finish(fault?: CommandError): void {
    const phase = this.#phase;
    if (phase.kind === 'over') return;
    if (phase.kind === 'connecting' || phase.kind === 'leaving') clearTimeout(phase.timer);
    this.#phase = { kind: 'over' };
    this.#clock.stop();
    this.#options.stop.removeEventListener('abort', this.#leave);
    this.#end(fault);
  }
}

function refusal(code: number, reason: string): string {
  const why = reason === '' ? `close code ${code}` : `${reason} (close code ${code})`;
  if (code === CLOSE_CODES.unauthorized.code) return `The service refused the token: ${why}`;
  return `The service closed the connection: ${why}`;
}

function lost(code: number, atMs: number): string {
  return `The connection was lost after ${(atMs / 1000).toFixed(1)} s of the call and could not be had again (close code ${code}).`;
}
