// Finds and reads labelled recordings: a WAV file and its .lab file, one subfolder a subset.

import { type Dirent, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { CommandError } from '../../client/node/command-error.ts';
import { resample, toPcm16 } from '../../client/node/resample.ts';
import { readWavFile } from '../../client/node/wav-file.ts';
import { SCORER_RATE_HZ } from '../../core/voice/scorer.ts';

/** What a stretch of a recording holds; 'unknown' is not scored. */
export type Label = 'speech' | 'other' | 'unknown';

/** A stretch with one label. */
export interface LabelledSpan {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly label: Label;
}

/** A recording at SCORER_RATE_HZ and what is known of it; spans follow one another without overlap. */
export interface LabelledFile {
  /** Path under the folder, without the ending. */
  readonly name: string;
  /** First folder of that path, or 'all'. */
  readonly subset: string;
  readonly samples: Int16Array;
  readonly spans: readonly LabelledSpan[];
}

const LABELS = new Map<string, Label>([
  ['1', 'speech'],
  ['0', 'other'],
  ['x', 'unknown'],
]);

/** Every labelled recording in a folder, in the order of the names. Throws CommandError with a sentence. */
export async function readLabelledFolder(folder: string): Promise<LabelledFile[]> {
  const paths = await findWavFiles(folder);
  if (paths.length === 0) {
    throw new CommandError(
      `Cannot run on "${folder}": there are no .wav files in it (bench/README.md shows the form).`,
    );
  }
  const files: LabelledFile[] = [];
  for (const path of paths) files.push(await readLabelledFile(folder, path));
  return files;
}

/** Whether a file holds speech that is labelled. */
export function hasSpeech({ spans }: LabelledFile): boolean {
  return spans.some(({ label }) => label === 'speech');
}

async function findWavFiles(folder: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    const reason = code === 'ENOTDIR' ? 'it is not a folder' : 'there is no such folder';
    throw new CommandError(`Cannot run on "${folder}": ${reason}.`);
  }
  return entries
    .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith('.wav'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function readLabelledFile(folder: string, wavPath: string): Promise<LabelledFile> {
  const labPath = wavPath.replace(/\.wav$/i, '.lab');
  if (!existsSync(labPath)) {
    throw new CommandError(`Cannot use "${wavPath}": its labels are missing, "${labPath}".`);
  }
  const { rateHz, samples } = await readWavFile(wavPath);
  const name = relative(folder, wavPath).replace(/\.wav$/i, '');
  return {
    name,
    subset: name.includes(sep) ? name.slice(0, name.indexOf(sep)) : 'all',
    samples: toPcm16(await resample(samples, rateHz, SCORER_RATE_HZ)),
    spans: parseLabels(await readFile(labPath, 'utf8'), labPath),
  };
}

function parseLabels(text: string, path: string): LabelledSpan[] {
  const spans: LabelledSpan[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [from, to, mark] = line.trim().split(/\s+/);
    const label = LABELS.get(mark ?? '');
    const fromSeconds = Number(from);
    const toSeconds = Number(to);
    const after = spans.at(-1)?.toSeconds ?? 0;
    if (label === undefined || !(fromSeconds >= after) || !(toSeconds >= fromSeconds)) {
      throw new CommandError(
        `Cannot read "${path}": line ${index + 1} must be a start and an end in seconds, in order, and 1, 0 or x.`,
      );
    }
    spans.push({ fromSeconds, toSeconds, label });
  }
  return spans;
}
