import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMulaw } from '../../../core/media/mulaw.ts';
import { CallerTrack } from '../../../core/recording/caller-track.ts';
import type { JournalStream } from '../../../core/recording/journal-row.ts';
import { type RecordingPlan, Survey } from '../../../core/recording/survey.ts';
import { recordingLine } from '../../../core/recording/timeline-file.ts';
import { randomOf } from '../../../simulation/random.ts';
import { JournalRows, PCM_STREAM, speechOf } from '../../support/journal-rows.ts';
import { correlationAt } from '../../support/likeness.ts';

const FRAME = 320;
const NO_SPEECH = speechOf(new Int16Array(0));
const MULAW_STREAM: JournalStream = {
  ...PCM_STREAM,
  id: 8,
  format: { codec: 'mulaw', rateHz: 8000, frameMs: 20 },
};

function noise(length: number, seed = 1): Int16Array {
  const random = randomOf(seed);
  return Int16Array.from({ length }, () => Math.round((random() - 0.5) * 60_000));
}

function planOf(journal: JournalRows): RecordingPlan {
  const survey = new Survey(NO_SPEECH);
  for (const row of journal.rows) survey.take(row);
  return survey.finish();
}

function rendered(journal: JournalRows, plan = planOf(journal)): Int16Array {
  const samples = new Int16Array((plan.lengthSamples * plan.callerRateHz) / 16_000);
  new CallerTrack(plan, journal).render(plan.callerRateHz, 0, samples);
  return samples;
}

