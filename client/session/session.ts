// One client's side of a conversation: what to send, what to keep, and what to do with every message that comes.

import { TEXT_MAX_CHARACTERS } from '../../core/wire/limits.ts';
import {
  type ClientMessage,
  KEEP_ALIVE_REQUEST,
  type ServerMessage,
} from '../../core/wire/messages.ts';
import { allowanceOf, type Caller, helloOf, resumeOf, type Welcome } from './greeting.ts';
import { Intake } from './intake.ts';
import { LagMeter } from './lag-meter.ts';
import { Outbox } from './outbox.ts';
import type { Player } from './player.ts';
import { type Reconnection, reconnection } from './reconnection.ts';
import { Reporter } from './reporter.ts';
import type { SessionListener } from './session-listener.ts';
import type { SessionStatistics } from './session-statistics.ts';
import type { Transport } from './transport.ts';
import { Uplink } from './uplink.ts';

/** A quiet connection is kept open by a message this often; proxies close idle ones after 60 s or more. */
const KEEP_ALIVE_MS = 25_000;

export interface SessionOptions extends Caller {
  /** Sequence number of the first packet; any 32-bit number. */
  readonly firstSequence?: number | undefined;
}

/** `greeting`: hello is sent, welcome has not come. `live`: welcome has come, with this epoch. */
type Phase =
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'greeting'; readonly transport: Transport }
  | { readonly kind: 'live'; readonly transport: Transport; readonly epoch: number }
  | { readonly kind: 'ended' };

/**
 * Lives as long as the call, over any number of connections. Everything is synchronous; the program around it opens
 * sockets, pulls the player, and calls `tick` at `nextDeadlineMs` and after every pull.
 */
export class Session {
  readonly #caller: Caller;
  readonly #player: Player;
  readonly #listener: SessionListener;
  readonly #lag = new LagMeter();
  readonly #uplink: Uplink;
  readonly #reporter: Reporter;
  readonly #intake: Intake;
  readonly #outbox = new Outbox();
  #phase: Phase = { kind: 'disconnected' };
  #hasBeenWelcome = false;
  #resumeToken: string | null = null;
  #lastTrafficMs = 0;
  /** Connections lost or not had since the last welcome, and when that began. */
  #lostSinceWelcome = 0;
  #lostAtMs = 0;
  #connections = 0;

  /** Throws RangeError for an uplink format that is not supported. */
  constructor(
    { firstSequence = 0, ...caller }: SessionOptions,
    player: Player,
    listener: SessionListener,
  ) {
    this.#caller = caller;
    this.#player = player;
    this.#listener = listener;
    this.#uplink = new Uplink(caller.uplink, firstSequence, this.#lag);
    this.#reporter = new Reporter(player, this.#lag);
    this.#intake = new Intake(listener);
  }

  /** Token for connecting again, from the last welcome; null where the service gives none. */
  get resumeToken(): string | null {
    return this.#resumeToken;
  }

