// Windows that wait for the budget, and a scorer that steps in for another.

import { describe, expect, it } from 'vitest';
import { conversationConfig } from '../../../core/conversation/config.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import { VoiceActivity } from '../../../core/voice/voice-activity.ts';
import { WAITING_WINDOWS } from '../../../core/voice/window-scoring.ts';
import { ScriptedScorer, scriptedAudio } from '../../support/scripted-scorer.ts';
import { TurnRecorder } from '../../support/turn-recorder.ts';

const W = WINDOW_SAMPLES;

function start({ late = false } = {}) {
  const recorder = new TurnRecorder();
  const made: ScriptedScorer[] = [];
  const budget = {
    windows: 0,
    take: () => budget.windows-- > 0,
  };
  const voice = new VoiceActivity({
    config: conversationConfig(),
    turnTaking: 'automatic',
    createScorer: (listener) => {
      made.push(new ScriptedScorer(listener, late));
      return made[0]!;
    },
    createEnergy: (listener) => {
      made.push(new ScriptedScorer(listener));
      return made[1]!;
    },
    listener: recorder,
    budget,
  });
  const hear = (thousandths: number, windows: number) => {
    for (let window = 0; window < windows; window++)
      voice.audio(scriptedAudio([thousandths]), 0, W);
  };
  /** Allows so many windows, and returns how many were taken in or scored. */
  const work = (windows: number) => {
    budget.windows = windows;
    let done = 0;
    while (voice.work()) done++;
    budget.windows = 0;
    return done;
  };
  return { voice, recorder, budget, hear, work, chosen: made[0]!, energy: made[1]! };
}

describe('windows that wait', () => {
  it('[V28] are scored oldest first, as many as the budget allows', () => {
    const { voice, recorder, hear, work, chosen } = start();
    hear(1000, 10);
    hear(0, 20);
    expect(voice).toMatchObject({
      waitingWindows: 30,
      backlogWindows: 30,
      hasWork: true,
      detectorPosition: 0,
      settledPosition: 0,
      counters: { windowsQueued: 30, windowsScored: 0, workUnits: 0 },
    });
    expect(work(4)).toBe(4);
    expect(chosen.windows.map((window) => window[0])).toEqual([1000, 1000, 1000, 1000]);
    expect(recorder.take()).toEqual(['speech 0']);
    expect(voice).toMatchObject({ waitingWindows: 26, detectorPosition: 4 * W });
    expect(work(100)).toBe(26);
    expect(voice).toMatchObject({ hasWork: false, settledPosition: 30 * W });
    expect(voice.counters).toMatchObject({ windowsScored: 30, windowsSkipped: 0, workUnits: 90 });
    expect(chosen.indices).toEqual(Array.from({ length: 30 }, (_, index) => index));
  });

  it('[V32] count when a scorer that is away had loudness measured instead', () => {
    const { voice, hear, work, chosen } = start();
    hear(0, 3);
    work(3);
    chosen.isStandingIn = true;
    hear(0, 2);
    work(2);
    chosen.isStandingIn = false;
    hear(0, 1);
    work(1);
    expect(voice.counters).toMatchObject({ windowsScored: 6, windowsByEnergy: 2 });
  });

  it('[V35] of narrowband audio have an image above 4 kHz, and the caller is kept as heard', () => {
    const { voice, budget, work, chosen, energy } = start();
    const loud = new Int16Array(W).map((_, index) => [1000, 1000, 32_767, -32_768][index % 4]!);
    const imaged = [1030, 970, 32_767, -31_785];
    voice.narrowband = true;
    budget.windows = 1;
    voice.audio(loud, 0, W);
    voice.audio(loud, 0, W);
    work(1);
    expect(chosen.windows.map((window) => [...window.slice(0, 4)])).toEqual([imaged, imaged]);
    voice.preferEnergy(true);
    work(2);
    expect(energy.windows.map((window) => [...window.slice(0, 4)])).toEqual([imaged, imaged]);
    const kept = new Int16Array(W);
    voice.heard.copyTo(W, kept, 0, W);
    expect(kept).toEqual(loud);
    const { voice: restored, work: workOn, chosen: after } = start();
    restored.restore(voice.snapshot());
    restored.audio(loud, 0, W);
    workOn(1);
    expect([...after.windows[0]!.slice(0, 4)]).toEqual(imaged);
    restored.narrowband = false;
    restored.audio(loud, 0, W);
    workOn(1);
    expect(after.windows[1]).toEqual(loud);
  });

  it('[V28] let a window pass at once only when none is before it', () => {
    const { voice, hear, chosen, budget } = start();
    budget.windows = 1;
    hear(100, 1);
    hear(200, 1);
    budget.windows = 1;
    hear(300, 1);
    expect(voice.waitingWindows).toBe(2);
    expect(chosen.windows.map((window) => window[0])).toEqual([100]);
  });

  it('[V28] keep the model from beginning anew before their time', () => {
    const { voice, hear, work, chosen } = start();
    hear(100, 3);
    voice.gap(40 * W);
    hear(200, 1);
    expect(chosen.resets).toEqual([]);
    work(1e9);
    expect(chosen.resets).toEqual([3]);
    expect(voice.detectorPosition).toBe(44 * W);
  });

  it('[V29] are 128 at most: the oldest is taken as missing, and the model begins anew after it', () => {
    const { voice, recorder, hear, work, chosen } = start();
    hear(1000, WAITING_WINDOWS);
    expect(voice.counters.windowsSkipped).toBe(0);
    hear(1000, 3);
    expect(voice).toMatchObject({ waitingWindows: WAITING_WINDOWS, detectorPosition: 3 * W });
    expect(voice.counters.windowsSkipped).toBe(3);
    work(3);
    expect(chosen.resets).toEqual([0, 0, 0]);
    expect(recorder.take()).toEqual([`speech ${3 * W}`]);
  });

  it('[V29] are lost to a silence that is longer than what is kept', () => {
    const { voice, hear, work, chosen } = start();
    hear(1000, 2);
    voice.silence(300_000);
    hear(700, 1);
    work(1e9);
    // Two windows, and the second of the silence that would have been scored.
    expect(voice.counters.windowsSkipped).toBe(2 + 31);
    expect(chosen.windows.at(-1)![0]).toBe(700);
    expect(voice.detectorPosition).toBe(3 * W + 300_000);
  });

  it('[V18] belong to the stream that they came with, and so does the end of its turn', () => {
    const { voice, recorder, hear, work, chosen } = start();
    hear(1000, 8);
    voice.restart();
    hear(0, 4);
    expect(recorder.edges).toEqual([]);
    work(1e9);
    expect(recorder.edges).toEqual([
      'speech 0',
      'turn 1 from 0',
      `silence ${8 * W}`,
      `end 1 0-${8 * W} client-gone`,
    ]);
    expect(chosen.resets).toEqual([8]);
  });
});

