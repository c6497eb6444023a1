// One call in the transport worker: session, connection and player, moved on by the sound device's own messages.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { CLOSE_CODES } from '../../core/wire/close-codes.ts';
import type { AudioFormat, ServerMessage } from '../../core/wire/messages.ts';
import { Session } from '../session/session.ts';
import { CallConnection, type Dial } from './call-connection.ts';
import type { CallErrorCode } from './call-error.ts';
import type { ConnectionEvent } from './call-events.ts';
import { CallNarrator } from './call-narrator.ts';
import type { CallNews, CallOrder, CallSetUp } from './call-orders.ts';
import { RemotePlayer } from './remote-player.ts';
import { StatisticsCollector } from './statistics-collector.ts';
import type { CaptureBlock, PlaybackNews, PlaybackOrder } from './worklet-messages.ts';

/** What the session hears and says; the same as on the wire, unless the dial translates. */
export const FORMAT: AudioFormat = { codec: 'pcm16', rateHz: ENGINE_RATE_HZ, frameMs: 20 };

/** Longest wait for the first welcome. */
const WELCOME_MS = 10_000;

/** Longest wait for the service to close the socket after `bye`. */
const FAREWELL_MS = 500;

/** `greeting`: never welcomed yet. `lost`: to be had again at `retryMs`. `leaving`: bye is said. */
type Phase =
  | { readonly kind: 'greeting'; readonly giveUpMs: number; readonly retryMs: number }
  | { readonly kind: 'live' }
  | {
      readonly kind: 'lost';
      readonly sinceMs: number;
      readonly attempt: number;
      readonly retryMs: number;
    }
  | { readonly kind: 'leaving'; readonly untilMs: number }
  | { readonly kind: 'over' };

const NEVER_MS = Number.POSITIVE_INFINITY;

/** What a call stands on in its worker. */
export interface CallEngineParts {
  readonly dial: Dial;
  /** What the connections that are dialled carry. */
  readonly wireFormat: () => AudioFormat;
  /** Ms, any origin. */
  readonly now: () => number;
  /** Ms since 1970, as page and worker both know it. */
  readonly clockMs: () => number;
  /** A number from 0 to 1. */
  readonly chance: () => number;
  readonly random32: () => number;
  readonly tell: (news: CallNews) => void;
  readonly order: (order: PlaybackOrder) => void;
}

/** Everything happens in a message of the page, a worklet or the socket, or in `tick`. */
export class CallEngine {
  readonly #parts: CallEngineParts;
  readonly #setUp: CallSetUp;
  readonly #player: RemotePlayer;
  readonly #session: Session;
  readonly #connection: CallConnection;
  readonly #collector: StatisticsCollector;
  readonly #narrator: CallNarrator;
  #phase: Phase = { kind: 'over' };
  #isMuted: boolean;
  #leadMs = 0;

