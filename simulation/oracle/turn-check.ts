// Whether every turn was told once and whole.

import type { TurnEnd } from '../../core/conversation/agent.ts';
import { longestDelayMs } from '../network-line.ts';
import type { Scenario, Talk } from '../scenario.ts';
import type { AgentLog, HeardTalk } from './agent-log.ts';
import { faultMs, losesPlayers } from './promises.ts';
import { isLong, type TalkBook } from './talk-book.ts';
import type { Violations } from './violations.ts';

const SAMPLES_PER_MS = 16;

/** A turn ends so much before its last loud window does: the model's tail, and the window itself. */
const TAIL_SAMPLES = 768 + 512 + 64;

/** What a turn begins with may be short of: half a window, and what the reader needs to find its place. */
const HEAD_SAMPLES = 512;

/** After a watchdog has ended a turn, a rest of speech this short is no turn of its own. */
const REST_SAMPLES = 900 * SAMPLES_PER_MS;

/** Talks closer than this may be one turn. */
const APART_MS = 1000;

/** After a fault a talk must lie at least so far away. */
const RECOVERY_MS = 4000;

/** So long a line of limited rate may still be behind after a fault. */
const NARROW_MS = 8000;

const FRAME_MS = 20;
const WINDOW_MS = 32;

/** Windows that wait for the work budget are scored within this. */
const GRACE_MS = 500;

/** The end of a mute falls between two frames. */
const PLACE_SLACK_SAMPLES = 640;

interface Told {
  readonly talk: number;
  readonly from: number;
  readonly to: number;
  /** When the turn that it is in was told to have ended. */
  readonly atMs: number;
}

