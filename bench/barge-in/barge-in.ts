// Measures barge-in from the microphone to the speaker: `npm run bench:barge-in [-- --noise DIR --minutes N --json]`.

import { parseArgs } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { madeNoises, readNoises } from './noises.ts';
import { type BargeInResult, bargeInReport } from './report.ts';
import { assent, confirmedToSilent, echo, interruptions, type Link, noise } from './scenes.ts';
import { readVoices } from './voices.ts';

const LINKS: readonly Link[] = [
  { name: 'loopback', delayMs: 0, downKbitPerSecond: 0 },
  { name: 'rtt40', delayMs: 20, downKbitPerSecond: 0 },
  { name: 'rtt80-512kbit', delayMs: 40, downKbitPerSecond: 512 },
];

const ECHO_TRIALS_EACH = 2;

await runCommand(async () => {
  const { folders, minutes, json } = readOptions(process.argv.slice(2));
  const voices = await readVoices();
  const noises = folders.length > 0 ? await readNoises(folders) : madeNoises();
  const result: BargeInResult = {
    interruptions: Object.fromEntries(
      LINKS.map((link) => [link.name, interruptions(voices, link)]),
    ),
    confirmedToSilent: Object.fromEntries(
      LINKS.map((link) => [link.name, confirmedToSilent(voices, link)]),
    ),
    noise: { set: folders.length > 0 ? folders : ['made'], ...noise(voices, noises) },
    mmHm: assent(voices),
    echo: echo(voices, minutes, ECHO_TRIALS_EACH),
  };
  console.log(json ? JSON.stringify(result) : bargeInReport(result));
});

function readOptions(args: string[]) {
  const usage = 'Usage: npm run bench:barge-in [-- --noise DIR … --minutes N --json]';
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        noise: { type: 'string', multiple: true, default: [] },
        minutes: { type: 'string', default: '30' },
        json: { type: 'boolean', default: false },
      },
    });
    const minutes = Number(values.minutes);
    if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');
    if (positionals.length > 0 && values.noise.length === 0)
      throw new Error(`"${positionals[0]}" was not expected`);
    return { folders: [...values.noise, ...positionals], minutes, json: values.json };
  } catch (fault) {
    throw new CommandError(`${(fault as Error).message}. ${usage}`, 2);
  }
}
