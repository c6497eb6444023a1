// `npm run bench:vad`: what a window costs in every build of the kernel, beside onnxruntime, in workerd and in Node.

import { parseArgs } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { kernelBuilds } from '../accuracy/kernel-builds.ts';
import { bundleGzBytes, defaultBuild } from './bundle.ts';
import { measureColdStart } from './cold-start.ts';
import { nodeContenders } from './node-contenders.ts';
import { measureParity, type Parity } from './parity.ts';
import { requireCpuAccounting } from './process-cpu.ts';
import { measureRounds, type Rounds } from './rounds.ts';
import { reportAsJson, reportAsText, type SpeedResult } from './speed-report.ts';
import { spreadOf } from './spread.ts';
import { testAudio } from './test-audio.ts';
import { WorkerdContenders } from './workerd-contenders.ts';

const USAGE = 'Usage: npm run bench:vad -- [--json] [--rounds N]';
/**
 * New workerd processes, and how many rounds in each: how fast onnxruntime-web is differs by a quarter from process to
 * process, and then stays so.
 */
const PROCESSES = 7;
const DEFAULT_ROUNDS = 8;
const COLD_START_PAIRS = 11;

await runCommand(async (stop) => {
  const { json, rounds } = readOptions(process.argv.slice(2));
  requireCpuAccounting();
  const result = await measure(rounds, stop);
  if (stop.aborted) return;
  console.log(json ? reportAsJson(result) : reportAsText(result));
});

async function measure(roundsEach: number, stop: AbortSignal): Promise<SpeedResult> {
  const builds = kernelBuilds();
  const streams = await testAudio();
  const audio = streams[0]!;
  const inNode = await nodeContenders(audio);
  const rounds: Rounds = new Map();
  let parity: ReadonlyMap<string, Parity> = new Map();
  for (let process = 0; process < PROCESSES && !stop.aborted; process++) {
    const workerd = await WorkerdContenders.start();
    try {
      if (process === 0) parity = await measureParity(workerd, builds, streams);
      await workerd.hear(audio);
      await measureRounds([...workerd.contenders(), ...inNode], roundsEach, rounds, stop);
    } finally {
      await workerd.stop();
    }
  }
  return {
    builds,
    defaultBuild: defaultBuild(),
    processes: PROCESSES,
    cpuUs: new Map(Array.from(rounds, ([name, values]) => [name, spreadOf(values)])),
    parity,
    coldStart: await measureColdStart(defaultBuild(), COLD_START_PAIRS),
    bundleGzBytes: await bundleGzBytes(),
  };
}

function readOptions(args: string[]): { json: boolean; rounds: number } {
  try {
    const { values } = parseArgs({
      args,
      options: {
        json: { type: 'boolean', default: false },
        rounds: { type: 'string', default: `${DEFAULT_ROUNDS}` },
      },
    });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) {
      throw new Error(`"rounds" must be a whole number from 1, received ${values.rounds}`);
    }
    return { json: values.json, rounds };
  } catch (fault) {
    throw new CommandError(`${(fault as Error).message}. ${USAGE}`, 2);
  }
}
