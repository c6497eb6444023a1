import { describe, expect, it } from 'vitest';
import { AgentTrack } from '../../../core/recording/agent-track.ts';
import { type RecordingPlan, Survey } from '../../../core/recording/survey.ts';
import { recordingLine } from '../../../core/recording/timeline-file.ts';
import { JournalRows, speechOf } from '../../support/journal-rows.ts';
import {
  LeakyListener,
  type LeakyListenerOptions,
  syllables,
} from '../../support/leaky-listener.ts';
import { bestLikeness } from '../../support/likeness.ts';

const SECOND = 16_000;
const SPEECH = syllables(52 * SECOND, 11);
/** Samples that are compared at once. */
const PART = SECOND / 8;

/** What came of a call that ran like this. */
interface Recorded {
  readonly plan: RecordingPlan;
  readonly caller: Int16Array;
  readonly agent: Int16Array;
  /** Content that left the loudspeaker at each sample. */
  readonly heard: readonly number[];
}

function record(
  run: (listener: LeakyListener) => void,
  options: Partial<LeakyListenerOptions> = {},
): Recorded {
  const journal = new JournalRows();
  const listener = new LeakyListener({ speech: SPEECH, journal, ...options });
  run(listener);
  listener.stall(SECOND / 2);
  // The microphone's packets are one row, and the lines another: the packets come first, as they do in a call.
  const lines = journal;
  const caller = listener.flush();
  const survey = new Survey(speechOf(SPEECH));
  for (const row of lines.rows) survey.take(row);
  const plan = survey.finish();
  const agent = new Int16Array(plan.lengthSamples);
  new AgentTrack(plan.runs, speechOf(SPEECH)).render(0, agent);
  return { plan, caller, agent, heard: listener.heard };
}

/** How far the agent's track lies from what the microphone heard, second by second: the largest, in ms, and how many were compared. */
function misalignment({ caller, agent }: Recorded): { worstMs: number; compared: number } {
  let worst = 0;
  let compared = 0;
  for (let from = 0; from + PART < agent.length; from += SECOND / 2) {
    const part = agent.subarray(from, from + PART);
    if (part.reduce((sum, sample) => sum + Math.abs(sample), 0) / PART < 1000) continue;
    // A cut inside the part leaves only some of it in one place; noise that is elsewhere gives 0.02.
    const { lag, correlation } = bestLikeness(part, caller, from, 560);
    if (correlation < 0.15) return { worstMs: Number.POSITIVE_INFINITY, compared };
    worst = Math.max(worst, Math.abs(lag - from));
    compared++;
  }
  return { worstMs: worst / 16, compared };
}

function expectAligned(recorded: Recorded, least = 10): void {
  const { worstMs, compared } = misalignment(recorded);
  expect(compared).toBeGreaterThanOrEqual(least);
  expect(worstMs).toBeLessThanOrEqual(20);
}

describe("the agent's track lies where it was heard", () => {
  it('[R6] in an undisturbed call: every sample of it, in its very place', () => {
    const recorded = record((listener) => {
      listener.stall(SECOND);
      listener.begin(0);
      listener.play(6 * SECOND);
      listener.end('completed', 6 * SECOND);
      listener.stall(SECOND / 3);
      listener.begin(6 * SECOND);
      listener.play(2 * SECOND);
      listener.end('completed', 2 * SECOND);
    });
    expect(recorded.plan.runs.length).toBe(2);
    const expected = recorded.heard.map((content) => (content < 0 ? 0 : SPEECH[content]!));
    expect([...recorded.agent]).toEqual(expected);
  });

  it.each([40, 120, 300, 700, 2100])('[R6] through a stall of %i ms', (stallMs) => {
    expectAligned(
      record((listener) => {
        listener.begin(0);
        listener.play(2.51 * SECOND);
        listener.buffer(1500);
        listener.tell('report');
        listener.play(1500);
        listener.stall(stallMs * 16);
        listener.play(4 * SECOND);
        listener.end('completed', 6.51 * SECOND + 1500);
      }),
    );
  });

  it.each([160, -160])('[R6] through a stretch: %i samples ten times a second', (samples) => {
    expectAligned(
      record((listener) => {
        listener.begin(0);
        listener.play(2 * SECOND);
        for (let step = 0; step < 20; step++) {
          listener.play(SECOND / 10);
          listener.stretch(samples);
        }
        listener.play(3 * SECOND);
        listener.end('completed', 7 * SECOND + 20 * samples);
      }),
    );
  });

  it.each([500, -500])('[R6] through a drift of %i ppm', (driftPpm) => {
    const recorded = record(
      (listener) => {
        listener.begin(0);
        // Uncorrected, 24 ms would be lost or gained.
        listener.play(48 * SECOND);
        listener.end('completed', 48 * SECOND);
      },
      { driftPpm },
    );
    expectAligned(recorded, 40);
  });

  it('[R6] through a reconnect, on which the same generation goes on', () => {
    expectAligned(
      record((listener) => {
        listener.begin(0);
        listener.play(2 * SECOND);
        listener.buffer(9600);
        listener.tell('report');
        listener.play(9600, false);
        listener.stall(1.2 * SECOND, false);
        listener.tell('resume');
        listener.stall(SECOND / 20, false);
        listener.play(4 * SECOND);
        listener.end('completed', 6 * SECOND + 9600);
      }),
    );
  });

  it('[R6] through a reconnect, after which a new generation goes on from the last pause', () => {
    const recorded = record((listener) => {
      listener.begin(0);
      listener.play(2 * SECOND);
      listener.play(SECOND / 2, false);
      listener.tell('resume');
      listener.stall(SECOND, false);
      listener.carry(2.2 * SECOND);
      listener.play(4 * SECOND);
      listener.end('completed', 6.2 * SECOND);
    });
    expectAligned(recorded);
    expect(recorded.plan.runs.map(({ speechFrom, speechTo }) => [speechFrom, speechTo])).toEqual([
      [0, 2.5 * SECOND],
      [2.2 * SECOND, 6.2 * SECOND],
    ]);
  });
});

