// `npm run bench:capacity`: what a frame of a conversation costs beside a bare echo, over TCP, and how late it comes.

import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { CommandError } from '../../client/node/command-error.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { requireCpuAccounting } from '../vad/process-cpu.ts';
import { capacityResult, reportAsText } from './capacity-report.ts';
import { type RoundResult, runRound } from './round.ts';
import { bundleIsochron } from './workers.ts';

const USAGE =
  'Usage: npm run bench:capacity -- [--conversations N] [--seconds N] [--rounds N] [--json]';

const VOICE = fileURLToPath(new URL('../../samples/conversation.wav', import.meta.url));

await runCommand(async (stop) => {
  const { json, rounds, conversations, seconds } = readOptions(process.argv.slice(2));
  requireCpuAccounting();
  const isochron = await bundleIsochron();
  const voice = await readCallerVoice(VOICE);
  const results: RoundResult[] = [];
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`Round ${round} of ${rounds} …\n`);
    const result = await runRound({ isochron, voice, conversations, seconds, stop });
    if (stop.aborted) return;
    results.push(result);
  }
  const result = capacityResult(conversations, seconds, results);
  console.log(json ? JSON.stringify(result) : reportAsText(result));
});

interface CapacityOptions {
  readonly json: boolean;
  readonly rounds: number;
  readonly conversations: number;
  readonly seconds: number;
}

function readOptions(args: string[]): CapacityOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        conversations: { type: 'string', default: '25' },
        seconds: { type: 'string', default: '20' },
        rounds: { type: 'string', default: '3' },
        json: { type: 'boolean', default: false },
      },
    });
    const { json, ...numbers } = values;
    const [rounds, conversations, seconds] = [
      wholeNumber('rounds', numbers.rounds),
      wholeNumber('conversations', numbers.conversations),
      wholeNumber('seconds', numbers.seconds),
    ];
    return { json, rounds, conversations, seconds };
  } catch (fault) {
    throw new CommandError(`${(fault as Error).message}\n${USAGE}`);
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new CommandError(`"--${option}" must be a whole number above 0, received "${text}".`);
}
