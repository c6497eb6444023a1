// Scores that come at once, late or never, and what the facade counts.

import { describe, expect, it } from 'vitest';
import { conversationConfig } from '../../../core/conversation/config.ts';
import { PENDING_WINDOWS } from '../../../core/voice/pending-windows.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import type { SpeechGate } from '../../../core/voice/speech-gate.ts';
import { MODEL_TAIL_SAMPLES } from '../../../core/voice/speech-tracker.ts';
import type { TurnTaking } from '../../../core/voice/turn-detector.ts';
import { VoiceActivity } from '../../../core/voice/voice-activity.ts';
import { FREE_WORK } from '../../support/free-work.ts';
import { ScriptedScorer, scriptedAudio } from '../../support/scripted-scorer.ts';
import { TurnRecorder } from '../../support/turn-recorder.ts';

const W = WINDOW_SAMPLES;

function start(late: boolean, turnTaking: TurnTaking = 'automatic', gate?: SpeechGate) {
  const recorder = new TurnRecorder();
  let scorer: ScriptedScorer | undefined;
  const voice = new VoiceActivity({
    config: conversationConfig(),
    turnTaking,
    createScorer: (listener) => {
      scorer = new ScriptedScorer(listener, late);
      return scorer;
    },
    listener: recorder,
    budget: FREE_WORK,
    gate,
  });
  const hear = (thousandths: number, windows: number) => {
    const audio = scriptedAudio(new Array(windows).fill(thousandths));
    voice.audio(audio, 0, audio.length);
  };
  return { voice, recorder, scorer: scorer!, hear };
}

const TURN = [
  'speech 0',
  'turn 1 from 0',
  `silence ${10 * W - MODEL_TAIL_SAMPLES}`,
  `end 1 0-${10 * W - MODEL_TAIL_SAMPLES} silence`,
];

describe('a scorer that answers inside submit', () => {
  it('[V10][V17] is given every window once; what it did is counted', () => {
    const { voice, recorder, scorer, hear } = start(false);
    hear(1000, 10);
    expect(voice.openTurn).toBe(1);
    expect(voice.speechSamplesInTurn).toBe(10 * W);
    hear(0, 20);
    expect(recorder.edges).toEqual(TURN);
    expect(scorer.indices).toEqual(Array.from({ length: 30 }, (_, index) => index));
    expect(voice).toMatchObject({
      counters: { windowsScored: 30, windowsSkipped: 0, workUnits: 90 },
      backlogWindows: 0,
      backlogMs: 0,
      position: 30 * W,
      scorers: { name: 'scripted' },
      busy: false,
    });
  });

  it('[V12][V17] is spared skipped silence, and told to begin anew', () => {
    const { voice, scorer, hear } = start(false);
    hear(0, 10);
    voice.silence(160_000);
    expect(voice.counters.windowsScored).toBe(10 + Math.floor(16_000 / W));
    expect(scorer.resets).toEqual([]);
    hear(0, 1);
    expect(scorer.resets).toEqual([41]);
  });

  it('[V13] a lost window halves the score', () => {
    const { voice, recorder, hear } = start(false);
    hear(1000, 10);
    // 1 → 0.5 is still speech; 0.25 and what follows is not: 6 windows of it make a pause.
    voice.gap(6 * W);
    expect(recorder.take()).toEqual(['speech 0', 'turn 1 from 0', `silence ${11 * W}`]);
  });

  it('[T13][V15] manual edges need not wait for a full window', () => {
    const { voice, recorder } = start(false, 'manual');
    expect(voice.manual('started', 40)).toBe(true);
    voice.audio(new Int16Array(50), 0, 50);
    expect(recorder.take()).toEqual(['turn 1 from 40']);
    voice.silence(50);
    voice.endTurn('no-audio');
    expect(recorder.take()).toEqual(['end 1 40-100 no-audio']);
  });
});

