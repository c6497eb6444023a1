// `npm run bench:jitter -- --paced`: the paced source on every trace, at three speeds of the agent.

import { CommandError } from '../../client/node/command-error.ts';
import { showProgress } from '../accuracy/progress.ts';
import { type Column, decimals, textTable } from '../accuracy/text-table.ts';
import { readJitterOptions, type TraceSource } from './jitter-options.ts';
import { AGENT_SPEEDS, type PacedRow, pacedRow } from './paced.ts';
import { readTraceFile } from './trace-file.ts';
import { TRACE_GENERATORS, type Trace } from './trace-generators.ts';

const FRAMES_PER_MINUTE = 3000;

/** Rows by the name of the trace and the speed of the agent, such as `lte` and `1.3`. */
type PacedResults = Record<string, Record<string, PacedRow>>;

/** Runs the benchmark; the arguments are those of `bench:jitter` with `--paced`. Throws CommandError. */
export async function pacedBench(args: readonly string[], stop: AbortSignal): Promise<void> {
  const { sources, seeds, minutes, plotsFolder, json } = readJitterOptions(
    args.filter((arg) => arg !== '--paced'),
  );
  if (plotsFolder !== null)
    throw new CommandError('The paced source has no plots: leave out --plots or --paced.', 2);
  const results: PacedResults = {};
  let done = 0;
  for (const source of sources) {
    const traces = await tracesOf(source, seeds, minutes * FRAMES_PER_MINUTE);
    const rows: Record<string, PacedRow> = {};
    for (const speed of AGENT_SPEEDS) {
      if (stop.aborted) return;
      showProgress('traces and speeds', done++, sources.length * AGENT_SPEEDS.length);
      rows[String(speed)] = await pacedRow(traces, speed);
    }
    results[traces[0]!.name] = rows;
  }
  showProgress('traces and speeds', done, done);
  console.log(json ? JSON.stringify(results) : table(results));
}

async function tracesOf(
  source: TraceSource,
  seeds: readonly number[],
  frames: number,
): Promise<readonly Trace[]> {
  if (source.kind === 'file') return [await readTraceFile(source.path)];
  return seeds.map((seed) => TRACE_GENERATORS[source.name](frames, seed));
}

interface NamedRow extends PacedRow {
  readonly trace: string;
  readonly speed: string;
}

const COLUMNS: readonly Column<NamedRow>[] = [
  ['trace', ({ trace }) => trace],
  ['agent', ({ speed }) => `${speed}x`],
  ['utterances', ({ utterances }) => String(utterances)],
  ['with gap %', ({ withGapPct }) => decimals(withGapPct, 2)],
  ['mean gap ms', ({ meanGapMs }) => decimals(meanGapMs, 0)],
  ['pause held %', ({ withHeldPausePct }) => decimals(withHeldPausePct, 2)],
  ['mean held ms', ({ meanHeldMs }) => decimals(meanHeldMs, 0)],
  ['start mean ms', ({ startDelayMeanMs }) => decimals(startDelayMeanMs, 1)],
  ['p95 ms', ({ startDelayP95Ms }) => decimals(startDelayP95Ms, 0)],
  ['inserted %', ({ insertedPct }) => decimals(insertedPct, 2)],
  ['slowest', ({ slowestRate }) => decimals(slowestRate, 3)],
];

function table(results: PacedResults): string {
  const rows = Object.entries(results).flatMap(([trace, speeds]) =>
    Object.entries(speeds).map(([speed, row]) => ({ trace, speed, ...row })),
  );
  return textTable(COLUMNS, rows);
}
