// The result of the barge-in benchmark as text.

import type { Figures } from './figures.ts';
import type { assent, echo, InterruptionResult, noise } from './scenes.ts';

export interface BargeInResult {
  readonly interruptions: Readonly<Record<string, InterruptionResult>>;
  readonly confirmedToSilent: Readonly<Record<string, Figures>>;
  readonly noise: ReturnType<typeof noise> & { readonly set: readonly string[] };
  readonly mmHm: ReturnType<typeof assent>;
  readonly echo: ReturnType<typeof echo>;
}

export function bargeInReport(result: BargeInResult): string {
  const lines: string[] = [];
  for (const [link, row] of Object.entries(result.interruptions)) {
    lines.push(
      `${link}: first sound to silence ${times(row.onsetToSilence)}; to commit ${times(row.onsetToCommit)}; missed ${row.missed}`,
      `${link}: heard within a frame ${row.heardWithinAFramePct.toFixed(0)} % (at most ${row.heardErrorMaxSamples} samples off); samples of a cleared generation played: ${row.clearedSamplesPlayed}`,
    );
  }
  for (const [link, row] of Object.entries(result.confirmedToSilent))
    lines.push(`${link}: confirmed to silent ${times(row)}`);
  const { noise, mmHm, echo } = result;
  lines.push(
    `noise (${noise.minutes.toFixed(1)} min): ${noise.holdsPerHour.toFixed(1)} holds and ${noise.commitsPerHour.toFixed(1)} commits an hour`,
    `mm-hm (${mmHm.words} words): ${mmHm.heldPct.toFixed(0)} % held, ${mmHm.committedPct.toFixed(1)} % committed`,
    `open speaker (${echo.minutes} min): ${echo.commits} commits, ${echo.holdsPerHour.toFixed(0)} holds an hour`,
    `open speaker, ${echo.interruptions} interruptions at 0 dB: ${echo.committedInTimePct.toFixed(0)} % committed within 700 ms; to commit ${times(echo.onsetToCommit)}; to silence ${times(echo.onsetToSilence)}`,
  );
  return lines.join('\n');
}

function times({ median, p90, p95, count }: Figures): string {
  return `median ${ms(median)}, p90 ${ms(p90)}, p95 ${ms(p95)} (${count})`;
}

function ms(value: number | null): string {
  if (value === null) return 'none';
  return Number.isFinite(value) ? `${Math.round(value)} ms` : 'never';
}
