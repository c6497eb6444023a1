// Judges the scores of one source on labelled recordings: a row for each subset and one for all.

import { SCORER_RATE_HZ } from '../../core/voice/scorer.ts';
import { countSpeechStretches, ENTER_THRESHOLD } from './false-alarms.ts';
import { hasSpeech, type LabelledFile } from './labelled-folder.ts';
import { joined, rank } from './ranking.ts';
import { windowCells } from './window-cells.ts';

/** What stands between the recording and the scorer. */
export type Front = 'none' | 'mulaw8k';

/** A recording and its scores. */
export interface ScoredFile {
  readonly file: LabelledFile;
  readonly scores: Float32Array;
}

/** null where a subset cannot tell: AUC needs speech and other sound, false alarms recordings without speech. */
export interface AccuracyRow {
  readonly scorer: string;
  readonly front: Front;
  readonly subset: string;
  readonly files: number;
  readonly seconds: number;
  readonly auc: number | null;
  readonly ap: number | null;
  readonly f1: number | null;
  readonly falseAlarmsPerHour: number | null;
}

/** Rows of every subset and of 'all'. */
export function accuracyRows(
  scorer: string,
  front: Front,
  scored: readonly ScoredFile[],
): AccuracyRow[] {
  const subsets = [...new Set(scored.map(({ file }) => file.subset))];
  const rows = subsets.map((subset) => {
    const ofSubset = scored.filter(({ file }) => file.subset === subset);
    return { scorer, front, subset, ...judged(ofSubset) };
  });
  return subsets.length === 1
    ? rows
    : [...rows, { scorer, front, subset: 'all', ...judged(scored) }];
}

function judged(scored: readonly ScoredFile[]): Omit<AccuracyRow, 'scorer' | 'front' | 'subset'> {
  const cells = scored.map(({ file, scores }) => ({ ...windowCells(file), scores }));
  const { auc, ap, f1 } = rank(joined(cells), ENTER_THRESHOLD);
  return {
    files: scored.length,
    seconds: seconds(scored),
    auc: orNull(auc),
    ap: orNull(ap),
    f1: scored.some(({ file }) => hasSpeech(file)) ? orNull(f1) : null,
    falseAlarmsPerHour: falseAlarmsPerHour(scored.filter(({ file }) => !hasSpeech(file))),
  };
}

function falseAlarmsPerHour(withoutSpeech: readonly ScoredFile[]): number | null {
  if (withoutSpeech.length === 0) return null;
  const alarms = withoutSpeech.reduce((sum, { scores }) => sum + countSpeechStretches(scores), 0);
  return (alarms * 3600) / seconds(withoutSpeech);
}

function seconds(scored: readonly ScoredFile[]): number {
  return scored.reduce((sum, { file }) => sum + file.samples.length, 0) / SCORER_RATE_HZ;
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
