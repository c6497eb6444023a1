// What `npm run bench:jitter` is told on its command line.

import { parseArgs } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';
import { TRACE_GENERATORS } from './trace-generators.ts';

const USAGE =
  'Usage: npm run bench:jitter -- [--traces all|NAME…|FILE…] [--seeds 101..105] [--minutes 10] [--plots DIR | --paced] [--json]';

/** The path of each generated trace, or of a file. */
export type TraceSource =
  | { readonly kind: 'generated'; readonly name: keyof typeof TRACE_GENERATORS }
  | { readonly kind: 'file'; readonly path: string };

/** What to run, and how to tell the result. */
export interface JitterOptions {
  readonly sources: readonly TraceSource[];
  readonly seeds: readonly number[];
  readonly minutes: number;
  readonly plotsFolder: string | null;
  readonly json: boolean;
}

const OPTIONS = {
  traces: { type: 'string', default: 'all', multiple: false },
  seeds: { type: 'string', default: '101..105' },
  minutes: { type: 'string', default: '10' },
  plots: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Throws CommandError with a sentence when the command line cannot be understood. Files may follow `--traces`. */
export function readJitterOptions(args: string[]): JitterOptions {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return {
      sources: [...values.traces.split(','), ...positionals].flatMap(traceSources),
      seeds: seedsOf(values.seeds),
      minutes: minutesOf(values.minutes),
      plotsFolder: values.plots ?? null,
      json: values.json,
    };
  } catch (fault) {
    throw new CommandError(`${(fault as Error).message}. ${USAGE}`, 2);
  }
}

function traceSources(text: string): TraceSource[] {
  const names = Object.keys(TRACE_GENERATORS) as (keyof typeof TRACE_GENERATORS)[];
  if (text === 'all') return names.map((name) => ({ kind: 'generated', name }));
  const name = names.find((known) => known === text);
  if (name !== undefined) return [{ kind: 'generated', name }];
  if (text.endsWith('.json')) return [{ kind: 'file', path: text }];
  throw new Error(
    `"traces" must be all, one of ${names.join(', ')}, or a JSON file, received ${text}`,
  );
}

function seedsOf(text: string): number[] {
  const [first, last = first] = text.split('..').map(Number) as [number, number?];
  if (!Number.isInteger(first) || !Number.isInteger(last) || last! < first || first < 0) {
    throw new Error(`"seeds" must be a whole number or a range like 101..105, received ${text}`);
  }
  return Array.from({ length: last! - first + 1 }, (_, index) => first + index);
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (!(minutes >= 1 && minutes <= 120)) {
    throw new Error(`"minutes" must be from 1 to 120, received ${text}`);
  }
  return minutes;
}
