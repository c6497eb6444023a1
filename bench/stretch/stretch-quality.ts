// `npm run bench:stretch`: how speech sounds when it is made a fifth shorter or longer, and what that costs.

import { parseArgs } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';
import { toPcm16 } from '../../client/node/resample.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { readWavFile } from '../../client/node/wav-file.ts';
import { TimeStretch } from '../../core/jitter/time-stretch.ts';
import { showProgress } from '../accuracy/progress.ts';
import { decimals, textTable } from '../accuracy/text-table.ts';
import { stretchEvenly } from './even-stretch.ts';
import { melDistances } from './mel-distance.ts';
import { loadRubberBand } from './rubber-band.ts';
import { type CostRow, measureCosts } from './sound-cost.ts';
import { measureStretch, type StretchMeasures } from './stretch-measures.ts';

const RATIOS = [0.8, 1.2];
const BUNDLED = ['samples/conversation.wav', 'assets/story.wav'];

interface QualityRow extends StretchMeasures {
  readonly file: string;
  readonly rateHz: number;
  readonly ratio: number;
  readonly melToReferenceDb: number;
  readonly melWithinReferenceDb: number;
}

await runCommand(async () => {
  const { files, json } = readOptions();
  const reference = await loadRubberBand();
  const quality: QualityRow[] = [];
  for (const [index, file] of files.entries()) {
    showProgress('stretching', index, files.length);
    const { samples: sound, rateHz } = await readWavFile(file);
    const samples = toPcm16(sound);
    for (const ratio of RATIOS) {
      const stretched = stretchEvenly(new TimeStretch(rateHz), samples, ratio);
      quality.push({
        file: file.split('/').at(-1)!,
        rateHz,
        ratio,
        ...measureStretch(samples, rateHz, ratio, stretched),
        ...melDistances(samples, rateHz, ratio, stretched.samples, reference),
      });
    }
  }
  showProgress('stretching', files.length, files.length);
  const { samples, rateHz } = await readWavFile(files[0]!);
  const costs = await measureCosts(samples, rateHz);
  if (json) console.log(JSON.stringify({ quality, costs }));
  else console.log(`${qualityTable(quality)}\n\n${costTable(costs)}`);
});

function readOptions(): { files: string[]; json: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false } },
    });
    return { files: positionals.length > 0 ? positionals : BUNDLED, json: values.json };
  } catch (fault) {
    const usage = 'Usage: npm run bench:stretch [-- [--json] [FILE.wav …]]';
    throw new CommandError(`${(fault as Error).message}. ${usage}`, 2);
  }
}

function qualityTable(rows: readonly QualityRow[]): string {
  return textTable<QualityRow>(
    [
      ['file', (row) => row.file],
      ['ratio', (row) => decimals(row.ratio, 1)],
      ['got', (row) => decimals(row.lengthRatio, 4)],
      ['F0 median %', (row) => decimals(100 * row.f0ErrorMedian, 2)],
      ['p95 %', (row) => decimals(100 * row.f0ErrorP95, 2)],
      ['lost %', (row) => decimals(100 * row.pitchLost, 1)],
      ['seams', (row) => String(row.seams)],
      ['seam jump', (row) => decimals(row.seamJump, 2)],
      ['off even ms', (row) => decimals(row.largestDeviationMs, 1)],
      ['mel to reference dB', (row) => decimals(row.melToReferenceDb, 2)],
      ['within reference dB', (row) => decimals(row.melWithinReferenceDb, 2)],
      ['share', (row) => decimals(row.melToReferenceDb / row.melWithinReferenceDb, 2)],
    ],
    rows,
  );
}

function costTable(rows: readonly CostRow[]): string {
  return textTable<CostRow>(
    [
      ['µs by 20 ms frame', (row) => `${row.rateHz} Hz`],
      ['shorten', (row) => decimals(row.shortenUs, 1)],
      ['lengthen', (row) => decimals(row.lengthenUs, 1)],
      ['played', (row) => decimals(row.playedUs, 2)],
      ['first concealed', (row) => decimals(row.concealFirstUs, 1)],
      ['next concealed', (row) => decimals(row.concealNextUs, 1)],
      ['merge', (row) => decimals(row.mergeUs, 1)],
    ],
    rows,
  );
}
