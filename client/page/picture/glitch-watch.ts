// Notices in what a call tells when something went wrong.

import type { Moment, ObservedLine } from '../../../core/observation/observed-line.ts';
import type { CallStatistics } from '../../browser/call-statistics.ts';
import { type CallAxis, soundMs } from './call-axis.ts';
import { Glitches, type GlitchKind, type LagCause } from './glitch.ts';

/** A rise of the round trip below this is no lag worth a mark. */
const LAG_MS = 60;
/** Sound that was made up below this is no mark: two frames. */
const CONCEALED_MS = 40;
/** Scores that wait for a while are only late: the plot of the backlog shows them. */
const CARRIED_LEVELS: ReadonlySet<string> = new Set(['full', 'queued', 'taken']);
/** Standing still for this long is a mark on the page's main thread. */
export const PAGE_STALL_MS = 150;

/** Compares lifetime counts with those before; the first of each are where counting begins. */
export class GlitchWatch {
  readonly glitches = new Glitches();
  #statistics: CallStatistics | null = null;
  #moment: Moment | null = null;

  /** The player found nothing at this time. */
  starved(atMs: number, lengthMs: number): void {
    this.#add('underrun', atMs, { lengthMs });
  }

  /** The page's main thread stood still until now. */
  pageStalled(atMs: number, lengthMs: number): void {
    if (lengthMs >= PAGE_STALL_MS) this.#add('page', atMs - lengthMs, { lengthMs });
  }

  /** The statistics of this page's own call. */
  statistics(now: CallStatistics, atMs: number): void {
    const before = this.#statistics;
    this.#statistics = now;
    if (before === null) return;
    const { uplink, playback, network } = now;
    const hasStarved = playback.columns.some(({ state }) => state === 'starved');
    if (playback.underruns > before.playback.underruns && !hasStarved)
      this.#add('underrun', atMs, {});
    this.#concealed(playback.concealedMs - before.playback.concealedMs, atMs);
    if (playback.overruns > before.playback.overruns) this.#add('overrun', atMs, {});
    const gapSamples = uplink.gapSamples - before.uplink.gapSamples;
    if (gapSamples > 0) this.#add('uplink-gap', atMs, { lengthMs: soundMs(gapSamples) });
    this.#lag(network.lagMs, network.lagCause, atMs, playback.bufferedMs);
  }

  /** A line of the observer's stream, or of a file. */
  line(line: ObservedLine, axis: CallAxis): void {
    switch (line.type) {
      case 'moment':
        this.#compare(line, axis.at(line.atMs));
        break;
      case 'gap':
        this.#add('uplink-gap', soundMs(line.fromSample), {
          lengthMs: soundMs(line.lengthSamples),
        });
        break;
      case 'connected':
        if (line.awayMs !== null && line.awayMs > 0)
          this.#add('away', axis.at(line.atMs) - line.awayMs, { lengthMs: line.awayMs });
        break;
      case 'degraded':
        if (!CARRIED_LEVELS.has(line.level))
          this.#add('scoring', axis.at(line.atMs), { words: line.reason });
        break;
      case 'error':
        this.#add('error', axis.at(line.atMs), { words: line.sentence });
        break;
      case 'heard':
        this.#player(line.player?.underruns, axis.at(line.atMs));
        break;
      default:
        break;
    }
  }

  #underruns: number | null = null;

  /** Of a timeline alone, without moments: what the player reported. */
  #player(underruns: number | undefined, atMs: number): void {
    if (underruns === undefined || this.#statistics !== null || this.#moment !== null) return;
    if (this.#underruns !== null && underruns > this.#underruns) this.#add('underrun', atMs, {});
    this.#underruns = underruns;
  }

  #compare(now: Moment, atMs: number): void {
    const before = this.#moment;
    this.#moment = now;
    if (before === null) return;
    if (now.uplink.overruns > before.uplink.overruns) this.#add('overrun', atMs, {});
    if (this.#statistics !== null) return;
    const { client } = now;
    if (client.underruns > before.client.underruns) this.#add('underrun', atMs, {});
    this.#concealed(client.concealedMs - before.client.concealedMs, atMs);
    if (client.networkLags > before.client.networkLags)
      this.#lag(client.lagMs, 'network', atMs, client.bufferedMs);
    if (client.isolateLags > before.client.isolateLags)
      this.#lag(client.lagMs, 'isolate', atMs, client.bufferedMs);
  }

  #concealed(lengthMs: number, atMs: number): void {
    if (lengthMs >= CONCEALED_MS) this.#add('concealed', atMs - lengthMs, { lengthMs });
  }

  #lag(lagMs: number, cause: LagCause | null, atMs: number, bufferedMs: number): void {
    if (cause === null || lagMs < LAG_MS) return;
    this.#add('lag', atMs - lagMs, { lengthMs: lagMs, cause, bufferedMs });
  }

  #add(
    kind: GlitchKind,
    atMs: number,
    what: {
      readonly lengthMs?: number;
      readonly cause?: LagCause;
      readonly bufferedMs?: number;
      readonly words?: string;
    },
  ): void {
    const { lengthMs = 0, cause = null, bufferedMs = null, words = '' } = what;
    this.glitches.add({ kind, atMs: Math.max(0, atMs), lengthMs, cause, bufferedMs, words });
  }
}
