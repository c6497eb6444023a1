// What `bench:capacity` found, in words and as JSON.

import type { CallSummary } from '../../client/node/call-summary.ts';
import { type Spread, spreadOf, spreadOfPairs } from '../vad/spread.ts';
import type { RoundResult } from './round.ts';

const FRAME_MS = 20;

/** All rounds; spreads are over them. */
export interface CapacityResult {
  readonly conversations: number;
  readonly seconds: number;
  readonly isochronUsPerFrame: Spread;
  readonly echoUsPerFrame: Spread;
  /** Isochron's cost of a frame in those of the bare echo, as pairs of the same round. */
  readonly ratio: Spread;
  /** Frames that had not come when the player needed them, in all calls of a round. */
  readonly lateFrames: Spread;
  readonly underruns: Spread;
  readonly lagP50Ms: Spread;
  readonly lagP99Ms: Spread;
  readonly echoRoundTripP50Ms: Spread;
  readonly echoRoundTripP99Ms: Spread;
  readonly turns: Spread;
}

export function capacityResult(
  conversations: number,
  seconds: number,
  rounds: readonly RoundResult[],
): CapacityResult {
  const over = (value: (round: RoundResult) => number) => spreadOf(rounds.map(value));
  const calls = (value: (call: CallSummary) => number) =>
    over(({ summaries }) => summaries.reduce((sum, call) => sum + value(call), 0));
  const middle = (value: (call: CallSummary) => number) =>
    over(({ summaries }) => spreadOf(summaries.map(value)).median);
  const isochronUsPerFrame = over(({ isochronUs }) => isochronUs);
  const echoUsPerFrame = over(({ echoUs }) => echoUs);
  return {
    conversations,
    seconds,
    isochronUsPerFrame,
    echoUsPerFrame,
    ratio: spreadOfPairs(isochronUsPerFrame, echoUsPerFrame),
    lateFrames: calls(({ concealedMs }) => Math.ceil(concealedMs / FRAME_MS)),
    underruns: calls(({ underruns }) => underruns),
    lagP50Ms: middle(({ lagMs }) => lagMs.p50),
    lagP99Ms: middle(({ lagMs }) => lagMs.p99),
    echoRoundTripP50Ms: over(({ echoRoundTripMs }) => echoRoundTripMs.p50),
    echoRoundTripP99Ms: over(({ echoRoundTripMs }) => echoRoundTripMs.p99),
    turns: calls(({ turns }) => turns),
  };
}

export function reportAsText(result: CapacityResult): string {
  const rounds = result.ratio.values.length;
  return [
    `${result.conversations} conversations with the parrot beside as many bare echoes, ${result.seconds} s, ${rounds} rounds.`,
    'Median of the rounds, and in brackets the quartiles.',
    '',
    `  CPU per frame, Isochron    ${shown(result.isochronUsPerFrame, 1)} µs`,
    `  CPU per frame, bare echo   ${shown(result.echoUsPerFrame, 1)} µs`,
    `  ratio                      ${shown(result.ratio, 2)}`,
    `  late frames                ${shown(result.lateFrames, 0)}`,
    `  underruns                  ${shown(result.underruns, 0)}`,
    `  lag                        p50 ${shown(result.lagP50Ms, 1)} ms, p99 ${shown(result.lagP99Ms, 1)} ms`,
    `  round trip of the echo     p50 ${shown(result.echoRoundTripP50Ms, 1)} ms, p99 ${shown(result.echoRoundTripP99Ms, 1)} ms`,
    `  turns                      ${shown(result.turns, 0)}`,
  ].join('\n');
}

function shown({ median, lowerQuartile, upperQuartile }: Spread, digits: number): string {
  return `${median.toFixed(digits)} [${lowerQuartile.toFixed(digits)}–${upperQuartile.toFixed(digits)}]`;
}
