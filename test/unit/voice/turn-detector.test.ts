// The turn detector's rules with scripted scores, one window (512 samples, 32 ms) at a time.

import { describe, expect, it } from 'vitest';
import { type ConfigOverrides, conversationConfig } from '../../../core/conversation/config.ts';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import { MODEL_TAIL_SAMPLES } from '../../../core/voice/speech-tracker.ts';
import { TurnDetector, type TurnTaking } from '../../../core/voice/turn-detector.ts';
import { passMissing, passSilence } from '../../../core/voice/unscored-time.ts';
import { TurnRecorder } from '../../support/turn-recorder.ts';

const W = WINDOW_SAMPLES;
const TAIL = MODEL_TAIL_SAMPLES;
const PRE_ROLL = 4800;

/** The hangover is whole windows, 17 of them, so that the scripts below can count. */
function settings(overrides: ConfigOverrides) {
  return conversationConfig({ hangoverMs: 544, ...overrides });
}

/** A detector that has heard `position` samples. */
class Call {
  readonly recorder = new TurnRecorder();
  readonly detector: TurnDetector;
  readonly #overrides: ConfigOverrides;
  position = 0;

  constructor(overrides: ConfigOverrides = {}, turnTaking: TurnTaking = 'automatic') {
    this.#overrides = overrides;
    this.detector = new TurnDetector(settings(overrides), turnTaking, this.recorder);
  }

  /** Windows of one score; returns the edges they made. */
  hear(probability: number, windows: number): string[] {
    for (let window = 0; window < windows; window++) {
      this.detector.window(this.position, W, probability, true);
      this.position += W;
    }
    return this.recorder.take();
  }

  lose(windows: number): string[] {
    passMissing(this.detector, this.position, this.position + windows * W);
    this.position += windows * W;
    return this.recorder.take();
  }

  skip(samples: number): string[] {
    passSilence(this.detector, this.position, this.position + samples);
    this.position += samples;
    return this.recorder.take();
  }

  end(reason: 'no-audio' | 'client-gone' | 'ended'): string[] {
    this.detector.endTurn(reason);
    return this.recorder.take();
  }