describe("what was not heard is not on the agent's track", () => {
  it('[R7] ends where the client stopped when it was cleared, whatever had been sent', () => {
    const recorded = record((listener) => {
      listener.begin(0);
      listener.play(2.3 * SECOND);
      listener.tell('cleared');
      listener.end('interrupted', 2.3 * SECOND);
      listener.stall(SECOND);
      listener.begin(10 * SECOND);
      listener.play(SECOND);
      listener.end('completed', SECOND);
    });
    const expected = recorded.heard.map((content) => (content < 0 ? 0 : SPEECH[content]!));
    expect([...recorded.agent]).toEqual(expected);
  });

  it('[R7] takes the exact answer in place of an estimate that was told before it', () => {
    const recorded = record((listener) => {
      listener.begin(0);
      listener.play(2.3 * SECOND);
      listener.end('interrupted', 2.6 * SECOND, true);
      listener.tell('cleared');
      listener.stall(SECOND);
    });
    expect(recorded.plan.runs.map(({ speechTo }) => speechTo)).toEqual([2.3 * SECOND]);
  });

  it('[R7] has the pause of a hold, and again what the release went back to', () => {
    const recorded = record((listener) => {
      listener.begin(0);
      listener.play(2 * SECOND);
      listener.tell('held');
      listener.stall(0.7 * SECOND, false);
      listener.release(0.3 * SECOND);
      listener.play(2 * SECOND);
      listener.tell('report');
      listener.play(SECOND);
      listener.end('completed', 4.7 * SECOND);
    });
    const expected = recorded.heard.map((content) => (content < 0 ? 0 : SPEECH[content]!));
    expect([...recorded.agent]).toEqual(expected);
  });

  it('[R7] has nothing of a call in which nobody listened', () => {
    const { plan, agent } = record((listener) => {
      listener.begin(0);
      listener.stall(SECOND);
      listener.end('interrupted', 0);
    });
    expect(plan.runs).toEqual([]);
    expect(agent.every((sample) => sample === 0)).toBe(true);
  });

  it('[R7] says what was heard and is no longer stored', () => {
    const runs = [{ utterance: 1, generation: 1, speechFrom: 0, speechTo: 3000, sample: 100 }];
    const speech = speechOf(SPEECH, [[1000, 2000]]);
    const samples = new Int16Array(3200);
    new AgentTrack(runs, speech).render(0, samples);
    const expected = new Int16Array(3200);
    expected.set(SPEECH.subarray(0, 1000), 100);
    expected.set(SPEECH.subarray(2000, 3000), 2100);
    expect(samples).toEqual(expected);
    const { plan } = record(() => undefined);
    expect(recordingLine({ ...plan, runs }, speech).agentGapSamples).toBe(1000);
  });
});

describe('a survey', () => {
  it('[R5] that is stored between any two rows goes on as if never interrupted', () => {
    const journal = new JournalRows();
    const listener = new LeakyListener({ speech: SPEECH, journal, driftPpm: 300 });
    listener.begin(0);
    for (let second = 0; second < 6; second++) {
      listener.play(SECOND);
      listener.stall(1000 * second);
      journal.flush();
    }
    listener.tell('held');
    listener.release(SECOND / 4);
    listener.play(SECOND);
    journal.flush();
    listener.end('completed', 6.75 * SECOND);
    listener.flush();
    // The packets come last here, so the first row is that one.
    const rows = [journal.rows.at(-1)!, ...journal.rows.slice(0, -1)];
    const speech = speechOf(SPEECH);
    const whole = new Survey(speech);
    for (const row of rows) whole.take(row);
    let stored = new Survey(speech);
    for (const row of rows) {
      const next = new Survey(speech);
      next.restore(structuredClone(stored.snapshot()));
      next.take(row);
      stored = next;
    }
    const plan = whole.finish();
    expect(plan.runs.length).toBeGreaterThan(3);
    expect(stored.finish()).toEqual(plan);
  });
});
