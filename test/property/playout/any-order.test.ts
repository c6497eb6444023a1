// Hold, release, clear, reconnect in any order, with any delay: what was told is what was heard, and it is told once.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DownlinkBench } from '../../support/downlink-bench.ts';
import { optionsOf, play, scripts } from '../../support/downlink-script.ts';
import { runs } from '../../support/runs.ts';

/** The content of an utterance that was heard, from its beginning, whatever was heard twice. */
function heardTo(bench: DownlinkBench, utterance: number): number {
  let to = 0;
  for (const stretch of bench.heardOf(utterance)) {
    // Nothing is skipped: each stretch begins in what was heard, or at its end.
    expect(stretch.from).toBeLessThanOrEqual(to);
    to = Math.max(to, stretch.to);
  }
  return to;
}

/**
 * What holds of every utterance, when one player heard it all; counts the reasons. Where an answer was lost, the player
 * may have been further before it went back for a release than anyone was told.
 */
function check(
  bench: DownlinkBench,
  areAllAnswered: boolean,
  reasons: Record<string, number>,
): void {
  for (const { utterance, reason, heard } of bench.endings) {
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    const given = bench.given.get(utterance) ?? 0;
    const heardSamples = heardTo(bench, utterance);
    expect(heard.givenSamples).toBe(given);
    const known = bench.corrections.find((each) => each.utterance === utterance)?.heard ?? heard;
    if (known.source === 'reported') {
      if (areAllAnswered) expect(known.heardSamples).toBe(heardSamples);
      expect(known.heardSamples).toBeLessThanOrEqual(heardSamples);
    }
    if (reason === 'completed') expect(heardSamples).toBe(given);
  }
}

it('[B2] [B3] [B6] [B8] [B9] [B11] [P12] tells each utterance once, as it was heard', () => {
  const reasons: Record<string, number> = {};
  fc.assert(
    fc.property(scripts(false), (script) => {
      const bench = new DownlinkBench(optionsOf(script));
      const utterances = play(bench, script);
      const told = bench.endings.map(({ utterance }) => utterance).sort((a, b) => a - b);
      expect(told).toEqual(Array.from({ length: utterances }, (_, index) => index + 1));
      check(bench, script.mute === 'none', reasons);
      expect(bench.downlink.idle).toBe(true);
      expect(bench.player.faults).toBe(0);
      expect(bench.downlink.statistics.claimsClamped).toBe(0);
    }),
    { seed: 20_260_103, numRuns: runs(250) },
  );
  expect(reasons['completed']).toBeGreaterThan(200);
  expect(reasons['interrupted']).toBeGreaterThan(200);
});

it('[P17] [P18] [B16] loses nothing and tells once when the connection breaks as well', () => {
  const reasons: Record<string, number> = {};
  let breaks = 0;
  fc.assert(
    fc.property(scripts(true), (script) => {
      const bench = new DownlinkBench(optionsOf(script));
      const utterances = play(bench, script);
      breaks += script.steps.filter(({ act }) => act.kind === 'break').length;
      const told = bench.endings.map(({ utterance }) => utterance);
      expect(new Set(told).size).toBe(told.length);
      expect(told.length).toBe(utterances);
      if (script.resumes) check(bench, false, reasons);
      expect(bench.downlink.idle).toBe(true);
      expect(bench.player.faults).toBe(0);
    }),
    { seed: 20_260_104, numRuns: runs(250) },
  );
  expect(breaks).toBeGreaterThan(200);
  expect(reasons['completed']).toBeGreaterThan(80);
});