  configure(overrides: ConfigOverrides, turnTaking?: TurnTaking): void {
    this.detector.configure(settings({ ...this.#overrides, ...overrides }), turnTaking);
  }

  manual(state: 'started' | 'ended', atSample: number): string[] {
    this.detector.manual(state, atSample);
    return this.recorder.take();
  }
}

describe('speech', () => {
  it('[T1] starts with the third window in a row, told with the start of the first', () => {
    const call = new Call();
    expect(call.hear(0.1, 10)).toEqual([]);
    expect(call.hear(0.5, 2)).toEqual([]);
    expect(call.hear(0.9, 1)).toEqual([`speech ${10 * W}`]);
  });

  it('[T1] does not start with blips, however many', () => {
    const call = new Call();
    for (let blip = 0; blip < 20; blip++) {
      expect(call.hear(1, 2)).toEqual([]);
      expect(call.hear(0, 1)).toEqual([]);
    }
    expect(call.detector.phase).toEqual({ kind: 'idle' });
  });

  it('[T1] takes an onset that is no multiple of a window as at least that long', () => {
    const call = new Call({ onsetMs: 97 });
    expect(call.hear(1, 3)).toEqual([]);
    expect(call.hear(1, 1)).toEqual(['speech 0']);
  });

  it('[T2] is left at a lower threshold than it is entered', () => {
    const call = new Call();
    call.hear(0.5, 5);
    expect(call.hear(0.35, 30)).toEqual([]);
    expect(call.hear(0.349, 5)).toEqual([]);
    expect(call.hear(0.499, 1)).toEqual([`silence ${35 * W - TAIL}`]);
    expect(call.hear(0.499, 8)).toEqual([]);
  });

  it('[T2] needs the higher threshold again after a single window of silence', () => {
    const call = new Call();
    call.hear(1, 5);
    call.hear(0.3, 1);
    expect(call.hear(0.49, 5)).toEqual([`silence ${5 * W - TAIL}`]);
  });

  it('[T3] does not stop in a pause of less than pauseMs', () => {
    const call = new Call();
    call.hear(1, 10);
    for (let pause = 0; pause < 5; pause++) {
      expect(call.hear(0, 5)).toEqual([]);
      expect(call.hear(1, 1)).toEqual([]);
    }
    expect(call.hear(0, 6)).toEqual([`silence ${40 * W - TAIL}`]);
  });

  it('[T3] needs an onset after a pause that was told; a blip does not move the end', () => {
    const call = new Call();
    call.hear(1, 10);
    expect(call.hear(0, 6)).toEqual([`silence ${10 * W - TAIL}`]);
    expect(call.hear(1, 2)).toEqual([]);
    expect(call.hear(0, 2)).toEqual([]);
    expect(call.hear(1, 3)).toEqual([`speech ${20 * W}`]);
    call.hear(0, 6);
    call.hear(1, 2);
    expect(call.hear(0, 9)).toEqual([`end 1 0-${23 * W - TAIL} silence`]);
  });
});

describe('an automatic turn', () => {
  it('[T4] starts when there was enough speech, pauses not counted', () => {
    const call = new Call({ minimumSpeechMs: 320 });
    call.hear(0, 20);
    expect(call.hear(1, 6)).toEqual([`speech ${20 * W}`]);
    expect(call.hear(0, 10)).toEqual([`silence ${26 * W - TAIL}`]);
    expect(call.detector.phase).toEqual({ kind: 'candidate', startSample: 20 * W });
    expect(call.hear(1, 3)).toEqual([`speech ${36 * W}`]);
    expect(call.detector.speechSamplesInTurn).toBe(9 * W);
    expect(call.hear(1, 1)).toEqual([`turn 1 from ${20 * W - PRE_ROLL}`]);
    expect(call.detector.openTurn).toBe(1);
  });

  it('[T4] starts with the onset when no more speech is asked for', () => {
    const call = new Call({ minimumSpeechMs: 0 });
    expect(call.hear(1, 3)).toEqual(['speech 0', 'turn 1 from 0']);
  });

  it('[T4] does not start with too little speech: a misfire', () => {
    const call = new Call();
    call.hear(0, 20);
    call.hear(1, 4);
    expect(call.hear(0, 16)).toEqual([`silence ${24 * W - TAIL}`]);
    expect(call.hear(0, 1)).toEqual([`misfire ${20 * W}`]);
    expect(call.detector.phase).toEqual({ kind: 'idle' });
    expect(call.detector.speechSamplesInTurn).toBe(0);
  });

  it('[T5] begins before its first window, but not before sample 0', () => {
    const call = new Call();
    call.hear(0, 3);
    expect(call.hear(1, 5)).toEqual([`speech ${3 * W}`, 'turn 1 from 0']);
  });

  it('[T5] does not begin before the end of the turn before', () => {
    const call = new Call({ hangoverMs: 192 });
    call.hear(1, 20);
    const end = 20 * W - TAIL;
    expect(call.hear(0, 6)).toEqual([`silence ${end}`, `end 1 0-${end} silence`]);
    expect(call.hear(1, 5)).toEqual([`speech ${26 * W}`, `turn 2 from ${end}`]);
  });

  it('[T6] ends after the hangover, where speech ended less the tail', () => {
    const call = new Call();
    call.hear(1, 20);
    expect(call.detector.lastSpeechSample).toBe(call.detector.position);
    expect(call.hear(0, 16)).toEqual([`silence ${20 * W - TAIL}`]);
    expect(call.detector.lastSpeechSample).toBe(call.detector.position - 16 * W);
    expect(call.hear(0, 1)).toEqual([`end 1 0-${20 * W - TAIL} silence`]);
  });

  it('[T6] does not end before its last speech began', () => {
    const call = new Call({ onsetMs: 32 });
    call.hear(1, 10);
    call.hear(0, 8);
    expect(call.hear(1, 1)).toEqual([`speech ${18 * W}`]);
    expect(call.hear(0, 17)).toEqual([`silence ${18 * W}`, `end 1 0-${18 * W} silence`]);
  });

  it('[T6] waits for what may become an onset', () => {
    const call = new Call();
    call.hear(1, 10);
    call.hear(0, 16);
    expect(call.hear(1, 2)).toEqual([]);
    expect(call.hear(1, 1)).toEqual([`speech ${26 * W}`]);
    call.hear(0, 16);
    expect(call.hear(1, 2)).toEqual([]);
    expect(call.hear(0, 1)).toEqual([`end 1 0-${29 * W - TAIL} silence`]);
  });

  it('[T20] waits longer while scores hover, and tells the same end', () => {
    const call = new Call({ hangoverMaximumMs: 1088 });
    call.hear(1, 5);
    expect(call.hear(0.1, 33)).toEqual([`silence ${5 * W - TAIL}`]);
    expect(call.hear(0.1, 1)).toEqual([`end 1 0-${5 * W - TAIL} silence`]);
  });

  it('[T20] begins to count anew with every speech, not with a blip', () => {
    const call = new Call({ hangoverMaximumMs: 1088 });
    call.hear(1, 5);
    call.hear(0, 16);
    expect(call.hear(1, 3)).toEqual([`speech ${21 * W}`]);
    call.hear(0, 10);
    expect(call.hear(1, 1)).toEqual([]);
    expect(call.hear(0, 8)).toEqual([]);
    expect(call.hear(0, 1)).toEqual([`end 1 0-${24 * W - TAIL} silence`]);
  });

  it('[T20] counts lost audio in full, whatever was scored before it', () => {
    const call = new Call({ hangoverMaximumMs: 1088 });
    call.hear(1, 5);
    expect(call.hear(0.2, 6)).toEqual([`silence ${5 * W - TAIL}`]);
    expect(call.lose(17)).toEqual([]);
    expect(call.lose(1)).toEqual([`end 1 0-${5 * W - TAIL} silence`]);
  });

  it('[T21] waits twice as long after 4 s of speech', () => {
    const call = new Call({ hangoverMaximumMs: 2000 });
    call.hear(1, 125);
    expect(call.hear(0, 33)).toEqual([`silence ${125 * W - TAIL}`]);
    expect(call.hear(0, 1)).toEqual([`end 1 0-${125 * W - TAIL} silence`]);
  });

  it('[T7] keeps its whole end when the audio after it is lost', () => {
    const call = new Call();
    call.hear(1, 20);
    expect(call.lose(12)).toEqual([`silence ${21 * W}`]);
    expect(call.hear(0, 5)).toEqual([`end 1 0-${21 * W} silence`]);
  });

  it('[T7] is neither begun nor prolonged by lost audio', () => {
    const call = new Call();
    call.hear(1, 2);
    expect(call.lose(40)).toEqual([]);
    call.hear(1, 10);
    call.hear(0, 1);
    call.lose(3);
    expect(call.hear(0, 13)).toEqual([
      `silence ${52 * W - TAIL}`,
      `end 1 ${42 * W - PRE_ROLL}-${52 * W - TAIL} silence`,
    ]);
  });

  it('[T7] survives a short loss: speech goes on without an onset', () => {
    const call = new Call();
    call.hear(1, 10);
    expect(call.lose(4)).toEqual([]);
    expect(call.hear(1, 1)).toEqual([]);
    expect(call.hear(0, 17).at(-1)).toBe(`end 1 0-${15 * W - TAIL} silence`);
  });
});

describe('a turn that is too long', () => {
  const settings = { maximumTurnMs: 3200, cutLookbackMs: 960 };

  it('[T8] is cut where the score was lowest, and the next one begins there', () => {
    const call = new Call(settings);
    call.hear(0.8, 74);
    call.hear(0.4, 1);
    call.hear(0.9, 10);
    call.hear(0.5, 1);
    const cut = 74 * W + W / 2;
    expect(call.hear(0.9, 13)).toEqual([]);
    expect(call.hear(0.9, 1)).toEqual([
      `end 1 0-${cut} maximum-length`,
      `turn 2 from ${cut} after 1`,
    ]);
    expect(call.detector.speechSamplesInTurn).toBe(25 * W + W / 2);
    expect(call.hear(0, 17).at(-1)).toBe(`end 2 ${cut}-${100 * W - TAIL} silence`);
  });

  it('[T8] looks no further back than it may, and takes the latest of equals', () => {
    const call = new Call(settings);
    call.hear(0.8, 69);
    call.hear(0.4, 1);
    call.hear(0.9, 29);
    expect(call.hear(0.9, 1)[0]).toBe(`end 1 0-${99 * W + W / 2} maximum-length`);
  });

  it('[T8] loses no sample over many cuts', () => {
    const call = new Call(settings);
    const edges = call.hear(0.7, 1000).slice(2);
    expect(edges.length).toBeGreaterThan(15);
    let end = 0;
    for (const [index, edge] of edges.entries()) {
      const turn = Math.floor(index / 2) + 1;
      if (index % 2 === 1) expect(edge).toBe(`turn ${turn + 1} from ${end} after ${turn}`);
      else end = Number(/-(\d+) maximum-length$/.exec(edge)![1]);
    }
  });

  it('[T9] ends with its last speech when none follows the cut', () => {
    const call = new Call({ ...settings, hangoverMs: 2000 });
    call.hear(1, 60);
    expect(call.hear(0, 40)).toEqual([
      `silence ${60 * W - TAIL}`,
      `end 1 0-${60 * W - TAIL} maximum-length`,
    ]);
    expect(call.hear(1, 5)).toEqual([
      `speech ${100 * W}`,
      `turn 2 from ${100 * W - PRE_ROLL} after 1`,
    ]);
  });
});

describe('a watchdog', () => {
  it.each(['no-audio', 'client-gone'] as const)(
    '[T10][T11] ends speech where the media ends (%s), and the next turn continues it',
    (reason) => {
      const call = new Call();
      call.hear(1, 20);
      call.detector.reach(20 * W + 100);
      expect(call.end(reason)).toEqual([
        `silence ${20 * W + 100}`,
        `end 1 0-${20 * W + 100} ${reason}`,
      ]);
      expect(call.hear(1, 5)).toEqual([`speech ${20 * W}`, `turn 2 from ${20 * W + 100} after 1`]);
      call.hear(0, 17);
      expect(call.hear(1, 5).at(-1)).toMatch(/^turn 3 from \d+$/);
    },
  );

  it('[T10] ends a pause where speech ended', () => {
    const call = new Call();
    call.hear(1, 20);
    call.hear(0, 3);
    expect(call.end('no-audio')).toEqual([
      `silence ${20 * W - TAIL}`,
      `end 1 0-${20 * W - TAIL} no-audio`,
    ]);
  });

  it('[T10] tells no second stop after a pause that was told', () => {
    const call = new Call();
    call.hear(1, 20);
    call.hear(0, 6);
    expect(call.end('no-audio')).toEqual([`end 1 0-${20 * W - TAIL} no-audio`]);
  });

  it('[T10] makes a candidate a misfire, and nothing of nothing', () => {
    const call = new Call();
    call.hear(1, 4);
    expect(call.end('no-audio')).toEqual([`silence ${4 * W}`, 'misfire 0']);
    expect(call.end('no-audio')).toEqual([]);
    call.hear(1, 2);
    expect(call.end('no-audio')).toEqual([]);
    expect(call.detector.busy).toBe(false);
  });

  it('[T11] is not continued once a hangover of silence was heard', () => {
    const call = new Call();
    call.hear(1, 20);
    call.end('client-gone');
    call.hear(0, 17);
    expect(call.hear(1, 5).at(-1)).toBe(`turn 2 from ${37 * W - PRE_ROLL}`);
  });

  it('[T11] is continued across lost audio of any length, which is no silence', () => {
    const call = new Call();
    call.hear(1, 20);
    call.end('client-gone');
    call.hear(0, 16);
    call.lose(1000);
    expect(call.hear(1, 5).at(-1)).toBe(`turn 2 from ${1036 * W - PRE_ROLL} after 1`);
  });

  it('[T11] does not count skipped silence as lost', () => {
    const call = new Call();
    call.hear(1, 20);
    call.end('client-gone');
    call.skip(17 * W);
    expect(call.hear(1, 5).at(-1)).toBe(`turn 2 from ${37 * W - PRE_ROLL}`);
  });

  it('[T11] only the end from outside is continued', () => {
    const call = new Call({ hangoverMs: 192 });
    call.hear(1, 20);
    call.end('ended');
    expect(call.hear(1, 5).at(-1)).toBe(`turn 2 from ${20 * W}`);
    call.hear(0, 6);
    expect(call.hear(1, 5).at(-1)).toMatch(/^turn 3 from \d+$/);
  });
});

describe('manual turns', () => {
  it('[T12] start and end at the exact samples', () => {
    const call = new Call({}, 'manual');
    call.manual('started', 1000);
    call.manual('ended', 50_001);
    expect(call.hear(0, 40)).toEqual(['turn 1 from 1000']);
    expect(call.hear(0.9, 60)).toEqual([`speech ${40 * W}`, 'end 1 1000-50001 manual']);
  });

  it('[T12] are neither started by speech nor ended by silence', () => {
    const call = new Call({}, 'manual');
    expect(call.hear(1, 20)).toEqual(['speech 0']);
    call.manual('started', 20 * W);
    expect(call.hear(0, 100)).toEqual([`silence ${20 * W - TAIL}`]);
    expect(call.detector.openTurn).toBe(1);
  });

  it('[T12] do not start before the end of the turn before', () => {
    const call = new Call({}, 'manual');
    call.hear(0, 10);
    expect(call.manual('started', 1000)).toEqual(['turn 1 from 1000']);
    expect(call.manual('ended', 5000)).toEqual(['end 1 1000-5000 manual']);
    expect(call.manual('started', 3000)).toEqual(['turn 2 from 5000']);
    expect(call.manual('ended', 4000)).toEqual(['end 2 5000-5000 manual']);
  });

  it('[T12] have a maximum length and watchdogs', () => {
    const call = new Call({ maximumTurnMs: 3200 }, 'manual');
    expect(call.manual('started', 0)).toEqual(['turn 1 from 0']);
    expect(call.hear(1, 100)).toEqual([
      'speech 0',
      `end 1 0-${99 * W + W / 2} maximum-length`,
      `turn 2 from ${99 * W + W / 2} after 1`,
    ]);
    call.hear(0, 10);
    expect(call.end('client-gone')).toEqual([`end 2 ${99 * W + W / 2}-${110 * W} client-gone`]);
  });

  it('[T13] wait for the media, also in the middle of a window', () => {
    const call = new Call({}, 'manual');
    expect(call.manual('started', 700)).toEqual([]);
    call.hear(0, 1);
    call.detector.reach(699);
    expect(call.recorder.take()).toEqual([]);
    call.detector.reach(700);
    expect(call.recorder.take()).toEqual(['turn 1 from 700']);
    expect(call.manual('ended', 650)).toEqual(['end 1 700-700 manual']);
  });

  it('[T13] take effect in skipped silence, too', () => {
    const call = new Call({}, 'manual');
    call.manual('started', 100_000);
    call.manual('ended', 200_000);
    expect(call.skip(1_000_000)).toEqual(['turn 1 from 100000', 'end 1 100000-200000 manual']);
    expect(call.detector.position).toBe(1_000_000);
  });

  it('[T13] ignore a second start and an end without a start', () => {
    const call = new Call({}, 'manual');
    call.hear(0, 10);
    expect(call.manual('ended', 100)).toEqual([]);
    expect(call.manual('started', 200)).toEqual(['turn 1 from 200']);
    expect(call.manual('started', 300)).toEqual([]);
  });

  it('[T13] are refused while turns are automatic, and when too many wait', () => {
    const automatic = new Call();
    expect(automatic.detector.manual('started', 0)).toBe(false);
    expect(automatic.hear(0, 2)).toEqual([]);
    const call = new Call({}, 'manual');
    for (let edge = 0; edge < 16; edge++) {
      expect(call.detector.manual(edge % 2 === 0 ? 'started' : 'ended', 100 + edge)).toBe(true);
    }
    expect(call.detector.manual('started', 200)).toBe(false);
    expect(call.hear(0, 1)).toHaveLength(16);
    expect(call.detector.manual('started', 300)).toBe(true);
  });
});

describe('settings in mid-call', () => {
  it('[T14] hold from the next window on, for an open turn, too', () => {
    const call = new Call();
    call.hear(0.45, 20);
    call.configure({ enterThreshold: 0.4, hangoverMs: 192 });
    expect(call.hear(0.45, 5)).toEqual([`speech ${20 * W}`, `turn 1 from ${20 * W - PRE_ROLL}`]);
    expect(call.hear(0, 6).at(-1)).toMatch(/^end 1 .* silence$/);
  });

  it('[T14] an open turn stays open when turn taking changes', () => {
    const call = new Call();
    call.hear(1, 20);
    call.configure({}, 'manual');
    expect(call.hear(0, 30)).toEqual([`silence ${20 * W - TAIL}`]);
    call.configure({}, 'automatic');
    expect(call.hear(0, 1)).toEqual([`end 1 0-${20 * W - TAIL} silence`]);
  });

  it('[T14] speech that goes on becomes a candidate when turns become automatic', () => {
    const call = new Call({}, 'manual');
    call.hear(0, 20);
    call.hear(1, 10);
    call.configure({}, 'automatic');
    expect(call.hear(1, 1)).toEqual([`turn 1 from ${20 * W - PRE_ROLL}`]);
    expect(call.detector.speechSamplesInTurn).toBe(11 * W);
  });

  it('[T14] a candidate and waiting edges are forgotten', () => {
    const call = new Call();
    call.hear(1, 4);
    call.configure({}, 'manual');
    expect(call.detector.phase).toEqual({ kind: 'idle' });
    call.manual('started', 20 * W);
    expect(call.hear(0, 6)).toEqual([`silence ${4 * W - TAIL}`]);
    call.configure({}, 'automatic');
    expect(call.hear(0, 40)).toEqual([]);
  });
});

describe('a dropped turn', () => {
  it('[T15] is told to nobody, and the next one begins after its speech', () => {
    const call = new Call();
    call.hear(1, 12);
    call.hear(0, 6);
    call.detector.dropTurn();
    expect(call.detector.openTurn).toBeNull();
    expect(call.hear(0, 1)).toEqual([]);
    expect(call.hear(1, 5)).toEqual([`speech ${19 * W}`, `turn 2 from ${12 * W - TAIL}`]);
  });

  it('[T15] may be dropped from inside an edge', () => {
    const call = new Call({ pauseMs: 544 });
    call.recorder.onEdge = (edge) => {
      if (edge.startsWith('silence')) call.detector.dropTurn();
    };
    call.hear(1, 12);
    expect(call.hear(0, 40)).toEqual([`silence ${12 * W - TAIL}`]);
  });

  it('[T15] is not continued, and a candidate is dropped likewise', () => {
    const call = new Call();
    call.hear(1, 20);
    call.end('client-gone');
    call.hear(1, 4);
    call.detector.dropTurn();
    call.hear(0, 8);
    expect(call.hear(1, 5).at(-1)).toBe(`turn 2 from ${32 * W - PRE_ROLL}`);
  });
});

describe('long stretches without a score', () => {
  it('[T19] end a turn like windows of silence would', () => {
    const call = new Call();
    call.hear(1, 20);
    expect(call.skip(16_000 * 3600 * 24)).toEqual([
      `silence ${20 * W - TAIL}`,
      `end 1 0-${20 * W - TAIL} silence`,
    ]);
    expect(call.detector.position).toBe(call.position);
  });

  it('[T19] pass at once when nothing is open', () => {
    const call = new Call();
    const windows: number[] = [];
    const window = call.detector.window.bind(call.detector);
    call.detector.window = (...window4) => {
      windows.push(window4[0]);
      window(...window4);
    };
    call.skip(16_000 * 3600 * 24);
    call.lose(1_000_000);
    expect(windows).toEqual([]);
    call.hear(1, 5);
    call.skip(16_000 * 3600);
    expect(windows).toHaveLength(5 + 17);
  });
});
