// `npm run bench:vad-accuracy`: how well every scorer tells speech from the rest, on any labelled recordings.

import { runCommand } from '../../client/node/run-command.ts';
import { addBandImage } from '../../core/voice/band-image.ts';
import { type AccuracyRow, accuracyRows, type Front, type ScoredFile } from './accuracy-rows.ts';
import { readBenchOptions } from './bench-options.ts';
import { ENTER_THRESHOLD } from './false-alarms.ts';
import { type LabelledFile, readLabelledFolder } from './labelled-folder.ts';
import { showProgress } from './progress.ts';
import { allScoreSources, REFERENCE, type ScoreSource } from './score-source.ts';
import { throughTelephoneLine } from './telephone-line.ts';
import { decimals, textTable } from './text-table.ts';

/** A scorer beside the reference and beside itself on a telephone line. */
interface Comparison {
  readonly scorer: string;
  /** Largest difference from the reference's score of the same window, and windows on the other side of 0.5. */
  readonly maxAbsFromReference: number;
  readonly flipsFromReference: number;
  /** AUC over all files less that with µ-law at 8 kHz in front. */
  readonly mulawAucLoss: number | null;
}

await runCommand(async (stop) => {
  const { dataFolder, json } = readBenchOptions('bench:vad-accuracy', process.argv.slice(2));
  const files = await readLabelledFolder(dataFolder);
  const sources = await allScoreSources();
  const scores: SourceScores[] = [];
  for (const source of sources) {
    for (const front of ['none', 'mulaw8k'] as const) {
      scores.push({
        scorer: source.name,
        front,
        scored: await scoreAll(source, front, files, stop),
      });
      if (stop.aborted) return;
    }
  }
  const rows = scores.flatMap(({ scorer, front, scored }) => accuracyRows(scorer, front, scored));
  const comparisons = sources.map(({ name }) => compared(name, scores, rows));
  if (json) console.log(JSON.stringify({ threshold: ENTER_THRESHOLD, rows, comparisons }));
  else console.log(report(rows, comparisons));
});

interface SourceScores {
  readonly scorer: string;
  readonly front: Front;
  readonly scored: readonly ScoredFile[];
}

async function scoreAll(
  source: ScoreSource,
  front: Front,
  files: readonly LabelledFile[],
  stop: AbortSignal,
): Promise<ScoredFile[]> {
  const scored: ScoredFile[] = [];
  for (const file of files) {
    if (stop.aborted) break;
    const samples = front === 'mulaw8k' ? heardByTelephone(file.samples) : file.samples;
    scored.push({ file, scores: await source.score(samples) });
    showProgress(`${source.name}, ${front}`, scored.length, files.length);
  }
  return scored;
}

/** What the engine gives its scorers of a stream in µ-law. */
function heardByTelephone(samples: Int16Array): Int16Array {
  const narrow = throughTelephoneLine(samples);
  addBandImage(narrow, narrow);
  return narrow;
}

function compared(
  scorer: string,
  scores: readonly SourceScores[],
  rows: readonly AccuracyRow[],
): Comparison {
  const own = plainScores(scores, scorer);
  const reference = plainScores(scores, REFERENCE);
  let maxAbs = 0;
  let flips = 0;
  for (const [window, score] of own.entries()) {
    maxAbs = Math.max(maxAbs, Math.abs(score - reference[window]!));
    if (score >= ENTER_THRESHOLD !== reference[window]! >= ENTER_THRESHOLD) flips++;
  }
  const [plain, mulaw] = (['none', 'mulaw8k'] as const).map(
    (front) => rows.findLast((row) => row.scorer === scorer && row.front === front)!.auc,
  );
  return {
    scorer,
    maxAbsFromReference: maxAbs,
    flipsFromReference: flips,
    mulawAucLoss: plain == null || mulaw == null ? null : plain - mulaw,
  };
}

function plainScores(scores: readonly SourceScores[], scorer: string): number[] {
  const { scored } = scores.find((each) => each.scorer === scorer && each.front === 'none')!;
  return scored.flatMap((each) => [...each.scores]);
}

function report(rows: readonly AccuracyRow[], comparisons: readonly Comparison[]): string {
  const accuracy = textTable<AccuracyRow>(
    [
      ['scorer', (row) => row.scorer],
      ['front', (row) => row.front],
      ['subset', (row) => row.subset],
      ['files', (row) => String(row.files)],
      ['minutes', (row) => decimals(row.seconds / 60, 1)],
      ['AUC', (row) => decimals(row.auc, 4)],
      ['AP', (row) => decimals(row.ap, 4)],
      [`F1 at ${ENTER_THRESHOLD}`, (row) => decimals(row.f1, 4)],
      ['false alarms/h', (row) => decimals(row.falseAlarmsPerHour, 1)],
    ],
    rows,
  );
  const comparison = textTable<Comparison>(
    [
      ['scorer', (row) => row.scorer],
      [`largest difference from ${REFERENCE}`, (row) => row.maxAbsFromReference.toExponential(1)],
      [`flips at ${ENTER_THRESHOLD}`, (row) => String(row.flipsFromReference)],
      ['AUC lost to µ-law at 8 kHz', (row) => decimals(row.mulawAucLoss, 4)],
    ],
    comparisons,
  );
  return `${accuracy}\n\n${comparison}`;
}
