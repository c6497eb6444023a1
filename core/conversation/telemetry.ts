// What a client hears about the engine's own time: echoes of its packets and, now and then, the statistics.

import type { ServerMessage } from '../wire/messages.ts';
import type { ConversationStatistics } from '../wire/statistics-schema.ts';
import type { ClientSide } from './client-side.ts';
import type { ConversationConfig } from './config.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type EchoMessage = Mutable<Extract<ServerMessage, { type: 'echo' }>>;

/** State of the telemetry. */
export interface TelemetrySnapshot {
  readonly sequence?: number | undefined;
  readonly echoAtMs?: number | undefined;
  readonly statsAtMs?: number | undefined;
}

/**
 * Sends an echo and statistics at their intervals while there is something to tell, and wants no timer otherwise, so
 * that a quiet conversation can sleep. The message objects are made once.
 */
export class Telemetry {
  readonly #echo: EchoMessage = { type: 'echo', sequence: 0, backlogMs: 0 };
  readonly #stats: { type: 'stats'; statistics: ConversationStatistics };
  #config: ConversationConfig;
  #echoAtMs = Number.POSITIVE_INFINITY;
  #statsAtMs = Number.POSITIVE_INFINITY;

  /** `statistics` is the record that is sent; its owner keeps it up to date. */
  constructor(config: ConversationConfig, statistics: ConversationStatistics) {
    this.#config = config;
    this.#stats = { type: 'stats', statistics };
  }

  configure(config: ConversationConfig): void {
    this.#config = config;
  }

  /** A packet came: it will be echoed within the interval. */
  packetSeen(sequence: number, nowMs: number): void {
    this.#echo.sequence = sequence;
    if (this.#echoAtMs === Number.POSITIVE_INFINITY)
      this.#echoAtMs = nowMs + this.#config.echoIntervalMs;
    this.active(nowMs);
  }

  /** Something happened that the statistics tell of. */
  active(nowMs: number): void {
    if (this.#statsAtMs === Number.POSITIVE_INFINITY)
      this.#statsAtMs = nowMs + this.#config.statsIntervalMs;
  }

  get nextDeadlineMs(): number {
    return Math.min(this.#echoAtMs, this.#statsAtMs);
  }

  /** Statistics are due: the owner brings its record up to date before `tick`. */
  statsDue(nowMs: number): boolean {
    return nowMs >= this.#statsAtMs;
  }

  tick(client: ClientSide, backlogMs: number, nowMs: number): void {
    if (nowMs >= this.#echoAtMs) {
      this.#echoAtMs = Number.POSITIVE_INFINITY;
      this.#echo.backlogMs = backlogMs;
      client.sendControl(this.#echo);
    }
    if (nowMs >= this.#statsAtMs) {
      this.#statsAtMs = Number.POSITIVE_INFINITY;
      client.sendControl(this.#stats);
    }
  }

  /** The client is gone: nothing is owed. */
  stop(): void {
    this.#echoAtMs = Number.POSITIVE_INFINITY;
    this.#statsAtMs = Number.POSITIVE_INFINITY;
  }

  snapshot(): TelemetrySnapshot {
    return { sequence: this.#echo.sequence, echoAtMs: this.#echoAtMs, statsAtMs: this.#statsAtMs };
  }

  restore(snapshot: TelemetrySnapshot): void {
    this.#echo.sequence = snapshot.sequence ?? 0;
    this.#echoAtMs = snapshot.echoAtMs ?? Number.POSITIVE_INFINITY;
    this.#statsAtMs = snapshot.statsAtMs ?? Number.POSITIVE_INFINITY;
  }
}