describe('the energy scorer', () => {
  it('[V30] is warmed with the last second, follows, and takes over when neither hears speech', () => {
    const { voice, hear, work, chosen, energy, budget } = start();
    budget.windows = 1e9;
    hear(0, 40);
    hear(1000, 10);
    voice.preferEnergy(true);
    expect(voice.hasWork).toBe(true);
    work(1e9);
    expect(energy.windows).toHaveLength(31);
    expect(energy.resets).toEqual([0]);
    expect(voice.scorers).toMatchObject({ role: 'chosen', switches: 0 });
    budget.windows = 1e9;
    for (let window = 0; window < 18; window++) {
      hear(0, 1);
      while (voice.work());
      // 576 ms are 18 windows.
      expect(voice.scorers.role).toBe(window < 17 ? 'chosen' : 'energy');
    }
    expect(energy.windows).toHaveLength(49);
    hear(0, 5);
    expect(chosen.windows).toHaveLength(68);
    expect(energy.windows).toHaveLength(54);
    expect(voice.counters.windowsByEnergy).toBe(5);
    expect(voice.counters.workUnits).toBe(3 * (68 + 54));
  });

  it('[V30] hands back to a scorer that was warmed with the last second, and begins it anew', () => {
    const { voice, hear, work, chosen, budget } = start();
    budget.windows = 1e9;
    hear(0, 40);
    voice.preferEnergy(true);
    work(1e9);
    expect(voice.scorers.role).toBe('energy');
    budget.windows = 1e9;
    hear(0, 100);
    voice.preferEnergy(false);
    work(1e9);
    expect(voice.scorers).toMatchObject({ role: 'chosen', switches: 2 });
    expect(chosen.resets).toEqual([40]);
    expect(chosen.windows).toHaveLength(71);
  });

  it('[V30] is warmed with what there is when the stream has only begun, or was broken off', () => {
    const { voice, hear, work, energy, budget } = start();
    budget.windows = 1e9;
    hear(0, 40);
    voice.silence(100_000);
    hear(0, 12);
    voice.preferEnergy(true);
    work(1e9);
    expect(energy.windows).toHaveLength(12);
    expect(voice.scorers.role).toBe('chosen');
  });

  it('[V30] begins anew with the last second when it has fallen two behind', () => {
    const { voice, hear, work, energy, budget } = start();
    budget.windows = 1e9;
    hear(0, 40);
    voice.preferEnergy(true);
    budget.windows = 40;
    hear(1000, 40);
    voice.preferEnergy(true);
    work(1e9);
    expect(energy.windows.at(-1)![0]).toBe(1000);
    expect(energy.windows).toHaveLength(31);
  });

  it('[V30] does not take over from a scorer that still owes answers, and strays change nothing', () => {
    const { voice, recorder, hear, work, chosen, budget } = start({ late: true });
    budget.windows = 1e9;
    hear(0, 40);
    voice.preferEnergy(true);
    work(1e9);
    expect(voice.scorers.role).toBe('chosen');
    chosen.answer(40);
    work(1e9);
    expect(voice.scorers.role).toBe('energy');
    voice.preferEnergy(false);
    work(1e9);
    voice.preferEnergy(true);
    voice.preferEnergy(false);
    work(1e9);
    expect(chosen.owed).toBe(62);
    chosen.answer(31);
    work(1e9);
    expect(voice.scorers.role).toBe('energy');
    chosen.answer(31);
    work(1e9);
    expect(voice.scorers.role).toBe('chosen');
    expect(recorder.edges).toEqual([]);
  });
});
