// Judges a conversation by its caller's log: what was lost, doubled or mixed up, and which turns were told.

import type { TurnTold } from './agent-backend.ts';
import { type AudioVerdict, judgeAudio } from './audio-verdict.ts';
import type { CallerLog } from './caller-log.ts';

/** Less than a frame of 20 ms at 16 kHz. */
const PADDING_SAMPLES = 319;

/** An answer of which so much was heard was given. */
const ANSWERED_SHARE = 0.5;

/** At each interruption the story may skip, or say again, what was on its way: the longest lead, and the way back to a pause. */
const EXCUSED_SAMPLES = 3.5 * 16_000;

/** What is faded when the player is held, cleared and released sounds like nothing that was said. */
const FADED_SAMPLES = 0.06 * 16_000;

/** A turn in the caller's own audio, in samples at 16 kHz. */
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
  /** What the agent says is the turns, each in its turn. */
  readonly isAnswer: boolean;
  readonly interruptions: number;
  /** The caller's track where that is not what was said, as of a codec: at the rate of the wire. */
  readonly track: Int16Array | null;
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

/** `outside` is what whoever the agent speaks to has heard of the caller's turns. */
export function judge(
  expectation: Expectation,
  log: CallerLog,
  outside: readonly TurnTold[],
): Verdict {
  const { turns, speech, isWhole, isAnswer } = expectation;
  const ends = isAnswer ? boundaries(turns) : [speech.length];
  const audio = excused(
    judgeAudio({ samples: speech, ends, paddingSamples: PADDING_SAMPLES, isWhole }, log.heard),
    expectation.interruptions,
  );
  const isToldOutside = turns.map((turn, index) =>
    outside.some((told) => told.turn === index + 1 && isSame(told, turn)),
  );
  const answers = isAnswer
    ? turns.map(({ start, end }, index) =>
        timesHeard(audio, ends[index]! - (end - start), ends[index]!),
      )
    : isToldOutside.map(Number);
  const strangeOutside = outside.filter(({ turn, ...told }) => !isSame(told, turns[turn - 1]));
  const ended = endedTurns(log);
  const endedTwice = [...ended].filter(([, { toldAtMs }]) => toldAtMs.length > 1);
  const told = answers.filter(
    (times, index) => times >= ANSWERED_SHARE && isToldOutside[index],
  ).length;
  const answeredTwice = answers.filter((times) => times >= 1 + ANSWERED_SHARE).length;
  const faults = [
    ...(log.isFinished ? [] : [`It did not come to its end${lastWordOf(log)}.`]),
    ...(log.heard.length === 0 ? ['Nothing was heard.'] : []),
    ...(audio.lost > 0 ? [`${audio.lost} samples were lost.`] : []),
    ...(audio.duplicated > 0 ? [`${audio.duplicated} samples were heard again.`] : []),
    ...(audio.reordered > 0 ? [`${audio.reordered} samples came out of order.`] : []),
    ...(audio.foreign > 0 ? [`${audio.foreign} samples were said by nobody.`] : []),
    ...answers.flatMap((times, index) =>
      times < ANSWERED_SHARE ? [`Turn ${index + 1} was never answered.`] : [],
    ),
    ...isToldOutside.flatMap((isTold, index) =>
      isTold ? [] : [`Nobody outside was told of turn ${index + 1}.`],
    ),
    ...strangeOutside.map(
      ({ turn, startSample, endSample }) =>
        `Outside, turn ${turn} was told from ${startSample} to ${endSample}.`,
    ),
    ...(answeredTwice > 0 ? [`${answeredTwice} turns were answered twice.`] : []),
    ...endedTwice.map(([turn, { toldAtMs }]) => `Turn ${turn} was told at ${seconds(toldAtMs)}.`),
    ...strangers(ended, turns, log.timestampScale),
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

/** With what a call was given up that the service has closed, and what it said of that. */
function lastWordOf({ connections, told }: CallerLog): string {
  const code = connections.at(-1)?.code ?? null;
  if (code === null) return '';
  const error = told.findLast(({ message }) => message.type === 'error')?.message;
  const sentence = error?.type === 'error' ? ` (the last error: ${error.sentence})` : '';
  return `: its connection was closed with ${code}${sentence}`;
}

function isSame(
  { startSample, endSample }: Omit<TurnTold, 'turn'>,
  turn: ExpectedTurn | undefined,
): boolean {
  return startSample === turn?.start && endSample === turn.end;
}

/** What an interruption may cost is no fault. */
function excused(audio: AudioVerdict, interruptions: number): AudioVerdict {
  const without = (count: number, each: number) => Math.max(0, count - interruptions * each);
  return {
    times: audio.times,
    lost: without(audio.lost, EXCUSED_SAMPLES),
    duplicated: without(audio.duplicated, EXCUSED_SAMPLES),
    reordered: without(audio.reordered, EXCUSED_SAMPLES),
    foreign: without(audio.foreign, FADED_SAMPLES),
  };
}

/** A turn with every time at which its end was told. */
interface EndedTurn extends ExpectedTurn {
  readonly toldAtMs: readonly number[];
}

function endedTurns(log: CallerLog): Map<number, EndedTurn> {
  const ended = new Map<number, EndedTurn>();
  for (const { message, atMs } of log.told) {
    if (message.type !== 'turn' || message.state !== 'ended') continue;
    const { turn } = message;
    const start = message.startTimestamp * log.timestampScale;
    const end = message.endTimestamp * log.timestampScale;
    ended.set(turn, { start, end, toldAtMs: [...(ended.get(turn)?.toldAtMs ?? []), atMs] });
  }
  return ended;
}

/**
 * A message may be lost with its connection, but what does come must be what an uninterrupted run told, to the tick of the
 * caller's clock.
 */
function strangers(
  ended: Map<number, EndedTurn>,
  turns: readonly ExpectedTurn[],
  tickSamples: number,
): string[] {
  const isNear = (one: number, other: number) => Math.abs(one - other) < tickSamples;
  return [...ended]
    .filter(([turn, { start, end }]) => {
      const expected = turns[turn - 1];
      if (expected === undefined) return true;
      return !isNear(expected.start, start) || !isNear(expected.end, end);
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
