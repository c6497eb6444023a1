// Chooses this project's settings to match another detector, on one half of the recordings for use on the other.

import { type ConfigOverrides, conversationConfig } from '../../core/conversation/config.ts';
import { showProgress } from '../accuracy/progress.ts';
import type { TurnEdge } from './detector.ts';
import { isochronDetector } from './isochron-detector.ts';
import { judge, type Tally } from './judge.ts';
import type { Recording } from './recordings.ts';
import { type TurnRow, turnRow } from './turn-row.ts';

/**
 * Kinds of hangover, by how much longer than `hangoverMs` it may become: not at all, so that a late end is never much
 * later, or so much that hardly any hangover reaches it.
 */
export const HANGOVER_ROOMS_MS = { constant: 0, adaptive: 384, 'adaptive-long': 960 } as const;
export type HangoverKind = keyof typeof HANGOVER_ROOMS_MS;

/** What the settings must match; among those that do, the best in the other respect is chosen. */
export type Match = 'end-delay' | 'false-ends';

/** Settings with their edges and tallies on every recording. */
export interface Candidate {
  readonly settings: ConfigOverrides;
  readonly edges: readonly TurnEdge[][];
  readonly tallies: readonly Tally[];
}

/** For each half the settings that were chosen without it, and the edges that they gave on it. */
export interface CrossFit {
  readonly settings: readonly [ConfigOverrides, ConfigOverrides];
  readonly edges: readonly TurnEdge[][];
}

const ENTER_THRESHOLDS = [0.5, 0.7];
const LEAVE_THRESHOLDS = [0.1, 0.2, 0.35, 0.5, 0.65];
/** The defaults, and as little speech as LiveKit asks for. */
const SHORTEST_SPEECH = [
  { onsetMs: 96, minimumSpeechMs: 160 },
  { onsetMs: 64, minimumSpeechMs: 64 },
];
const WINDOW_MS = 32;
/** A constant hangover ends with a window; one that counts parts of windows is tried in half of that. */
const HANGOVERS_MS = {
  constant: Array.from({ length: 21 }, (_, index) => (index + 2) * WINDOW_MS),
  adaptive: Array.from({ length: 41 }, (_, index) => ((index + 4) * WINDOW_MS) / 2),
};

/** Runs every combination of settings with one kind of hangover over every recording. */
export function runCandidates(
  recordings: readonly Recording[],
  gapSeconds: number,
  kind: HangoverKind,
): Candidate[] {
  const combinations = settingsToTry(kind);
  return combinations.map((settings, index) => {
    showProgress(`settings (${kind})`, index + 1, combinations.length);
    const findTurns = isochronDetector(settings);
    const edges = recordings.map((recording) => findTurns(recording));
    const tallies = recordings.map(({ file }, at) => judge(file, edges[at]!, gapSeconds));
    return { settings, edges, tallies };
  });
}

/** Halves of about equal make-up: the recordings of each subset go to one and the other in turn. */
export function halves(recordings: readonly Recording[]): (0 | 1)[] {
  const seen = new Map<string, number>();
  return recordings.map(({ file: { subset } }) => {
    // A subset with an odd number of recordings gives the one more to the half that the subset's place decides.
    const count = seen.get(subset) ?? seen.size;
    seen.set(subset, count + 1);
    return count % 2 === 0 ? 0 : 1;
  });
}

/** Each half gets the settings that match best on the other one. */
export function crossFit(
  candidates: readonly Candidate[],
  peer: readonly Tally[],
  half: readonly (0 | 1)[],
  match: Match,
): CrossFit {
  const chosen = ([0, 1] as const).map((held) => {
    const isOther = (_: unknown, index: number) => half[index] !== held;
    const wanted = turnRow(peer.filter(isOther));
    return best(
      candidates,
      (candidate) => turnRow(candidate.tallies.filter(isOther)),
      wanted,
      match,
    );
  });
  return {
    settings: [chosen[0]!.settings, chosen[1]!.settings],
    edges: half.map((of, index) => chosen[of]!.edges[index]!),
  };
}

/** The candidate that matches and is best in the other respect, or else the one that comes closest. */
function best(
  candidates: readonly Candidate[],
  rowOf: (candidate: Candidate) => TurnRow,
  wanted: TurnRow,
  match: Match,
): Candidate {
  const ranked = candidates.map((candidate) => {
    const row = rowOf(candidate);
    const delay = row.endMedianMs ?? 0;
    const lateMs = Math.max(0, delay - (wanted.endMedianMs ?? 0));
    const excess = Math.max(0, row.falseEndsPer100Turns - wanted.falseEndsPer100Turns);
    const lateStartMs = Math.max(0, (row.onsetMedianMs ?? 0) - (wanted.onsetMedianMs ?? 0));
    const merit = match === 'end-delay' ? [row.falseEndsPer100Turns, delay] : [delay];
    const rank = [match === 'end-delay' ? lateMs : excess, ...merit, lateStartMs];
    return { candidate, rank };
  });
  return ranked.reduce((a, b) => (isBefore(b.rank, a.rank) ? b : a)).candidate;
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const differs = a.findIndex((value, index) => value !== b[index]);
  return differs >= 0 && a[differs]! < b[differs]!;
}

function settingsToTry(kind: HangoverKind): ConfigOverrides[] {
  const { pauseMs } = conversationConfig();
  const hangoversMs = HANGOVERS_MS[kind === 'constant' ? 'constant' : 'adaptive'];
  return ENTER_THRESHOLDS.flatMap((enterThreshold) =>
    LEAVE_THRESHOLDS.filter((leave) => leave < enterThreshold).flatMap((leaveThreshold) =>
      SHORTEST_SPEECH.flatMap((shortest) =>
        hangoversMs.map((hangoverMs) => ({
          enterThreshold,
          leaveThreshold,
          ...shortest,
          hangoverMs,
          hangoverMaximumMs: hangoverMs + HANGOVER_ROOMS_MS[kind],
          pauseMs: Math.min(pauseMs, hangoverMs),
        })),
      ),
    ),
  );
}