  /** Time at which `tick` is due, Infinity while there is no connection. */
  get nextDeadlineMs(): number {
    if (this.#phase.kind !== 'live') return Number.POSITIVE_INFINITY;
    const keepAliveMs = this.#lastTrafficMs + KEEP_ALIVE_MS;
    return Math.min(this.#uplink.nextDeadlineMs, this.#reporter.nextDeadlineMs, keepAliveMs);
  }

  get statistics(): SessionStatistics {
    return {
      packetsKept: this.#uplink.packetsKept,
      packetsResent: this.#uplink.packetsResent,
      packetsOverwritten: this.#uplink.packetsOverwritten,
      messagesDropped: this.#outbox.dropped,
      unknownMessages: this.#intake.unknownMessages,
      violations: this.#intake.violations,
      connections: this.#connections,
      roundTripMs: this.#lag.roundTripMs,
      lagMs: this.#lag.latestRiseMs,
      lagCause: this.#lag.latestCause,
      lag: this.#lag.rises,
      lagByCause: this.#lag.risesByCause,
    };
  }

  /** A socket is open: says hello. An earlier socket is no longer spoken to. */
  opened(transport: Transport, nowMs: number): void {
    if (this.#phase.kind === 'ended') return;
    this.#disconnect();
    this.#phase = { kind: 'greeting', transport };
    this.#connections++;
    this.#hello(transport, nowMs);
  }

  /** Takes one message of the open socket. Pulls that were due before it came are owed first (see `Playback`). */
  received(data: string | ArrayBuffer | Uint8Array, nowMs: number): void {
    const { kind } = this.#phase;
    if (kind !== 'greeting' && kind !== 'live') return;
    this.#lastTrafficMs = nowMs;
    if (typeof data === 'string') {
      const message = this.#intake.read(data, nowMs);
      if (message === null) return;
      this.#act(message, nowMs);
      this.#listener.message(message, nowMs);
    } else if (kind === 'greeting') {
      this.#intake.violation('Audio came before the welcome.', nowMs);
    } else {
      this.#intake.play(
        data instanceof Uint8Array ? data : new Uint8Array(data),
        this.#player,
        nowMs,
      );
    }
    this.#tellOfPlayback(nowMs);
  }

  /** The socket has closed with this code, or could not be opened (1006). Capturing and playing go on meanwhile. */
  lost(code: number, nowMs: number): Reconnection {
    if (this.#phase.kind === 'ended') return { action: 'give-up', afterMs: 0 };
    this.#disconnect();
    this.#phase = { kind: 'disconnected' };
    if (this.#lostSinceWelcome === 0) this.#lostAtMs = nowMs;
    this.#lostSinceWelcome++;
    const lostForMs = nowMs - this.#lostAtMs;
    return reconnection(code, this.#lostSinceWelcome, lostForMs, this.#caller.stream);
  }

  /** Takes 16 kHz samples of the microphone, any number; the array belongs to the caller again after the call. */
  capture(samples: Int16Array, nowMs: number): void {
    if (this.#uplink.capture(samples, nowMs)) this.#listener.resendRingFull(nowMs);
  }

  /** The microphone is silent from now on; media time goes on, whether the device does or not. */
  mute(nowMs: number): void {
    this.#uplink.mute(nowMs);
  }

  unmute(nowMs: number): void {
    this.#uplink.unmute(nowMs);
  }

  /** The caller asks the agent to stop. */
  interrupt(): void {
    this.#outbox.send({ type: 'interrupt' });
  }

  /** An edge of a manual turn, at the microphone's time now; says nothing before the first sample. */
  turn(state: 'started' | 'ended', nowMs: number): void {
    const timestamp = this.#uplink.timestamp(nowMs);
    if (timestamp !== null) this.#outbox.send({ type: 'turn', state, timestamp });
  }

  /** Text that the caller typed. Throws RangeError when it is longer than the protocol allows. */
  sendText(text: string): void {
    if (text.length > TEXT_MAX_CHARACTERS) {
      throw new RangeError(
        `Cannot send the text: it must have at most ${TEXT_MAX_CHARACTERS} characters, received ${text.length}.`,
      );
    }
    this.#outbox.send({ type: 'text', text });
  }

  /** Leaves for good: says so and closes the socket. */
  bye(reason?: string): void {
    const phase = this.#phase;
    this.#disconnect();
    this.#phase = { kind: 'ended' };
    if (phase.kind !== 'greeting' && phase.kind !== 'live') return;
    send(phase.transport, reason === undefined ? { type: 'bye' } : { type: 'bye', reason });
    phase.transport.close(1000, 'bye');
  }

  /** Sends what is due: a bundle to resend, answers of the player, a report, a sign of life. */
  tick(nowMs: number): void {
    if (this.#phase.kind !== 'live') return;
    this.#uplink.tick(nowMs);
    this.#tellOfPlayback(nowMs);
    if (nowMs < this.#lastTrafficMs + KEEP_ALIVE_MS) return;
    this.#phase.transport.send(KEEP_ALIVE_REQUEST);
    this.#lastTrafficMs = nowMs;
  }

  /** Acts on a message; those without a case are for the listener alone. */
  #act(message: ServerMessage, nowMs: number): void {
    if (message.type === 'welcome') this.#welcome(message, nowMs);
    else if (message.type === 'ack') this.#uplink.acknowledge(message.sequence);
    else if (message.type === 'echo') this.#lag.echo(message, nowMs);
    else if (message.type === 'hold') this.#player.hold(message.generation);
    else if (message.type === 'release')
      this.#player.release(message.generation, message.fromSample);
    else if (message.type === 'clear') this.#player.clear(message.generation);
  }

  #welcome(welcome: Welcome, nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind !== 'greeting' && phase.kind !== 'live') return;
    const { transport } = phase;
    this.#resumeToken = welcome.resumeToken;
    this.#reporter.limitTo(welcome.limits.reportsPerSecond);
    this.#player.dropBelow(welcome.lowestLiveGeneration);
    if (welcome.stored !== null) this.#uplink.acknowledge(welcome.stored);
    if (phase.kind === 'live' && phase.epoch === welcome.epoch) return;
    this.#hasBeenWelcome = true;
    this.#lostSinceWelcome = 0;
    this.#phase = { kind: 'live', transport, epoch: welcome.epoch };
    // A conversation that lost its memory and kept the socket asks who is there.
    if (phase.kind === 'live') this.#hello(transport, nowMs);
    this.#outbox.connect(transport);
    this.#uplink.connect(
      transport,
      welcome.stored ?? welcome.processed,
      allowanceOf(welcome),
      nowMs,
    );
  }

  #hello(transport: Transport, nowMs: number): void {
    const resume = this.#hasBeenWelcome
      ? resumeOf(this.#player.status, this.#uplink.timestamp(nowMs))
      : undefined;
    send(transport, helloOf(this.#caller, resume));
    this.#lastTrafficMs = nowMs;
  }

  #tellOfPlayback(nowMs: number): void {
    if (this.#phase.kind !== 'live') return;
    const timestamp = this.#uplink.timestamp(nowMs);
    if (this.#reporter.tell(this.#phase.transport, timestamp, nowMs)) this.#lastTrafficMs = nowMs;
  }

  #disconnect(): void {
    this.#uplink.disconnect();
    this.#outbox.disconnect();
  }
}

function send(transport: Transport, message: ClientMessage): void {
  transport.send(JSON.stringify(message));
}