describe('a scorer that answers late', () => {
  it('[V15][V17] makes the same edges, once it answers', () => {
    const { voice, recorder, scorer, hear } = start(true);
    hear(1000, 10);
    hear(0, 20);
    expect(recorder.edges).toEqual([]);
    expect(voice).toMatchObject({
      backlogWindows: 30,
      backlogMs: 960,
      counters: { windowsScored: 0 },
    });
    scorer.answer(29);
    expect(voice).toMatchObject({ backlogWindows: 1, counters: { windowsScored: 29 } });
    scorer.answer(1);
    expect(recorder.edges).toEqual(TURN);
  });

  it('[V15] lost and skipped stretches wait for the scores before them', () => {
    const { voice, recorder, scorer, hear } = start(true);
    hear(1000, 10);
    voice.gap(320_000);
    hear(0, 1);
    expect(voice.detectorPosition).toBe(0);
    scorer.answer(9);
    expect(voice.openTurn).toBe(1);
    scorer.answer(1);
    expect(recorder.edges.at(-1)).toBe(`end 1 0-${11 * W} silence`);
    expect(voice.detectorPosition).toBe(10 * W + 320_000);
  });

  it('[V15] manual edges wait for the scores before them', () => {
    const { voice, recorder, scorer, hear } = start(true, 'manual');
    voice.manual('started', W + 40);
    hear(1000, 4);
    expect(recorder.edges).toEqual([]);
    scorer.answer(4);
    expect(recorder.edges).toEqual([`turn 1 from ${W + 40}`, 'speech 0']);
  });

  it('[V16] has the oldest window taken as missing when too many wait', () => {
    const { voice, recorder, scorer, hear } = start(true);
    hear(1000, PENDING_WINDOWS);
    expect(voice.counters.windowsSkipped).toBe(0);
    hear(1000, 2);
    expect(voice).toMatchObject({
      backlogWindows: PENDING_WINDOWS,
      counters: { windowsSkipped: 2 },
    });
    expect(voice.detectorPosition).toBe(2 * W);
    scorer.answer(2);
    expect(voice.detectorPosition).toBe(2 * W);
    scorer.answer(3);
    expect(recorder.take()).toEqual([`speech ${2 * W}`]);
    expect(voice.counters.windowsScored).toBe(5);
  });

  it('[V22] scores that were owed count as skipped after a restore', () => {
    const before = start(true);
    before.hear(1000, 10);
    before.scorer.answer(4);
    const after = start(true);
    after.voice.restore(structuredClone(before.voice.snapshot()));
    expect(after.voice).toMatchObject({
      position: 10 * W,
      counters: { windowsSkipped: 6, windowsScored: 4 },
    });
    after.hear(1000, 3);
    after.scorer.answer(3);
    expect(after.recorder.edges).toEqual([`silence ${5 * W}`, `speech ${10 * W}`, 'turn 1 from 0']);
  });
});

describe('a restored state', () => {
  it('[V22] of another scorer makes the model begin anew', () => {
    const before = start(false);
    before.hear(0, 3);
    const snapshot = before.voice.snapshot();
    const same = start(false);
    same.voice.restore(snapshot);
    expect(same.scorer.resets).toEqual([]);
    const other = start(false);
    const scorers = { ...snapshot.scoring!.scorers, chosenName: 'other' };
    other.voice.restore({ ...snapshot, scoring: { ...snapshot.scoring, scorers } });
    expect(other.scorer.resets).toEqual([0]);
    expect(other.voice.position).toBe(3 * W);
  });

  it('[V22] of nothing is a beginning', () => {
    const { voice, recorder, hear } = start(false);
    voice.restore({});
    hear(1000, 10);
    hear(0, 20);
    expect(recorder.edges).toEqual(TURN);
  });
});

it('[V18] a restart leaves no trace of what came before in windows or model', () => {
  const { voice, scorer, hear } = start(false);
  hear(0, 2);
  voice.audio(new Int16Array(100), 0, 100);
  voice.restart();
  expect(scorer.resets).toEqual([2]);
  hear(700, 1);
  expect(scorer.windows.at(-1)![0]).toBe(700);
  expect(voice.position).toBe(3 * W + 100);
});

it('[T14] settings and turn taking change in mid-call', () => {
  const { voice, recorder, hear } = start(false);
  voice.configure(conversationConfig({ onsetMs: 320 }), 'manual');
  expect(voice.turnTaking).toBe('manual');
  hear(1000, 9);
  expect(recorder.edges).toEqual([]);
  hear(1000, 1);
  expect(recorder.edges).toEqual(['speech 0']);
});

it('[T15] a dropped turn is forgotten', () => {
  const { voice, recorder, hear } = start(false);
  hear(1000, 10);
  voice.dropTurn();
  recorder.take();
  hear(0, 20);
  expect(recorder.take()).toEqual([`silence ${10 * W - MODEL_TAIL_SAMPLES}`]);
});

describe('a gate', () => {
  /** Speech all the time, of which ten windows are admitted; the rest is refused, or hidden. */
  function gated(isHidden: boolean, windows: number) {
    const gate: SpeechGate = {
      heard: () => {},
      admits: (toSample) => toSample > 10 * W && toSample <= 20 * W,
      hides: () => isHidden,
      callerSinceSample: Number.POSITIVE_INFINITY,
    };
    const { voice, recorder, hear } = start(false, 'automatic', gate);
    hear(1000, windows);
    return { voice, edges: recorder.edges };
  }

  it('[B40] makes of hidden windows neither speech nor silence', () => {
    const begun = [`speech ${10 * W}`, 'turn 1 from 320'];
    const hidden = gated(true, 30);
    expect(hidden.edges).toEqual(begun);
    expect(hidden.voice.speechSamplesInTurn).toBe(10 * W);
    expect(hidden.voice.lastSpeechSample).toBe(20 * W);
    expect(gated(false, 30).edges).toEqual([...begun, `silence ${20 * W - MODEL_TAIL_SAMPLES}`]);
  });

  it('[B40] hides nobody for longer than a turn stays open: silence comes before the end', () => {
    expect(gated(true, 60).edges.map((edge) => edge.split(' ')[0])).toEqual([
      'speech',
      'turn',
      'silence',
      'end',
    ]);
  });
});
