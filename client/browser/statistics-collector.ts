// Collects what a call looks like between two statistics: columns of both sounds, levels, counters.

import type { DurationHistogram } from '../../core/conversation/duration-histogram.ts';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { samplesToMs } from '../../core/media/units.ts';
import type { SessionStatistics } from '../session/session-statistics.ts';
import type { WorkerStatistics } from './call-orders.ts';
import type { DurationSummary, PlaybackColumn, UplinkColumn } from './call-statistics.ts';
import type { RemotePlayer } from './remote-player.ts';
import { SlipMeter } from './slip-meter.ts';
import type { CaptureBlock, PlaybackColumnNews } from './worklet-messages.ts';

/** Columns of 10 ms between two statistics. */
const COLUMNS = 10;

/** Columns kept at most, when only one of the two devices runs. */
const MOST_COLUMNS = 100;

const FULL_SCALE = 32_768;

/** Level of digital silence, in dB. */
const SILENCE_DB = -120;

/** All positions are on the axis of CallStatistics. */
export class StatisticsCollector {
  readonly #rateHz: number;
  readonly #slips = new SlipMeter();
  #uplink: UplinkColumn[] = [];
  #playback: PlaybackColumn[] = [];
  #startFrame: number | null = null;
  #atMs = 0;
  #powerSum = 0;
  #powerSamples = 0;

  /** `rateHz` is that of the audio context. */
  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** The end of the newest sound captured. */
  get atMs(): number {
    return this.#atMs;
  }

  /** Ten columns have come from the player, or from the microphone while the player is silent for good. */
  get isDue(): boolean {
    return this.#playback.length >= COLUMNS || this.#uplink.length >= 2 * COLUMNS;
  }

  captured({ position, startFrame, samples }: CaptureBlock, muted: boolean, nowMs: number): void {
    let low = 0;
    let high = 0;
    let power = 0;
    for (let index = 0; index < samples.length; index++) {
      const value = samples[index]! / FULL_SCALE;
      if (value < low) low = value;
      if (value > high) high = value;
      power += value * value;
    }
    this.#startFrame = startFrame;
    this.#powerSum += power;
    this.#powerSamples += samples.length;
    const atMs = samplesToMs(position, ENGINE_RATE_HZ);
    this.#atMs = samplesToMs(position + samples.length, ENGINE_RATE_HZ);
    this.#slips.block(this.#atMs, nowMs);
    if (this.#uplink.length < MOST_COLUMNS) this.#uplink.push({ atMs, low, high, muted });
  }

  /** Returns the column as it will be told. */
  played({ frame, low, high, state, status }: PlaybackColumnNews): PlaybackColumn {
    const column = {
      atMs: samplesToMs(frame - (this.#startFrame ?? frame), this.#rateHz),
      ...{ low, high, state },
      generation: status.generation,
      contentMs: samplesToMs(status.playedSamples, ENGINE_RATE_HZ),
      bufferedMs: status.bufferedMs,
    };
    if (this.#playback.length < MOST_COLUMNS) this.#playback.push(column);
    return column;
  }

  /** Everything since the last call. */
  take(state: CollectedState): WorkerStatistics {
    const { status } = state.player;
    const { session } = state;
    const statistics: WorkerStatistics = {
      atMs: this.#atMs,
      pageTimeMs: state.clockMs,
      uplink: {
        columns: this.#uplink,
        levelDb: this.#levelDb(),
        muted: state.muted,
        gaps: this.#slips.slips,
        gapSamples: Math.round((this.#slips.slippedMs * ENGINE_RATE_HZ) / 1000),
        packetsKept: session.packetsKept,
        packetsResent: session.packetsResent,
        packetsOverwritten: session.packetsOverwritten,
      },
      playback: {
        columns: this.#playback,
        generation: status.generation,
        playedMs: samplesToMs(status.playedSamples, ENGINE_RATE_HZ),
        receivedMs: samplesToMs(status.receivedSamples, ENGINE_RATE_HZ),
        playing: status.playing,
        bufferedMs: status.bufferedMs,
        targetLeadMs: state.leadMs,
        underruns: status.underruns,
        overruns: status.overruns,
        concealedMs: status.concealedMs,
        stretchMs: status.stretchMs,
        packetsDuplicated: status.packetsDuplicated,
        packetsCleared: status.packetsCleared,
      },
      network: networkOf(session),
    };
    this.#uplink = [];
    this.#playback = [];
    this.#powerSum = 0;
    this.#powerSamples = 0;
    return statistics;
  }

  #levelDb(): number {
    if (this.#powerSum === 0) return SILENCE_DB;
    return Math.max(SILENCE_DB, 10 * Math.log10(this.#powerSum / this.#powerSamples));
  }
}

/** What the collector is not told by the sound itself. */
export interface CollectedState {
  readonly player: RemotePlayer;
  readonly session: SessionStatistics;
  readonly muted: boolean;
  readonly leadMs: number;
  /** Ms since 1970, which worker and page agree on. */
  readonly clockMs: number;
}

function networkOf(session: SessionStatistics): WorkerStatistics['network'] {
  return {
    connections: session.connections,
    roundTripMs: session.roundTripMs,
    lagMs: session.lagMs,
    lagCause: session.lagCause,
    lag: summaryOf(session.lag),
    lagByCause: {
      network: summaryOf(session.lagByCause.network),
      isolate: summaryOf(session.lagByCause.isolate),
    },
    violations: session.violations,
    unknownMessages: session.unknownMessages,
  };
}

function summaryOf(durations: DurationHistogram): DurationSummary {
  const { count, max } = durations;
  return { count, p50Ms: durations.quantile(0.5), p99Ms: durations.quantile(0.99), maxMs: max };
}
