// A call in numbers, and the same in words.

import type { DurationHistogram } from '../../core/conversation/duration-histogram.ts';
import type { LagCause } from '../session/lag-meter.ts';
import type { PlaybackStatus } from '../session/player.ts';
import type { SessionStatistics } from '../session/session-statistics.ts';
import type { CallLog } from './call-log.ts';
import { replyLatenciesMs } from './reply-latency.ts';
import type { ConversationState } from './service-api.ts';

/** The numbers that `--json` prints. */
export interface CallSummary {
  /** Turns of the caller that ended. */
  readonly turns: number;
  /** Utterances of the agent that began. */
  readonly utterances: number;
  /** Device pulls inside an utterance that found no audio; time on hold excluded. */
  readonly underruns: number;
  /** Packets refused because a buffer was full: by the player, or by the service. */
  readonly overruns: number;
  readonly concealedMs: number;
  /** Last speech sample of a turn leaving the client → first audible sample of the answer; null without any answer. */
  readonly replyLatencyMs: { readonly median: number; readonly max: number } | null;
  readonly scorer: string;
  /** Rises of the echo's round trip over its minimum. */
  readonly lagMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Those of 10 ms and more, by where they came from. */
  readonly lagByCause: Readonly<
    Record<LagCause, { readonly count: number; readonly maxMs: number }>
  >;
}

/** `state` is what the service said at the end, null when it could not be asked any more. */
export function summarize(
  log: CallLog,
  playback: PlaybackStatus,
  session: SessionStatistics,
  state: ConversationState | null,
): CallSummary {
  const { lag, lagByCause } = session;
  return {
    turns: log.count('turn-ended'),
    utterances: log.count('utterance-started'),
    underruns: playback.underruns,
    overruns: playback.overruns + (state?.statistics.packetsDiscarded ?? 0),
    concealedMs: tenths(playback.concealedMs),
    replyLatencyMs: latencies(replyLatenciesMs(log.events)),
    scorer: state?.scorer ?? 'unknown',
    lagMs: {
      p50: tenths(lag.quantile(0.5)),
      p99: tenths(lag.quantile(0.99)),
      max: tenths(lag.max),
    },
    lagByCause: { network: causeOf(lagByCause.network), isolate: causeOf(lagByCause.isolate) },
  };
}

function causeOf({ count, max }: DurationHistogram): CallSummary['lagByCause'][LagCause] {
  return { count, maxMs: tenths(max) };
}

/** The summary for people: a few lines. */
export function summaryText(summary: CallSummary): string {
  const { turns, utterances, underruns, overruns, concealedMs, replyLatencyMs, lagMs, lagByCause } =
    summary;
  const reply =
    replyLatencyMs === null
      ? 'no turn was answered'
      : `median ${replyLatencyMs.median} ms, longest ${replyLatencyMs.max} ms`;
  return [
    `  turns             ${turns} of the caller, ${utterances} utterances of the agent`,
    `  underruns         ${underruns} blocks of 10 ms without speech inside an utterance (${concealedMs} ms in all)`,
    `  overruns          ${overruns}`,
    `  reply latency     ${reply} (last speech sample sent → first sound heard)`,
    `  lag               p50 ${lagMs.p50} ms, p99 ${lagMs.p99} ms, longest ${lagMs.max} ms`,
    `                    ${lagByCause.isolate.count} of the isolate, ${lagByCause.network.count} of the network`,
    `  voice activity    ${summary.scorer}`,
  ].join('\n');
}

function latencies(each: readonly number[]): CallSummary['replyLatencyMs'] {
  if (each.length === 0) return null;
  const sorted = each.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { median: Math.round(median), max: Math.round(sorted.at(-1)!) };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