  constructor(setUp: CallSetUp, parts: CallEngineParts) {
    this.#parts = parts;
    this.#setUp = setUp;
    this.#player = new RemotePlayer(parts.order);
    this.#collector = new StatisticsCollector(setUp.rateHz);
    this.#narrator = new CallNarrator((event) => parts.tell({ type: 'event', event }));
    const caller = {
      stream: parts.random32(),
      uplink: FORMAT,
      downlink: FORMAT,
      onTheWire: () => ({ uplink: parts.wireFormat(), downlink: parts.wireFormat() }),
      client: 'isochron browser',
    };
    this.#session = new Session(caller, this.#player, {
      message: (message, nowMs) => this.#message(message, nowMs),
      violation: () => {},
      resendRingFull: () => this.#ringFull(),
    });
    this.#connection = new CallConnection(parts, {
      opened: (transport, nowMs) => this.#session.opened(transport, nowMs),
      received: (data, nowMs) => this.#session.received(data, nowMs),
      closed: (code, reason, nowMs) => this.#closed(code, reason, nowMs),
    });
    this.#connection.conditions = setUp.network;
    this.#isMuted = setUp.muted || setUp.pushToTalk;
  }

  /** Connects. */
  start(): void {
    const nowMs = this.#parts.now();
    this.#phase = { kind: 'greeting', giveUpMs: nowMs + WELCOME_MS, retryMs: NEVER_MS };
    if (this.#isMuted) this.#session.mute(nowMs);
    this.#parts.tell({ type: 'muted', muted: this.#isMuted });
    this.#connection.open(this.#setUp.token);
  }

  captured(block: CaptureBlock): void {
    if (this.#phase.kind === 'over') return;
    const nowMs = this.#parts.now();
    this.#collector.captured(block, this.#isMuted, nowMs);
    this.#session.capture(block.samples, nowMs);
    this.tick();
  }

  played(news: PlaybackNews): void {
    if (this.#phase.kind === 'over') return;
    this.#player.hear(news);
    if (news.type === 'column') {
      this.#narrator.column(this.#collector.played(news), this.#collector.atMs);
    }
    this.tick();
  }

  /** Does what is due; called with every message of a worklet, and by a timer while the sound device is silent. */
  tick(): void {
    const nowMs = this.#parts.now();
    this.#connection.tick(nowMs);
    this.#session.tick(nowMs);
    this.#passTime(nowMs);
    if (this.#collector.isDue) this.#tellStatistics();
  }

  obey(order: CallOrder): void {
    const nowMs = this.#parts.now();
    switch (order.type) {
      case 'mute':
        return this.#mute(order.muted, nowMs);
      case 'interrupt':
        return this.#session.interrupt();
      case 'text':
        return this.#session.sendText(order.text);
      case 'talk':
        return this.#talk(order.pressed, nowMs);
      case 'latency':
        this.#player.outputLatencyMs = order.outputLatencyMs;
        return;
      case 'network':
        this.#connection.conditions = order.conditions;
        return;
      case 'cut':
        return this.#connection.cut(order.forMs);
      case 'close':
        return this.#leave(order.reason, nowMs);
      case 'start':
        return;
    }
  }

  #mute(muted: boolean, nowMs: number): void {
    if (muted === this.#isMuted) return;
    this.#isMuted = muted;
    if (muted) this.#session.mute(nowMs);
    else this.#session.unmute(nowMs);
    this.#parts.tell({ type: 'muted', muted });
  }

  /** The microphone opens before the turn begins, and closes after it has ended. */
  #talk(pressed: boolean, nowMs: number): void {
    if (pressed && this.#setUp.pushToTalk) this.#mute(false, nowMs);
    this.#session.turn(pressed ? 'started' : 'ended', nowMs);
    if (!pressed && this.#setUp.pushToTalk) this.#mute(true, nowMs);
  }

  #leave(reason: string, nowMs: number): void {
    if (this.#phase.kind === 'over' || this.#phase.kind === 'leaving') return;
    const wasOpen = this.#phase.kind === 'live';
    this.#phase = { kind: 'leaving', untilMs: nowMs + FAREWELL_MS };
    this.#session.bye(reason);
    if (!wasOpen) this.#end(reason);
  }

  #message(message: ServerMessage, nowMs: number): void {
    if (message.type === 'welcome') this.#welcomed(message, nowMs);
    this.#narrator.message(message, this.#collector.atMs);
    if (message.type === 'error') this.#tellError('service', message.sentence, null);
    this.#parts.tell({ type: 'message', message });
  }

  #welcomed(welcome: Extract<ServerMessage, { type: 'welcome' }>, nowMs: number): void {
    const { conversation, resumeToken, leadMs } = welcome;
    this.#leadMs = leadMs;
    this.#parts.tell({ type: 'welcome', conversation, resumeToken });
    if (this.#phase.kind !== 'greeting' && this.#phase.kind !== 'lost') return;
    this.#phase = { kind: 'live' };
    this.#tellConnection({ state: 'live', atMs: this.#collector.atMs, conversation });
    this.#session.tick(nowMs);
  }

  #closed(code: number, reason: string, nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind === 'over') return;
    if (phase.kind === 'leaving') return this.#end(reason);
    const { action, afterMs } = this.#session.lost(code, nowMs);
    if (action === 'give-up') return this.#giveUp(code, reason);
    if (action === 'refresh-token' && this.#session.resumeToken === null)
      return this.#fail('refused', refusal(code, reason), code);
    const retryMs = nowMs + afterMs;
    if (phase.kind === 'greeting') {
      this.#phase = { ...phase, retryMs };
      return;
    }
    const sinceMs = phase.kind === 'lost' ? phase.sinceMs : nowMs;
    const attempt = phase.kind === 'lost' ? phase.attempt + 1 : 1;
    if (retryMs >= sinceMs + this.#setUp.reconnectMs)
      return this.#fail('lost', 'The connection was lost and could not be had again.', code);
    this.#phase = { kind: 'lost', sinceMs, attempt, retryMs };
    const { atMs } = this.#collector;
    this.#tellConnection({ state: 'lost', atMs, closeCode: code, attempt, inMs: afterMs });
  }

  #giveUp(code: number, reason: string): void {
    if (code === CLOSE_CODES.ended.code || code === 1000)
      return this.#fail('ended', reason === '' ? CLOSE_CODES.ended.sentence : reason, code);
    if (code === CLOSE_CODES.replaced.code)
      return this.#fail('replaced', CLOSE_CODES.replaced.sentence, code);
    this.#fail('refused', refusal(code, reason), code);
  }

  #passTime(nowMs: number): void {
    const phase = this.#phase;
    if (phase.kind === 'leaving' && nowMs >= phase.untilMs) return this.#end('');
    if (phase.kind === 'greeting' && nowMs >= phase.giveUpMs)
      return this.#fail('unreachable', 'The service did not answer in time.', null);
    if ((phase.kind !== 'greeting' && phase.kind !== 'lost') || nowMs < phase.retryMs) return;
    this.#phase = { ...phase, retryMs: NEVER_MS };
    this.#connection.open(this.#session.resumeToken ?? this.#setUp.token);
  }

  #tellStatistics(): void {
    const statistics = this.#collector.take({
      player: this.#player,
      session: this.#session.statistics,
      muted: this.#isMuted,
      leadMs: this.#leadMs,
      clockMs: this.#parts.clockMs(),
    });
    this.#parts.tell({ type: 'statistics', statistics });
  }

  #tellConnection(event: ConnectionEvent): void {
    this.#parts.tell({ type: 'event', event: { name: 'connection', event } });
  }

  #ringFull(): void {
    const sentence =
      'The service has not stored the last 40 s: an outage would lose what was said.';
    this.#tellError('audio-lost-soon', sentence, null);
  }

  #fail(code: CallErrorCode, sentence: string, closeCode: number | null): void {
    this.#tellError(code, sentence, closeCode);
    this.#end(sentence);
  }

  #tellError(code: CallErrorCode, sentence: string, closeCode: number | null): void {
    this.#parts.tell({ type: 'error', code, sentence, closeCode });
  }

  #end(reason: string): void {
    if (this.#phase.kind === 'over') return;
    this.#phase = { kind: 'over' };
    this.#connection.end();
    this.#tellConnection({ state: 'closed', atMs: this.#collector.atMs, reason });
    this.#parts.tell({ type: 'closed' });
  }
}

function refusal(code: number, reason: string): string {
  return reason === '' ? `The service closed the connection (close code ${code}).` : reason;
}
