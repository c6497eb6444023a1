// `npm run bench:turns`: where turns end, and how often too early, by this project's detector and by others.

import { CommandError } from '../../client/node/command-error.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { readBenchOptions } from '../accuracy/bench-options.ts';
import { hasSpeech, readLabelledFolder } from '../accuracy/labelled-folder.ts';
import { type Comparison, compare } from './comparison.ts';
import type { TurnEdge, TurnFinder } from './detector.ts';
import { fastrtcReplyOnPauseDetector, fastrtcSilenceDetector } from './fastrtc-detector.ts';
import { isochronDetector } from './isochron-detector.ts';
import { judge } from './judge.ts';
import { LIVEKIT_BUILT_IN, LIVEKIT_SILERO, livekitDetector } from './livekit-detector.ts';
import { pipecatDetector } from './pipecat-detector.ts';
import { type Recording, scoreRecordings } from './recordings.ts';
import { type TurnResult, turnsReport } from './report.ts';
import {
  type CrossFit,
  crossFit,
  HANGOVER_ROOMS_MS,
  type HangoverKind,
  halves,
  type Match,
  runCandidates,
} from './tuning.ts';
import { turnRow } from './turn-row.ts';

/** Pauses shorter than this belong to a turn; the other two show how much hangs on it. */
const GAP_MS = 700;
const OTHER_GAPS_MS = [500, 1000];

const DETECTORS: Readonly<Record<string, TurnFinder>> = {
  isochron: isochronDetector({}),
  'isochron-adaptive': isochronDetector({ hangoverMs: 384, hangoverMaximumMs: 960 }),
  'livekit-silero': livekitDetector(LIVEKIT_SILERO),
  'livekit-built-in': livekitDetector(LIVEKIT_BUILT_IN),
  pipecat: pipecatDetector,
  'fastrtc-silence': fastrtcSilenceDetector,
  'fastrtc-reply-on-pause': fastrtcReplyOnPauseDetector,
};

/** Those whose end delay and false ends are matched. */
const MATCHED_PEERS = ['livekit-silero', 'livekit-built-in', 'pipecat'];
const HANGOVERS = Object.keys(HANGOVER_ROOMS_MS) as HangoverKind[];
const MATCHES = ['end-delay', 'false-ends'] as const satisfies readonly Match[];

await runCommand(async () => {
  const { dataFolder, json } = readBenchOptions('bench:turns', process.argv.slice(2));
  const recordings = await scoreRecordings(await readLabelledFolder(dataFolder));
  if (!recordings.some(({ file }) => hasSpeech(file))) {
    throw new CommandError(`Cannot run on "${dataFolder}": no recording in it holds speech.`);
  }
  const edges = new Map(
    Object.entries(DETECTORS).map(([name, findTurns]) => [name, recordings.map(findTurns)]),
  );
  const { comparisons, settings } = matchPeers(recordings, edges);
  const result: TurnResult = {
    gapMs: GAP_MS,
    rows: rowsAt(GAP_MS, recordings, edges),
    otherGaps: Object.fromEntries(
      OTHER_GAPS_MS.map((gapMs) => [gapMs, rowsAt(gapMs, recordings, edges)]),
    ),
    settings,
    comparisons,
  };
  console.log(json ? JSON.stringify(result) : turnsReport(result));
});

type EdgesByDetector = ReadonlyMap<string, readonly TurnEdge[][]>;

function rowsAt(gapMs: number, recordings: readonly Recording[], edges: EdgesByDetector) {
  return Object.fromEntries(
    [...edges].map(([name, told]) => [name, turnRow(talliesAt(gapMs, recordings, told))]),
  );
}

function talliesAt(gapMs: number, recordings: readonly Recording[], edges: readonly TurnEdge[][]) {
  return recordings.map(({ file }, index) => judge(file, edges[index]!, gapMs / 1000));
}

/**
 * Adds this project's detector with settings that match each peer; they never saw the recordings they are judged on.
 * Adds nothing where one half of the recordings is without speech.
 */
function matchPeers(recordings: readonly Recording[], edges: Map<string, readonly TurnEdge[][]>) {
  const half = halves(recordings);
  const comparisons: Comparison[] = [];
  const settings: Record<string, CrossFit['settings']> = {};
  const withSpeech = new Set(half.filter((_, index) => hasSpeech(recordings[index]!.file)));
  if (withSpeech.size < 2) return { comparisons, settings };
  for (const hangover of HANGOVERS) {
    const candidates = runCandidates(recordings, GAP_MS / 1000, hangover);
    const own = hangover === 'constant' ? 'isochron' : `isochron-${hangover}`;
    for (const peer of MATCHED_PEERS) {
      const peers = talliesAt(GAP_MS, recordings, edges.get(peer)!);
      for (const match of MATCHES) {
        const name = `${own}-at-${peer}-${match}`;
        const fit = crossFit(candidates, peers, half, match);
        edges.set(name, fit.edges);
        settings[name] = fit.settings;
        const tallies = talliesAt(GAP_MS, recordings, fit.edges);
        comparisons.push(compare(peer, match, hangover, tallies, peers));
      }
    }
  }
  return { comparisons, settings };
}
