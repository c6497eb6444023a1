// Adapters with a fault, made by putting something else in the place of one of a sound one's methods.

import { GeminiLine } from '../../../durable-objects/agents/gemini-live/line.ts';
import { ModelTurn } from '../../../durable-objects/agents/gemini-live/model-turn.ts';
import { ResendLog } from '../../../durable-objects/agents/gemini-live/resend-log.ts';
import { faultsOfCut } from '../cut-call.ts';
import { once, type SabotageCase } from '../sabotage-case.ts';
import { holdGeminiCall } from './gemini-call.ts';
import { soak } from './gemini-soak.ts';

const SEED = 20261122;
const LENGTH_MS = 90_000;

/** Runs with a method replaced. */
function replaced<Method extends PropertyKey, Result>(
  prototype: Record<Method, unknown>,
  method: Method,
  replacement: unknown,
  run: () => Result,
): Result {
  const sound = prototype[method];
  prototype[method] = replacement;
  try {
    return run();
  } finally {
    prototype[method] = sound;
  }
}

/** Complaints about a call of a minute and a half. */
function complaints(lateBursts = 2): readonly string[] {
  return soak({ lengthMs: LENGTH_MS, seed: SEED, fake: { lateBursts } }).complaints;
}

function forgetHandle(): readonly string[] {
  return replaced(GeminiLine.prototype, 'resumable', () => {}, complaints);
}

function sendNothingAgain(): readonly string[] {
  return replaced(ResendLog.prototype, 'restart', () => {}, complaints);
}

function sayWhatComesLate(): readonly string[] {
  const { audio } = ModelTurn.prototype;
  const leaking = function (this: ModelTurn, ...given: Parameters<typeof audio>) {
    const outcome = audio.apply(this, given);
    if (outcome !== 'ignored') return outcome;
    this.complete();
    return audio.apply(this, given);
  };
  return replaced(ModelTurn.prototype, 'audio', leaking, () => complaints(4));
}

function neverEndTurns(): readonly string[] {
  const { push } = ResendLog.prototype;
  const endless = function (this: ResendLog, ...given: Parameters<typeof push>) {
    if (given[0].kind !== 'activity-end') push.apply(this, given);
  };
  return replaced(ResendLog.prototype, 'push', endless, complaints);
}

/** Tells that a second more was heard. */
function tellWrong(data: string | Uint8Array): string | Uint8Array {
  return String(data).replace(
    /first (\d+\.\d+) s were heard/,
    (_all, seconds) => `first ${(Number(seconds) + 1).toFixed(2)} s were heard`,
  );
}

function cutCall(isSabotaged: boolean): readonly string[] {
  const sabotage = isSabotaged ? { sabotage: tellWrong } : {};
  return faultsOfCut(holdGeminiCall({ cutInMs: 1000, speed: 20, ...sabotage }));
}

const complaintsAboutSound = once(() => complaints());

export const GEMINI_SABOTAGES: readonly SabotageCase[] = [
  {
    name: 'forgets the handle',
    expected: /The session was not resumed/,
    faults: (isSabotaged) => (isSabotaged ? forgetHandle() : complaintsAboutSound()),
  },
  {
    name: 'sends nothing again',
    expected: /\d+ samples were lost/,
    faults: (isSabotaged) => (isSabotaged ? sendNothingAgain() : complaintsAboutSound()),
  },
  {
    name: 'says what comes after an interruption',
    expected: /said too late/,
    faults: (isSabotaged) => (isSabotaged ? sayWhatComesLate() : complaints(4)),
  },
  {
    name: 'does not end a turn',
    expected: /activityStart inside an activity/,
    faults: (isSabotaged) => (isSabotaged ? neverEndTurns() : complaintsAboutSound()),
  },
  {
    name: 'tells wrongly what was heard',
    expected: /is \d+ ms beside it/,
    faults: cutCall,
  },
];