describe("the caller's track", () => {
  it('[R1] is what the packets said, bit for bit, over any number of rows', () => {
    const said = noise(50 * FRAME);
    const journal = new JournalRows();
    for (let frame = 0; frame < 50; frame += 7) {
      journal.pcm(PCM_STREAM, frame, said.subarray(frame * FRAME, Math.min(50, frame + 7) * FRAME));
      journal.flush();
    }
    expect(rendered(journal)).toEqual(said);
  });

  it('[R1] has the rate of the wire: µ-law gives 8 kHz, each byte one sample', () => {
    const bytes = Uint8Array.from({ length: 480 }, (_, index) => (index * 7) & 0xff);
    const journal = new JournalRows();
    for (let frame = 0; frame < 3; frame++) {
      journal.packet(MULAW_STREAM, frame, bytes.subarray(frame * 160, (frame + 1) * 160));
    }
    journal.flush();
    const plan = planOf(journal);
    expect(plan.callerRateHz).toBe(8000);
    expect([...rendered(journal, plan)]).toEqual([...bytes].map(decodeMulaw));
  });

  it('[R2] is silent for as long as the caller was, and nothing is missing', () => {
    const journal = new JournalRows();
    const said = noise(2 * FRAME);
    journal.pcm(PCM_STREAM, 0, said.subarray(0, FRAME));
    const later = PCM_STREAM.originTimestamp + 5000;
    journal.packet(PCM_STREAM, 1, new Uint8Array(said.slice(FRAME).buffer), later);
    journal.flush();
    const plan = planOf(journal);
    const track = rendered(journal, plan);
    expect(track.length).toBe(Math.ceil((5000 + FRAME) / 16) * 16);
    expect(track.subarray(0, FRAME)).toEqual(said.subarray(0, FRAME));
    expect(track.subarray(FRAME, 5000).every((sample) => sample === 0)).toBe(true);
    expect(track.subarray(5000, 5000 + FRAME)).toEqual(said.subarray(FRAME));
    expect(plan.caller.gaps).toEqual([]);
  });

  it('[R2] has zeros where packets never came, and says where and how much', () => {
    const said = noise(10 * FRAME);
    const journal = new JournalRows();
    journal.pcm(PCM_STREAM, 0, said.subarray(0, 3 * FRAME));
    journal.pcm(PCM_STREAM, 5, said.subarray(5 * FRAME));
    journal.flush();
    const plan = planOf(journal);
    const expected = said.slice().fill(0, 3 * FRAME, 5 * FRAME);
    expect(rendered(journal, plan)).toEqual(expected);
    const { callerGaps, callerGapSamples } = recordingLine(plan, NO_SPEECH);
    expect(callerGaps).toEqual([{ fromSample: 3 * FRAME, lengthSamples: 2 * FRAME }]);
    expect(callerGapSamples).toBe(2 * FRAME);
  });

  it('[R2] tells a thousand gaps one by one, and counts them all', () => {
    const journal = new JournalRows();
    for (let frame = 0; frame < 5001; frame += 2) {
      journal.packet(MULAW_STREAM, frame, new Uint8Array(160));
    }
    journal.flush();
    const plan = planOf(journal);
    const { callerGaps, callerGapSamples } = recordingLine(plan, NO_SPEECH);
    expect(callerGaps.length).toBe(1000);
    expect(callerGaps[999]).toEqual({ fromSample: 1999 * FRAME, lengthSamples: FRAME });
    expect(callerGapSamples).toBe(2500 * FRAME);
    expect(plan.caller.gaps.length).toBe(2000);
  });

  it('[R3] takes what comes late or twice for what it is', () => {
    const said = noise(8 * FRAME);
    const frame = (index: number): Int16Array => said.subarray(index * FRAME, (index + 1) * FRAME);
    const journal = new JournalRows();
    for (const index of [0, 1, 5, 3, 3, 0, 6]) {
      journal.pcm(PCM_STREAM, index, frame(index));
      journal.flush();
    }
    journal.pcm(PCM_STREAM, 7, frame(7));
    journal.flush();
    const plan = planOf(journal);
    const { packets, duplicates, callerGaps } = recordingLine(plan, NO_SPEECH);
    expect({ packets, duplicates }).toEqual({ packets: 6, duplicates: 2 });
    expect(callerGaps).toEqual([
      { fromSample: 2 * FRAME, lengthSamples: FRAME },
      { fromSample: 4 * FRAME, lengthSamples: FRAME },
    ]);
    const expected = said
      .slice()
      .fill(0, 2 * FRAME, 3 * FRAME)
      .fill(0, 4 * FRAME, 5 * FRAME);
    expect(rendered(journal, plan)).toEqual(expected);
  });

  it('[R3] holds for packets in any order, some of them never, some of them twice', () => {
    let reordered = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 11 }), { minLength: 1, maxLength: 30 }),
        (order) => {
          const said = noise(12 * FRAME);
          const journal = new JournalRows();
          const sequence = [0, ...order];
          for (const index of sequence) {
            journal.pcm(PCM_STREAM, index, said.subarray(index * FRAME, (index + 1) * FRAME));
          }
          journal.flush();
          const plan = planOf(journal);
          const came = new Set(sequence);
          const last = Math.max(...came);
          if (sequence.some((each, index) => each < sequence[index - 1]!)) reordered++;
          const expected = said.slice(0, (last + 1) * FRAME);
          for (let index = 0; index < last; index++) {
            if (!came.has(index)) expected.fill(0, index * FRAME, (index + 1) * FRAME);
          }
          expect(rendered(journal, plan)).toEqual(expected);
          const { packets, duplicates, callerGapSamples } = recordingLine(plan, NO_SPEECH);
          expect(packets).toBe(came.size);
          expect(duplicates).toBe(sequence.length - came.size);
          expect(callerGapSamples).toBe((last + 1 - came.size) * FRAME);
        },
      ),
      { seed: 5, numRuns: 60 },
    );
    expect(reordered).toBeGreaterThan(20);
  });

  it('[R4] goes on with the next stream where the one before ended, and never over it', () => {
    const journal = new JournalRows();
    const first = noise(4 * FRAME);
    const second = noise(3 * FRAME, 2);
    journal.pcm(PCM_STREAM, 0, first);
    // The engine had taken in less than was stored when the second one began.
    const next = { ...PCM_STREAM, id: 9, basePosition: 3 * FRAME, originTimestamp: 4_294_967_000 };
    journal.pcm(next, 0, second);
    journal.flush();
    expect([...rendered(journal)]).toEqual([...first, ...second]);
  });

  it('[R4] brings a stream of another rate to its own, and no sound moves', () => {
    const journal = new JournalRows();
    journal.pcm(PCM_STREAM, 0, noise(2 * FRAME));
    const tone = Uint8Array.from({ length: 1600 }, (_, index) => (index % 40 < 20 ? 0x90 : 0x10));
    const mulaw = { ...MULAW_STREAM, basePosition: 2 * FRAME };
    for (let frame = 0; frame < 10; frame++) {
      journal.packet(mulaw, frame, tone.subarray(frame * 160, (frame + 1) * 160));
    }
    journal.flush();
    const plan = planOf(journal);
    expect(plan.callerRateHz).toBe(16_000);
    const track = rendered(journal, plan);
    const samples = Int16Array.from(tone, decodeMulaw);
    const everySecond = Int16Array.from(
      { length: 1200 },
      (_, index) => track[2 * FRAME + 2 * (index + 200)]!,
    );
    expect(correlationAt(samples.subarray(200, 1400), everySecond, 0)).toBeGreaterThan(0.97);
  });

  it('[R5] is the same however it is cut, also where it is resampled', () => {
    const journal = new JournalRows();
    journal.pcm(PCM_STREAM, 0, noise(5 * FRAME));
    const mulaw = { ...MULAW_STREAM, basePosition: 5 * FRAME };
    for (let frame = 0; frame < 10; frame++) {
      journal.packet(mulaw, frame, new Uint8Array(noise(80, frame).buffer));
      journal.flush();
    }
    const plan = planOf(journal);
    const whole = rendered(journal, plan);
    const track = new CallerTrack(plan, journal);
    for (const length of [1, 7, 333]) {
      for (let from = 0; from < whole.length; from += 997) {
        const part = new Int16Array(Math.min(length, whole.length - from));
        track.render(16_000, from, part);
        expect(part).toEqual(whole.slice(from, from + part.length));
      }
    }
  });
});
