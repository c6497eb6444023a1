// Half an hour with the fake, and wrong adapters that it must find out.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { GeminiLine } from '../../../../durable-objects/agents/gemini-live/line.ts';
import { ModelTurn } from '../../../../durable-objects/agents/gemini-live/model-turn.ts';
import { ResendLog } from '../../../../durable-objects/agents/gemini-live/resend-log.ts';
import { holdGeminiCall } from '../../../fakes/gemini-live/gemini-call.ts';
import { soak } from '../../../fakes/gemini-live/gemini-soak.ts';
import { runs } from '../../../support/runs.ts';

const SEED = 20261122;
const MINUTE_MS = 60_000;

afterEach(() => void vi.restoreAllMocks());

describe('Gemini Live, for half an hour', () => {
  it('[GL22] loses and repeats no sample over all its connections', () => {
    for (let seed = 0; seed < runs(1); seed++) {
      const report = soak({ lengthMs: 30 * MINUTE_MS, seed: SEED + seed });
      expect(report.complaints).toEqual([]);
      expect(report.turns).toBeGreaterThan(150);
      expect(report.interruptions).toBeGreaterThan(25);
      expect(report.connections).toBeGreaterThan(12);
    }
  });

  it('[GL22] nor does it with transparent resumption', () => {
    const report = soak({
      lengthMs: 5 * MINUTE_MS,
      seed: SEED,
      agent: { resumption: 'transparent' },
      fake: { platform: 'agent-platform', updateEveryMs: 700 },
    });
    expect(report.complaints).toEqual([]);
    expect(report.connections).toBeGreaterThan(4);
  });
});

describe('Gemini Live, behind the engine', () => {
  it.each([
    ['while the vendor generates', 1.2],
    ['after it has generated', 20],
  ])(
    '[GL26] an answer cut short %s stops at once, and the model is told what was heard',
    (_when, speed) => {
      const { addedMs, commitToWireMs, heardErrorMs, violations } = holdGeminiCall(1000, speed);
      expect(addedMs).toEqual([0]);
      expect(commitToWireMs).toEqual([0]);
      expect(heardErrorMs).toHaveLength(1);
      expect(heardErrorMs[0]).toBeLessThanOrEqual(20);
      expect(violations).toEqual([]);
    },
  );
});

describe('A wrong adapter is found out', () => {
  const complaintsOf = (): string =>
    soak({ lengthMs: 1.5 * MINUTE_MS, seed: SEED }).complaints.join('\n');

  it('[GL23] that forgets the handle', () => {
    vi.spyOn(GeminiLine.prototype, 'resumable').mockImplementation(() => {});
    expect(complaintsOf()).toMatch('The session was not resumed.');
  });

  it('[GL23] that sends nothing again', () => {
    vi.spyOn(ResendLog.prototype, 'restart').mockImplementation(() => {});
    expect(complaintsOf()).toMatch(/\d+ samples were lost/);
  });

  it('[GL23] that says what comes after an interruption', () => {
    const audio = ModelTurn.prototype.audio;
    vi.spyOn(ModelTurn.prototype, 'audio').mockImplementation(function (this: ModelTurn, ...given) {
      const outcome = audio.apply(this, given);
      if (outcome !== 'ignored') return outcome;
      this.complete();
      return audio.apply(this, given);
    });
    const report = soak({
      lengthMs: 1.5 * MINUTE_MS,
      seed: SEED,
      fake: { lateBursts: 4 },
    });
    expect(report.complaints.join('\n')).toMatch(/said too late/);
  });

  it('[GL23] that does not end a turn', () => {
    const push = ResendLog.prototype.push;
    vi.spyOn(ResendLog.prototype, 'push').mockImplementation(function (
      this: ResendLog,
      entry,
      isHeld,
    ) {
      if (entry.kind !== 'activity-end') push.call(this, entry, isHeld);
    });
    expect(complaintsOf()).toMatch('activityStart inside an activity.');
  });
});