export function checkTurns(
  violations: Violations,
  scenario: Scenario,
  log: AgentLog,
  talks: TalkBook,
): void {
  const told = collectTold(violations, log);
  if (!losesPlayers(scenario)) checkPlaces(violations, log, talks);
  if (talks.recording !== null) return;
  for (const [index, talk] of talks.all.entries()) {
    const number = talks.numberOf(index);
    const pieces = told
      .filter((piece) => piece.talk === number)
      .sort((one, other) => one.from - other.from);
    checkOnce(violations, index, pieces);
    if (!isLong(talk) || isDisturbed(scenario, talk)) continue;
    checkWhole(violations, scenario, talk, index, pieces);
    const toldMs = pieces.at(-1)?.atMs;
    const isLast =
      (talks.all[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) >= endOf(talk) + APART_MS;
    if (toldMs !== undefined && isLast && isClean(scenario, talk))
      checkPrompt(violations, scenario, talk, toldMs);
  }
}

/** The pieces of talks that lie in turns that were told, in the order of the telling. */
function collectTold(violations: Violations, log: AgentLog): Told[] {
  const told: Told[] = [];
  const heard: HeardTalk[] = [];
  // The last stretch of audio that was given without a hole.
  let givenFrom = 0;
  let givenTo = 0;
  for (const entry of log.entries) {
    if (entry.kind === 'audio') {
      if (entry.fromSample < givenTo)
        violations.add('L10', `Caller sample ${entry.fromSample} was given after ${givenTo}.`);
      if (entry.fromSample !== givenTo) givenFrom = entry.fromSample;
      givenTo = entry.fromSample + entry.length;
      heard.push(...entry.talks);
    } else if (entry.kind === 'turn-ended') {
      const { turn, startSample, endSample } = entry.end;
      if (!log.isOutside(turn)) violations.add('L10', `Nobody outside was told of turn ${turn}.`);
      const isWhole = givenFrom <= startSample && givenTo >= endSample;
      if (endSample > startSample && !isWhole)
        violations.add(
          'L10',
          `Turn ${turn} is ${startSample} to ${endSample}, and ${givenFrom} to ${givenTo} was given.`,
        );
      told.push(...piecesOf(heard, entry.end, entry.atMs));
    }
  }
  return told;
}

/** What of the talks lies in [startSample, endSample) of what the agent was given. */
function piecesOf(
  heard: readonly HeardTalk[],
  { startSample, endSample }: TurnEnd,
  atMs: number,
): Told[] {
  return heard.flatMap(({ position, talk, from, to }) => {
    const first = Math.max(from, from + startSample - position);
    const last = Math.min(to, from + endSample - position);
    return last > first ? [{ talk, from: first, to: last, atMs }] : [];
  });
}

/** The agent hears each talk where it was said, on the line of the microphone's samples. */
function checkPlaces(violations: Violations, log: AgentLog, talks: TalkBook): void {
  for (const entry of log.entries) {
    if (entry.kind !== 'audio') continue;
    for (const { talk, from, position } of entry.talks) {
      const saidAt = talks.startOf(talk) + from;
      if (Math.abs(position - saidAt) <= PLACE_SLACK_SAMPLES) continue;
      violations.add('L10', `Caller sample ${saidAt} was given as sample ${position}.`);
      return;
    }
  }
}

function checkOnce(violations: Violations, index: number, pieces: readonly Told[]): void {
  for (let at = 1; at < pieces.length; at++) {
    if (pieces[at]!.from < pieces[at - 1]!.to)
      violations.add('L10', `Sample ${pieces[at]!.from} of talk ${index} was told twice.`);
  }
}

function checkWhole(
  violations: Violations,
  scenario: Scenario,
  talk: Talk,
  index: number,
  pieces: readonly Told[],
): void {
  const length = talk.forMs * SAMPLES_PER_MS;
  const restSamples = mayBeSplit(scenario, talk) ? REST_SAMPLES : 0;
  let to = 0;
  for (const piece of pieces) {
    if (piece.from - to > HEAD_SAMPLES + restSamples) break;
    to = piece.to;
  }
  if (to >= length - TAIL_SAMPLES - restSamples) return;
  const list = pieces.map((piece) => `${piece.from} to ${piece.to}`).join(', ');
  violations.add(
    'L10',
    `Talk ${index} at ${talk.atMs} ms has ${length} samples, and told were: ${list || 'none'}.`,
  );
}

function endOf({ atMs, forMs }: Talk): number {
  return atMs + forMs;
}

/** The end of the turn is told soon after the talk's. */
function checkPrompt(
  violations: Violations,
  { up, deviceMs, timerLateMs, config }: Scenario,
  talk: Talk,
  toldMs: number,
): void {
  const lateMs = toldMs - endOf(talk);
  const wayMs = longestDelayMs(up) + deviceMs + FRAME_MS + 6 * timerLateMs;
  const mostMs = wayMs + (config.hangoverMs ?? 576) + 4 * WINDOW_MS + GRACE_MS;
  if (lateMs <= mostMs) return;
  violations.add(
    'L7',
    `The talk at ${talk.atMs} ms was told ${Math.round(lateMs)} ms after its end, and not ${Math.round(mostMs)}.`,
  );
}

/** No fault was near, and the last one had the time to be made up for. */
function isClean({ faults, up }: Scenario, talk: Talk): boolean {
  if (up.kbitPerSecond > 0) return false;
  return faults.every(
    (fault) =>
      fault.atMs + 2 * faultMs(fault) + RECOVERY_MS < endOf(talk) ||
      fault.atMs > endOf(talk) + RECOVERY_MS,
  );
}

/** Muted while it was said, or lost with the page that it was said to. */
function isDisturbed({ faults }: Scenario, { atMs, forMs }: Talk): boolean {
  return faults.some((fault) => {
    if (fault.kind !== 'mute' && fault.kind !== 'reload') return false;
    const fromMs = fault.atMs - (fault.kind === 'reload' ? 30_000 : 500);
    return atMs < fault.atMs + faultMs(fault) + 1500 && atMs + forMs > fromMs;
  });
}

/** A watchdog may have ended the turn for want of audio, or of a client. */
function mayBeSplit({ faults, up }: Scenario, { atMs, forMs }: Talk): boolean {
  // A narrow line takes long to make up for what it owes.
  const isNarrow = up.kbitPerSecond > 0;
  return faults.some((fault) => {
    const lastsMs = faultMs(fault) + (isNarrow ? NARROW_MS : 0);
    return lastsMs >= 1000 && atMs < fault.atMs + lastsMs && atMs + forMs > fault.atMs - 3000;
  });
}
