// Labelled recordings, scored by the kernel once for all detectors.

import { SCORER_RATE_HZ } from '../../core/voice/scorer.ts';
import type { LabelledFile } from '../accuracy/labelled-folder.ts';
import { showProgress } from '../accuracy/progress.ts';
import { kernelSource } from '../accuracy/score-source.ts';
import { paddedToWindows } from '../accuracy/window-cells.ts';
import type { ScoredRecording } from './detector.ts';

/** The build whose scores are the same on every machine. */
const KERNEL_BUILD = 'f32-plain';

/** Silence after each recording, longer than any detector waits, so that its last turn ends for all of them. */
const SILENCE_AFTER_SECONDS = 3;

/** A recording with its labels. */
export interface Recording extends ScoredRecording {
  readonly file: LabelledFile;
}

export async function scoreRecordings(files: readonly LabelledFile[]): Promise<Recording[]> {
  const source = kernelSource(KERNEL_BUILD);
  const recordings: Recording[] = [];
  for (const file of files) {
    const longer = new Int16Array(file.samples.length + SILENCE_AFTER_SECONDS * SCORER_RATE_HZ);
    longer.set(file.samples);
    const samples = paddedToWindows(longer);
    recordings.push({ file, samples, scores: await source.score(samples) });
    showProgress('scoring', recordings.length, files.length);
  }
  return recordings;
}
