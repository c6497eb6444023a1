// The guard against the agent's own echo, on noise whose spectrum changes like that of speech.

import { describe, expect, it } from 'vitest';
import { SampleRing } from '../../../core/media/sample-ring.ts';
import { EchoGuard, type EchoGuardMode, type FarEnd } from '../../../core/voice/echo-guard.ts';
import { WorkLedger } from '../../../core/voice/work-ledger.ts';
import { randomOf } from '../../../simulation/random.ts';
import { babble } from '../../support/babble.ts';

const WINDOW = 512;
const SECOND = 16_000;

class Room {
  readonly ring = new SampleRing(2 ** 16);
  readonly guard: EchoGuard;
  unsure = false;
  /** Nothing plays before this sample. */
  playsFrom = 0;
  readonly #noise = randomOf(99);

  constructor(mode: EchoGuardMode, played: Int16Array) {
    this.guard = new EchoGuard(mode, this.#farEnd(played), new WorkLedger());
  }

  /** Hears these samples, as speech; the share of windows that was admitted. */
  hear(from: number, to: number, sound: (sample: number) => number): number {
    const window = new Int16Array(WINDOW);
    let admitted = 0;
    let windows = 0;
    for (let at = from; at + WINDOW <= to; at += WINDOW) {
      for (let index = 0; index < WINDOW; index++)
        window[index] = Math.round(sound(at + index) + 20 * (this.#noise() - 0.5));
      this.ring.append(window, 0, WINDOW);
      this.guard.heard(this.ring);
      if (this.guard.admits(at + WINDOW, true)) admitted++;
      windows++;
    }
    return admitted / windows;
  }

  #farEnd(played: Int16Array): FarEnd {
    const room = this;
    return {
      get unsure() {
        return room.unsure;
      },
      takeCorrection: () => Number.POSITIVE_INFINITY,
      playedBefore: (sample, into) => {
        for (let index = 0; index < into.length; index++)
          into[index] = played[sample - into.length + index] ?? 0;
        return sample > room.playsFrom && sample <= played.length;
      },
    };
  }
}

const PLAYED = babble(12, 1);
const OTHER = babble(12, 2);

function echoOf(leakDb: number, delayMs: number): (sample: number) => number {
  const gain = 10 ** (leakDb / 20);
  return (sample) => gain * (PLAYED[sample - delayMs * 16] ?? 0);
}

describe('echo guard', () => {
  it('[B32] admits nothing of an echo, whatever its level and its lag', () => {
    for (const leakDb of [-10, -20, -30]) {
      for (const delayMs of [80, 210, 400]) {
        const room = new Room('auto', PLAYED);
        const share = room.hear(0, 8 * SECOND, echoOf(leakDb, delayMs));
        expect({ leakDb, delayMs, few: share < 0.1 }).toEqual({ leakDb, delayMs, few: true });
        expect(Math.abs(room.guard.lagMs! - delayMs)).toBeLessThanOrEqual(8);
      }
    }
  });

  it('[B33] admits a caller who speaks as loud as the echo', () => {
    const room = new Room('auto', PLAYED);
    const echo = echoOf(-20, 150);
    room.hear(0, 6 * SECOND, echo);
    expect(room.hear(6 * SECOND, 7 * SECOND, (at) => echo(at) + 0.1 * OTHER[at]!)).toBeGreaterThan(
      0.6,
    );
    expect(room.guard.callerSinceSample).toBeLessThan(7 * SECOND);
  });

  it('[B34] stands in nobody’s way where nothing of the speaker is heard', () => {
    const room = new Room('auto', PLAYED);
    room.hear(0, 2 * SECOND, () => 0);
    expect(room.hear(2 * SECOND, 4 * SECOND, (at) => OTHER[at]!)).toBe(1);
    const off = new Room('off', PLAYED);
    expect(off.hear(0, SECOND, echoOf(-10, 100))).toBe(1);
    const on = new Room('on', PLAYED);
    expect(on.hear(0, SECOND, (at) => OTHER[at]!)).toBeLessThan(0.2);
  });

  it('[B34] lets a caller finish who was speaking before anything played', () => {
    const silent = new Int16Array(SECOND);
    const played = Int16Array.from([...silent, ...PLAYED.subarray(0, 2 * SECOND)]);
    const room = new Room('on', played);
    room.playsFrom = SECOND;
    room.hear(0, SECOND, (at) => OTHER[at]!);
    expect(room.hear(SECOND, 2 * SECOND, (at) => OTHER[at]!)).toBeGreaterThan(0.5);
  });

  it('[B35] takes speech for an echo while it is not known since when the speaker plays', () => {
    const room = new Room('auto', PLAYED);
    room.hear(0, 4 * SECOND, echoOf(-20, 100));
    room.unsure = true;
    expect(room.hear(4 * SECOND, 5 * SECOND, (at) => 0.3 * OTHER[at]!)).toBe(0);
  });

  it('[B40] hides the caller in the last of the echo, once nothing plays, and only there', () => {
    const playsTo = 6 * SECOND;
    const room = new Room('auto', PLAYED.subarray(0, playsTo));
    const lastOfEcho = playsTo + 400 * 16;
    const echo = (at: number) => (at < lastOfEcho ? echoOf(-20, 400)(at) : 0);
    const hidden: number[] = [];
    for (let at = 0; at < 8 * SECOND; at += WINDOW) {
      const admitted = room.hear(at, at + WINDOW, echo) > 0;
      if (!admitted && room.guard.hides(at + WINDOW)) hidden.push(at + WINDOW);
    }
    expect(hidden.length).toBeGreaterThan(6);
    expect(Math.min(...hidden)).toBeGreaterThan(playsTo);
    expect(Math.max(...hidden)).toBeLessThanOrEqual(lastOfEcho + 250 * 16);
    const off = new Room('off', PLAYED);
    off.hear(0, SECOND, echo);
    expect(off.guard.hides(SECOND)).toBe(false);
  });

  it('[B36] goes on from its snapshot with the same judgements', () => {
    const echo = echoOf(-20, 150);
    const sound = (at: number) => echo(at) + (at > 5 * SECOND ? 0.1 * OTHER[at]! : 0);
    const room = new Room('auto', PLAYED);
    room.hear(0, 4 * SECOND, sound);
    const copy = new Room('auto', PLAYED);
    copy.guard.restore(structuredClone(room.guard.snapshot()));
    copy.ring.restore(room.ring.snapshot());
    expect(copy.guard.snapshot()).toEqual(room.guard.snapshot());
    const exact = (at: number) => Math.round(sound(at));
    const window = new Int16Array(WINDOW);
    let differing = 0;
    for (let at = 4 * SECOND; at + WINDOW <= 7 * SECOND; at += WINDOW) {
      for (let index = 0; index < WINDOW; index++) window[index] = exact(at + index);
      for (const each of [room, copy]) {
        each.ring.append(window, 0, WINDOW);
        each.guard.heard(each.ring);
      }
      if (room.guard.admits(at + WINDOW, true) !== copy.guard.admits(at + WINDOW, true))
        differing++;
    }
    expect(differing).toBe(0);
    expect(copy.guard.snapshot()).toEqual(room.guard.snapshot());
  });
});
