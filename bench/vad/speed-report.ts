// What `bench:vad` found, as a table for people and as JSON for programs.

import { decimals, textTable } from '../accuracy/text-table.ts';
import type { ColdStart } from './cold-start.ts';
import { PEAK_TURN_MULTIPLY_ADDS } from './multiply-add-peak.ts';
import type { Parity } from './parity.ts';
import { type Spread, spreadOf, spreadOfPairs } from './spread.ts';

/** The network's multiply-adds for a window, whatever a build makes of them. */
const WINDOW_MULTIPLY_ADDS = 353_664;

/** Everything that was measured; CPU in µs per window (per turn of the loop for 'peak'), by contender. */
export interface SpeedResult {
  readonly builds: readonly string[];
  readonly defaultBuild: string;
  readonly processes: number;
  readonly cpuUs: ReadonlyMap<string, Spread>;
  readonly parity: ReadonlyMap<string, Parity>;
  readonly coldStart: ColdStart;
  readonly bundleGzBytes: number;
}

/** A build beside its peers; ratios say how many times faster it is, as medians of the rounds' pairs. */
interface BuildRow {
  readonly build: string;
  readonly usWorkerd: Spread;
  readonly usNode: Spread;
  readonly ratioOrtWebWorkerd: Spread;
  readonly ratioOrtWebNode: Spread;
  /** Null where onnxruntime-node is not installed. */
  readonly ratioOrtNode: Spread | null;
  readonly fmaPeakShare: Spread;
  readonly parity: Parity;
}

/** One object: `builds`, `default`, `coldStartMs`, `bundleGzBytes` and what else there is. */
export function reportAsJson(result: SpeedResult): string {
  const builds = buildRows(result).map((row) => [
    row.build.replaceAll('-', ''),
    {
      usWorkerd: row.usWorkerd.median,
      ratioOrtWebWorkerd: row.ratioOrtWebWorkerd.median,
      ratioOrtWebNode: row.ratioOrtWebNode.median,
      ratioOrtNode: row.ratioOrtNode?.median ?? null,
      fmaPeakShare: row.fmaPeakShare.median,
      parityMaxAbs: row.parity.maxAbs,
      flips: row.parity.flips,
    },
  ]);
  return JSON.stringify({
    builds: Object.fromEntries(builds),
    default: result.defaultBuild.replaceAll('-', ''),
    coldStartMs: result.coldStart.wall.median,
    coldStartCpuMs: result.coldStart.cpu.median,
    bundleGzBytes: result.bundleGzBytes,
    energy: { usWorkerd: cpuOf(result, 'energy').median, ratioDefault: energyRatio(result).median },
    rounds: cpuOf(result, 'peak').values.length,
  });
}

export function reportAsText(result: SpeedResult): string {
  const rows = buildRows(result);
  const { windows } = rows[0]!.parity;
  const table = textTable<BuildRow>(
    [
      ['build', ({ build }) => (build === result.defaultBuild ? `${build} (default)` : build)],
      ['µs in workerd', ({ usWorkerd }) => range(usWorkerd, 1)],
      ['× ort-web, workerd', ({ ratioOrtWebWorkerd }) => range(ratioOrtWebWorkerd, 1)],
      ['of FMA peak', ({ fmaPeakShare }) => range(fmaPeakShare, 2)],
      ['µs in Node', ({ usNode }) => range(usNode, 1)],
      ['× ort-web, Node', ({ ratioOrtWebNode }) => range(ratioOrtWebNode, 1)],
      ['× ort-node', ({ ratioOrtNode }) => (ratioOrtNode === null ? '–' : range(ratioOrtNode, 1))],
      ['max. error', ({ parity }) => parity.maxAbs.toExponential(1)],
      ['flips', ({ parity }) => `${parity.flips}`],
    ],
    rows,
  );
  const peak = spreadOf(cpuOf(result, 'peak').values.map((us) => PEAK_TURN_MULTIPLY_ADDS / us));
  return [
    `CPU of a window of 32 ms: median of ${cpuOf(result, 'peak').values.length} rounds in ${result.processes} processes (quartiles)`,
    table,
    `onnxruntime-web: ${range(cpuOf(result, 'onnxruntime-web'), 0)} µs in workerd, ${range(cpuOf(result, 'node:onnxruntime-web'), 0)} in Node`,
    nativeLine(result),
    `FMA peak in workerd: ${range(peak, 0)} million multiply-adds a second`,
    `Energy scorer: ${range(cpuOf(result, 'energy'), 2)} µs, ${range(energyRatio(result), 0)} times cheaper than ${result.defaultBuild}`,
    `Cold start to the first score, over an empty Worker: ${range(result.coldStart.wall, 1)} ms, of CPU ${range(result.coldStart.cpu, 1)}`,
    `Session Worker: ${decimals(result.bundleGzBytes / 1e6, 2)} MB compressed`,
    `Errors and flips are against onnxruntime-web in workerd, over ${windows} windows.`,
  ].join('\n');
}

function buildRows(result: SpeedResult): BuildRow[] {
  const native = result.cpuUs.get('node:onnxruntime-node');
  const peakUs = cpuOf(result, 'peak');
  return result.builds.map((build) => {
    const usWorkerd = cpuOf(result, build);
    const usNode = cpuOf(result, `node:${build}`);
    const atPeak = spreadOf(
      peakUs.values.map((us) => (us / PEAK_TURN_MULTIPLY_ADDS) * WINDOW_MULTIPLY_ADDS),
    );
    return {
      build,
      usWorkerd,
      usNode,
      ratioOrtWebWorkerd: spreadOfPairs(cpuOf(result, 'onnxruntime-web'), usWorkerd),
      ratioOrtWebNode: spreadOfPairs(cpuOf(result, 'node:onnxruntime-web'), usNode),
      ratioOrtNode: native === undefined ? null : spreadOfPairs(native, usNode),
      fmaPeakShare: spreadOfPairs(atPeak, usWorkerd),
      parity: result.parity.get(build)!,
    };
  });
}

function energyRatio(result: SpeedResult): Spread {
  return spreadOfPairs(cpuOf(result, result.defaultBuild), cpuOf(result, 'energy'));
}

function nativeLine(result: SpeedResult): string {
  const native = result.cpuUs.get('node:onnxruntime-node');
  if (native !== undefined) return `onnxruntime-node: ${range(native, 0)} µs`;
  return 'onnxruntime-node is not installed with its binaries, so there is no comparison with it.';
}

function cpuOf(result: SpeedResult, name: string): Spread {
  return result.cpuUs.get(name)!;
}

function range({ median, lowerQuartile, upperQuartile }: Spread, digits: number): string {
  const [middle, from, to] = [median, lowerQuartile, upperQuartile].map((value) =>
    decimals(value, digits),
  );
  return `${middle} (${from}–${to})`;
}
