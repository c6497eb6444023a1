// `npm run chaos`: real conversations over TCP while everything fails, and a verdict on each of them.

import { CommandError } from '../client/node/command-error.ts';
import { runCommand } from '../client/node/run-command.ts';
import { type ChaosOptions, readOptions, USAGE } from './chaos-options.ts';
import { type Bundle, bundleService, patched } from './chaotic-service.ts';
import { holdReferences } from './references.ts';
import { failureAsText, isClean, reportAsText, resultOf } from './report.ts';
import { runChaos } from './run.ts';
import { runSabotages, type SabotageResult } from './sabotage-run.ts';
import { SABOTAGES } from './sabotages.ts';
import { readScenes } from './scene.ts';
import type { Tally } from './tally.ts';

/** Mean times between two faults of one conversation, and between two of the whole service. */
const FAULT_INTERVAL_MS = 2500;
const SERVICE_FAULT_INTERVAL_MS = 7000;

/** Where nothing can be rewritten, a line this often shows that the run goes on. */
const PLAIN_INTERVAL_S = 10;

await runCommand(async (stop) => {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    console.log(USAGE);
    return;
  }
  process.stderr.write('Building the service …\n');
  const bundle = await bundleService();
  const results = options.sabotage === 'none' ? null : await sabotage(bundle, options.seed, stop);
  if (stop.aborted) return;
  if (options.sabotage === 'only') {
    if (options.json) console.log(JSON.stringify(summaryOf(options.seed, results!)));
  } else await chaos(bundle, options, results, stop);
  if (results !== null && !isTellingApart(results)) {
    throw new CommandError('The harness does not tell a sabotaged service from one that is not.');
  }
});

/** The results with the sabotaged services, of which the first is the one that nobody sabotaged. */
async function sabotage(
  bundle: Bundle,
  seed: number,
  stop: AbortSignal,
): Promise<readonly SabotageResult[]> {
  for (const { patches } of SABOTAGES) patched(bundle, patches);
  process.stderr.write('Holding an uninterrupted conversation …\n');
  const references = await holdReferences(bundle, await readScenes(['brief']), stop);
  process.stderr.write('Holding conversations with each sabotaged service …\n');
  const results = await runSabotages(bundle, references, seed, stop, (name) =>
    process.stderr.write(`Done: ${name}.\n`),
  );
  for (const { name, isCaught, faults } of results) {
    process.stderr.write(
      `${name.padEnd(20)} ${isCaught ? 'caught' : 'not caught'}  ${faults.join(' ')}\n`,
    );
  }
  return results;
}

function summaryOf(seed: number, results: readonly SabotageResult[]) {
  const sabotaged = results.slice(1);
  const sabotagesCaught = sabotaged.filter(({ isCaught }) => isCaught).length;
  return { seed, sabotages: sabotaged.length, sabotagesCaught, results };
}

function isTellingApart([control, ...sabotaged]: readonly SabotageResult[]): boolean {
  return !control!.isCaught && sabotaged.every(({ isCaught }) => isCaught);
}

async function chaos(
  bundle: Bundle,
  options: ChaosOptions,
  sabotaged: readonly SabotageResult[] | null,
  stop: AbortSignal,
): Promise<void> {
  const { minutes, seed, lanes, only, scenes, json } = options;
  process.stderr.write('Holding an uninterrupted conversation of each kind …\n');
  const references = await holdReferences(bundle, await readScenes(scenes), stop);
  const tally = await runChaos({
    bundle,
    references,
    durationMs: minutes * 60_000,
    lanes,
    seed,
    kinds: only,
    faultIntervalMs: FAULT_INTERVAL_MS,
    serviceFaultIntervalMs: SERVICE_FAULT_INTERVAL_MS,
    stop,
    onProgress: showProgress,
    onFailure: (failure) => process.stderr.write(`\n${failureAsText(failure).join('\n')}\n`),
  });
  if (stop.aborted) return;
  const result = resultOf({ seed, minutes }, tally, references, sabotaged?.slice(1) ?? null);
  process.stderr.write(`${reportAsText(result)}\n`);
  if (json) console.log(JSON.stringify(result));
  if (!isClean(result)) throw new CommandError('What was promised was not kept.');
}

function showProgress(tally: Tally, elapsedMs: number): void {
  const elapsedS = Math.round(elapsedMs / 1000);
  const text = `${elapsedS} s: ${tally.eventCount} faults, ${tally.sums.conversations} conversations judged, ${tally.failures.length} found wanting`;
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`);
  else if (elapsedS % PLAIN_INTERVAL_S === 0) process.stderr.write(`${text}\n`);
}
