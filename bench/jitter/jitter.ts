// `npm run bench:jitter`: delay and concealment of the isochronous exit on network traces, beside NetEQ and bounds.

import { CommandError } from '../../client/node/command-error.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { showProgress } from '../accuracy/progress.ts';
import { type JitterOptions, readJitterOptions, type TraceSource } from './jitter-options.ts';
import { writePlots } from './jitter-plots.ts';
import { reportAsJson, reportAsText, type TraceResult } from './jitter-report.ts';
import { meanRow, rowOf } from './jitter-row.ts';
import { pacedBench } from './paced-bench.ts';
import { measurePlayoutCosts } from './playout-cost.ts';
import { measureRecoveries } from './recovery.ts';
import { bestFixedDelayMs, cursorPlayer, leastSpurtDelayMs } from './references.ts';
import { type SpeechLoop, storyLoop } from './speech-loop.ts';
import { readTraceFile } from './trace-file.ts';
import { TRACE_GENERATORS, type Trace } from './trace-generators.ts';
import { runTrace, type TraceRun } from './trace-run.ts';

/** The pulls' offsets over which every number is a mean. */
const PHASES_MS = [0, 3, 5, 9];

const START_MS = 10_000;

/** The start happens once in a trace: of generated ones it is a mean over so many seeds, as NetEQ's is. */
const START_SEEDS = 20;
const START_FRAMES = 800;

const FRAMES_PER_MINUTE = 3000;

await runCommand(async (stop) => {
  const args = process.argv.slice(2);
  if (args.includes('--paced')) return pacedBench(args, stop);
  const options = readJitterOptions(args);
  const speech = await storyLoop();
  const results: TraceResult[] = [];
  for (const source of options.sources) {
    const traces = await tracesOf(source, options);
    const starts = startsOf(source, options, traces);
    const measured = measure(traces, starts, speech, stop);
    if (stop.aborted) return;
    results.push(measured.result);
    if (options.plotsFolder !== null) await writePlots(options.plotsFolder, measured);
  }
  showProgress('one stall', 0, 1);
  const recoveries = measureRecoveries(speech);
  showProgress('one stall', 1, 1);
  const report = { results, recoveries, costs: await measurePlayoutCosts(speech) };
  console.log(options.json ? reportAsJson(report) : reportAsText(report));
});

async function tracesOf(source: TraceSource, options: JitterOptions): Promise<readonly Trace[]> {
  if (source.kind === 'file') return [await readTraceFile(source.path)];
  const frames = options.minutes * FRAMES_PER_MINUTE;
  return options.seeds.map((seed) => TRACE_GENERATORS[source.name](frames, seed));
}

function startsOf(
  source: TraceSource,
  { seeds }: JitterOptions,
  traces: readonly Trace[],
): readonly Trace[] {
  if (source.kind === 'file') return traces;
  return Array.from({ length: START_SEEDS }, (_, index) =>
    TRACE_GENERATORS[source.name](START_FRAMES, seeds[0]! + index),
  );
}

function measure(
  traces: readonly Trace[],
  starts: readonly Trace[],
  speech: SpeechLoop,
  stop: AbortSignal,
): { result: TraceResult; example: TraceRun } {
  const { name } = traces[0]!;
  const all = traces.length * PHASES_MS.length;
  const rows = [];
  let example: TraceRun | null = null;
  for (const trace of traces) {
    for (const phaseMs of PHASES_MS) {
      showProgress(name, rows.length, all);
      if (stop.aborted) break;
      const run = runTrace({ trace, speech, phaseMs });
      example ??= run;
      rows.push(rowOf(run, START_MS));
    }
  }
  showProgress(name, all, all);
  if (example === null) throw new CommandError('Interrupted before anything was measured.');
  const row = meanRow(rows);
  const meanOver = (value: (trace: Trace) => number): number =>
    traces.reduce((sum, trace) => sum + value(trace), 0) / traces.length;
  return {
    example,
    result: {
      name,
      row,
      start: meanRow(
        starts.flatMap((trace) =>
          PHASES_MS.map((phaseMs) => rowOf(runTrace({ trace, speech, phaseMs }), 0, START_MS)),
        ),
      ),
      bestFixedMs: meanOver((trace) => bestFixedDelayMs(trace, row.concealedPct)),
      leastSpurtMs: meanOver((trace) => leastSpurtDelayMs(trace, speech, row.concealedPct)),
      cursorMeanMs: meanOver((trace) => cursorPlayer(trace).meanMs),
      cursorInterruptionsPerMin: meanOver((trace) => cursorPlayer(trace).interruptionsPerMin),
    },
  };
}
