// Judges a conversation by its caller's log: what was lost, doubled or mixed up, and which turns were told.

import { type AudioVerdict, judgeAudio } from './audio-verdict.ts';
import type { CallerLog } from './caller-log.ts';

/** Less than a frame of 20 ms at 16 kHz. */
const PADDING_SAMPLES = 319;

/** An answer of which so much was heard was given. */
const ANSWERED_SHARE = 0.5;

/** A turn in the caller's own audio, in samples. */
export interface ExpectedTurn {
  readonly start: number;
  readonly end: number;
}

/** What must come of a conversation, as an uninterrupted run had it. */
export interface Expectation {
  readonly turns: readonly ExpectedTurn[];
  /** All that the agent says: the turns one after another, or a story. */
  readonly speech: Int16Array;
  /** The caller stays until all is said. */
  readonly isWhole: boolean;
}

export interface Verdict {
  readonly lostSamples: number;
  readonly duplicatedSamples: number;
  readonly reorderedSamples: number;
  readonly foreignSamples: number;
  readonly turnsExpected: number;
  readonly turnsTold: number;
  readonly turnsToldTwice: number;
  /** One sentence for each thing that is wrong; none when all is well. */
  readonly faults: readonly string[];
}

export function judge(expectation: Expectation, log: CallerLog): Verdict {
  const { turns, speech, isWhole } = expectation;
  const ends = turns.length === 0 ? [speech.length] : boundaries(turns);
  const audio = judgeAudio(
    { samples: speech, ends, paddingSamples: PADDING_SAMPLES, isWhole },
    log.heard,
  );
  const answers = turns.map(({ start, end }, index) =>
    timesHeard(audio, ends[index]! - (end - start), ends[index]!),
  );
  const ended = endedTurns(log);
  const endedTwice = [...ended].filter(([, { toldAtMs }]) => toldAtMs.length > 1);
  const told = answers.filter((times) => times >= ANSWERED_SHARE).length;
  const answeredTwice = answers.filter((times) => times >= 1 + ANSWERED_SHARE).length;
  const faults = [
    ...(log.isFinished ? [] : ['It did not come to its end.']),
    ...(log.heard.length === 0 ? ['Nothing was heard.'] : []),
    ...(audio.lost > 0 ? [`${audio.lost} samples were lost.`] : []),
    ...(audio.duplicated > 0 ? [`${audio.duplicated} samples were heard again.`] : []),
    ...(audio.reordered > 0 ? [`${audio.reordered} samples came out of order.`] : []),
    ...(audio.foreign > 0 ? [`${audio.foreign} samples were said by nobody.`] : []),
    ...(told < turns.length ? [`${turns.length - told} turns were never answered.`] : []),
    ...(answeredTwice > 0 ? [`${answeredTwice} turns were answered twice.`] : []),
    ...endedTwice.map(([turn, { toldAtMs }]) => `Turn ${turn} was told at ${seconds(toldAtMs)}.`),
    ...strangers(ended, turns),
    ...(log.packetsOverwritten > 0 ? [`The ring lost ${log.packetsOverwritten} packets.`] : []),
  ];
  return {
    lostSamples: audio.lost,
    duplicatedSamples: audio.duplicated,
    reorderedSamples: audio.reordered,
    foreignSamples: audio.foreign,
    turnsExpected: turns.length,
    turnsTold: told,
    turnsToldTwice: Math.max(answeredTwice, endedTwice.length),
    faults,
  };
}

/** The turns that a log tells of, in order. */
export function turnsOf(log: CallerLog): ExpectedTurn[] {
  return [...endedTurns(log).values()].map(({ start, end }) => ({ start, end }));
}

/** A turn with every time at which its end was told. */
interface EndedTurn extends ExpectedTurn {
  readonly toldAtMs: readonly number[];
}

function endedTurns(log: CallerLog): Map<number, EndedTurn> {
  const ended = new Map<number, EndedTurn>();
  for (const { message, atMs } of log.told) {
    if (message.type !== 'turn' || message.state !== 'ended') continue;
    const { turn, startTimestamp: start, endTimestamp: end } = message;
    ended.set(turn, { start, end, toldAtMs: [...(ended.get(turn)?.toldAtMs ?? []), atMs] });
  }
  return ended;
}

/** A message may be lost with its connection, but what does come must be what an uninterrupted run told. */
function strangers(ended: Map<number, EndedTurn>, turns: readonly ExpectedTurn[]): string[] {
  return [...ended]
    .filter(([turn, { start, end }]) => {
      const expected = turns[turn - 1];
      return expected?.start !== start || expected.end !== end;
    })
    .map(([turn, { start, end }]) => `Turn ${turn} was told from ${start} to ${end}.`);
}

function seconds(timesMs: readonly number[]): string {
  return timesMs.map((ms) => `${(ms / 1000).toFixed(2)} s`).join(' and ');
}

function boundaries(turns: readonly ExpectedTurn[]): number[] {
  let length = 0;
  return turns.map(({ start, end }) => {
    length += end - start;
    return length;
  });
}

/** How often a stretch was heard on average. */
function timesHeard({ times }: AudioVerdict, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += times[at]!;
  return sum / (to - from);
}
