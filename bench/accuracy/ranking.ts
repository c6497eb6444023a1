// How well scores tell speech from the rest: AUC, average precision and F1, as scikit-learn defines them.

import type { WindowCells } from './window-cells.ts';

/** Scores of some windows, with the cells that they stand for. */
export interface ScoredCells extends WindowCells {
  readonly scores: Float32Array;
}

/** NaN where there is no speech, or nothing else. */
export interface Ranking {
  /** Area under the ROC curve: how often a cell of speech scores above another cell, ties counting half. */
  readonly auc: number;
  /** Σ (recall_n − recall_{n−1}) · precision_n over the thresholds from high to low, not interpolated. */
  readonly ap: number;
  /** 2 · precision · recall / (precision + recall) of "score ≥ threshold". */
  readonly f1: number;
}

export function rank({ scores, speech, other }: ScoredCells, threshold: number): Ranking {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  const allSpeech = sum(speech);
  let [speechAbove, otherAbove, speechAtThreshold, otherAtThreshold] = [0, 0, 0, 0];
  let [pairsWon, precisionSum] = [0, 0];
  for (let index = 0; index < order.length; ) {
    const score = scores[order[index]!]!;
    let [speechTied, otherTied] = [0, 0];
    for (; index < order.length && scores[order[index]!] === score; index++) {
      speechTied += speech[order[index]!]!;
      otherTied += other[order[index]!]!;
    }
    pairsWon += otherTied * (speechAbove + speechTied / 2);
    speechAbove += speechTied;
    otherAbove += otherTied;
    if (speechTied > 0) precisionSum += (speechTied * speechAbove) / (speechAbove + otherAbove);
    if (score >= threshold) [speechAtThreshold, otherAtThreshold] = [speechAbove, otherAbove];
  }
  return {
    auc: pairsWon / (allSpeech * otherAbove),
    ap: precisionSum / allSpeech,
    f1: (2 * speechAtThreshold) / (allSpeech + speechAtThreshold + otherAtThreshold),
  };
}

/** Puts the windows of several files together. */
export function joined(files: readonly ScoredCells[]): ScoredCells {
  return {
    scores: Float32Array.from(files.flatMap(({ scores }) => [...scores])),
    speech: Uint8Array.from(files.flatMap(({ speech }) => [...speech])),
    other: Uint8Array.from(files.flatMap(({ other }) => [...other])),
  };
}

function sum(counts: Uint8Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
