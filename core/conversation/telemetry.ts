// What a client hears about the engine's own time: echoes of its packets and, now and then, the statistics.

import type { Echo } from '../wire/messages.ts';
import { FLAG_BUNDLE, type PacketHeader } from '../wire/packet.ts';
import type { ConversationStatistics } from '../wire/statistics-schema.ts';
import type { ClientSide } from './client-side.ts';
import type { ConversationConfig } from './config.ts';
import { PacketArrivals, type PacketArrivalsSnapshot } from './packet-arrivals.ts';
import type { LagPort } from './ports.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type EchoMessage = Mutable<Echo>;

/** State of the telemetry. */
export interface TelemetrySnapshot {
  readonly sequence?: number | undefined;
  readonly clockMs?: number | undefined;
  readonly echoAtMs?: number | undefined;
  readonly isEchoOwed?: boolean | undefined;
  readonly statsAtMs?: number | undefined;
  readonly arrivals?: PacketArrivalsSnapshot | undefined;
}

/**
 * Sends an echo and statistics at their intervals while there is something to tell, and wants no timer otherwise, so
 * that a quiet conversation can sleep. An echo leaves with the packet that makes it due, so that it waits for nothing;
 * for the last packet before a pause, a timer sees to it. The message objects are made once.
 */
export class Telemetry {
  readonly #lag: LagPort;
  readonly #arrivals = new PacketArrivals();
  readonly #echo: EchoMessage = {
    type: 'echo',
    sequence: 0,
    clockMs: 0,
    heldMs: 0,
    backlogMs: 0,
    lateMs: 0,
    latest: null,
    earliest: null,
  };
  readonly #stats: { type: 'stats'; statistics: ConversationStatistics };
  #config: ConversationConfig;
  /** The next packet from this time on is echoed at once. */
  #echoAtMs = Number.NEGATIVE_INFINITY;
  /** A packet came that was not echoed. */
  #isEchoOwed = false;
  #statsAtMs = Number.POSITIVE_INFINITY;

  /** `statistics` is the record that is sent; its owner keeps it up to date. */
  constructor(config: ConversationConfig, statistics: ConversationStatistics, lag: LagPort) {
    this.#config = config;
    this.#stats = { type: 'stats', statistics };
    this.#lag = lag;
  }

  configure(config: ConversationConfig): void {
    this.#config = config;
  }

  /** A packet came: it, or one after it, will be echoed. */
  packetSeen(header: PacketHeader, rateHz: number, nowMs: number): void {
    const { sequence, timestamp, flags } = header;
    this.#echo.sequence = sequence;
    this.#echo.clockMs = nowMs;
    this.#isEchoOwed = true;
    if ((flags & FLAG_BUNDLE) === 0) this.#arrivals.came(sequence, timestamp, rateHz, nowMs);
    this.active(nowMs);
  }

  /** Something happened that the statistics tell of. */
  active(nowMs: number): void {
    if (this.#statsAtMs === Number.POSITIVE_INFINITY)
      this.#statsAtMs = nowMs + this.#config.statsIntervalMs;
  }

  get nextDeadlineMs(): number {
    if (!this.#isEchoOwed) return this.#statsAtMs;
    // While packets come, one of them is there before this.
    return Math.min(this.#echoAtMs + this.#config.echoIntervalMs / 2, this.#statsAtMs);
  }

  /** Statistics are due: the owner brings its record up to date before `tick`. */
  statsDue(nowMs: number): boolean {
    return nowMs >= this.#statsAtMs;
  }

  tick(client: ClientSide, backlogMs: number, nowMs: number): void {
    if (this.#isEchoOwed && nowMs >= this.#echoAtMs) this.#sendEcho(client, backlogMs, nowMs);
    if (nowMs >= this.#statsAtMs) {
      this.#statsAtMs = Number.POSITIVE_INFINITY;
      client.sendControl(this.#stats);
    }
  }

  /** The client is gone: nothing is owed. */
  stop(): void {
    this.#isEchoOwed = false;
    this.#arrivals.restart();
    this.#statsAtMs = Number.POSITIVE_INFINITY;
  }

  snapshot(): TelemetrySnapshot {
    return {
      sequence: this.#echo.sequence,
      clockMs: this.#echo.clockMs,
      echoAtMs: this.#echoAtMs,
      isEchoOwed: this.#isEchoOwed,
      statsAtMs: this.#statsAtMs,
      arrivals: this.#arrivals.snapshot(),
    };
  }

  restore(snapshot: TelemetrySnapshot): void {
    this.#echo.sequence = snapshot.sequence ?? 0;
    this.#echo.clockMs = snapshot.clockMs ?? 0;
    this.#echoAtMs = snapshot.echoAtMs ?? Number.NEGATIVE_INFINITY;
    this.#isEchoOwed = snapshot.isEchoOwed ?? false;
    this.#statsAtMs = snapshot.statsAtMs ?? Number.POSITIVE_INFINITY;
    this.#arrivals.restore(snapshot.arrivals ?? {});
  }

  #sendEcho(client: ClientSide, backlogMs: number, nowMs: number): void {
    const { echoIntervalMs } = this.#config;
    this.#isEchoOwed = false;
    // On the line of the interval where packets allow it; after a pause, half an interval later at the earliest.
    this.#echoAtMs = Math.max(this.#echoAtMs, nowMs - echoIntervalMs / 2) + echoIntervalMs;
    this.#echo.heldMs = nowMs - this.#echo.clockMs;
    this.#echo.backlogMs = backlogMs;
    this.#echo.lateMs = this.#lag.takeLateMs();
    this.#echo.latest = this.#arrivals.latest;
    this.#echo.earliest = this.#arrivals.earliest;
    this.#arrivals.restart();
    client.sendControl(this.#echo);
  }
}
