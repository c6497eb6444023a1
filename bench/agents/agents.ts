// Measures what agents and bridges add and lose: `npm run bench:agents [-- --only NAME … --calls N --minutes N --json]`.

import { parseArgs } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { showProgress } from '../accuracy/progress.ts';
import type { Adapter, Depth } from './adapter.ts';
import { type AgentRow, agentsReport, resultOf, rowOf } from './agents-report.ts';
import { geminiLive } from './gemini-live.ts';
import { openAiRealtime } from './openai-realtime.ts';
import { realtimeSfu } from './realtime-sfu.ts';
import { twilio } from './twilio.ts';
import { websocket } from './websocket.ts';
import { workersAi } from './workers-ai.ts';

const ADAPTERS: readonly Adapter[] = [
  websocket,
  openAiRealtime,
  geminiLive,
  workersAi,
  twilio,
  realtimeSfu,
];

await runCommand(async (stop) => {
  const { adapters, depth, json } = readOptions(process.argv.slice(2));
  const rows: Record<string, AgentRow> = {};
  for (const [done, adapter] of adapters.entries()) {
    if (stop.aborted) return;
    showProgress(`Measuring ${adapter.name}`, done, adapters.length);
    rows[adapter.name] = await rowOf(adapter, depth);
  }
  showProgress('', adapters.length, adapters.length);
  const result = resultOf(rows, depth);
  console.log(json ? JSON.stringify(result) : agentsReport(result));
  const complaints = Object.entries(rows).flatMap(([name, row]) =>
    row.complaints.map((sentence) => `${name}: ${sentence}`),
  );
  if (complaints.length > 0) throw new CommandError(complaints.join('\n'), 1);
});

function readOptions(args: string[]): {
  readonly adapters: readonly Adapter[];
  readonly depth: Depth;
  readonly json: boolean;
} {
  const usage = 'Usage: npm run bench:agents [-- --only NAME … --calls N --minutes N --json]';
  try {
    const { values } = parseArgs({
      args,
      options: {
        only: { type: 'string', multiple: true, default: [] },
        calls: { type: 'string', default: '20' },
        minutes: { type: 'string', default: '30' },
        json: { type: 'boolean', default: false },
      },
    });
    const names = ADAPTERS.map(({ name }) => name);
    const unknown = values.only.find((name) => !names.includes(name));
    if (unknown !== undefined) {
      throw new Error(`There is no "${unknown}"; --only takes ${names.join(', ')}`);
    }
    const { only, json } = values;
    return {
      adapters: ADAPTERS.filter(({ name }) => only.length === 0 || only.includes(name)),
      depth: {
        calls: wholeNumber('calls', values.calls),
        minutes: wholeNumber('minutes', values.minutes),
      },
      json,
    };
  } catch (fault) {
    throw new CommandError(`${(fault as Error).message}. ${usage}`, 2);
  }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`--${name} must be a whole number above 0`);
  }
  return value;
}
