// How often a law is tried: as written in `npm test`, many times as often in `npm run test:long`.

const FACTOR = Number(process.env['ISOCHRON_RUNS_FACTOR'] ?? 1);

/** Runs of a property whose short run has this many. */
export function runs(short: number): number {
  return short * FACTOR;
}
