// `npm run bench:observers`: what looking on costs a conversation, in CPU of the service, with 0, 1 and 3 observers of each call.

import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readCallerVoice } from '../../client/node/caller-voice.ts';
import { holdConversation } from '../../client/node/conversation-client.ts';
import { runCommand } from '../../client/node/run-command.ts';
import { usageError } from '../../client/node/usage-error.ts';
import {
  OBSERVE_SUBPROTOCOL,
  SEEN_EVERY,
  SEEN_MESSAGE,
} from '../../core/observation/observed-line.ts';
import { ObjectServer, type ObjectWorker } from '../capacity/object-server.ts';
import { API_KEY, bundleIsochron } from '../capacity/workers.ts';
import { requireCpuAccounting } from '../vad/process-cpu.ts';

const HELP = `Measures what observers cost.

  npm run bench:observers [-- options]

  --conversations N    calls with the parrot at a time (default: 10)
  --seconds N          how long each count of observers is measured (default: 20)
  --rounds N           (default: 3)
  --json               the last line is the result as JSON
  --help               this text`;

const VOICE = fileURLToPath(new URL('../../samples/conversation.wav', import.meta.url));
const OBSERVERS = [0, 1, 3] as const;
/** Connections, compiled code and the first turns are not measured. */
const WARM_UP_MS = 4000;

interface Round {
  readonly observers: number;
  /** CPU of the service for a second of a call. */
  readonly cpuMsPerSecond: number;
  readonly underruns: number;
}

await runCommand(async (stop) => {
  const { conversations, seconds, rounds, json, help } = readOptions();
  if (help) return console.log(HELP);
  requireCpuAccounting();
  const worker = await bundleIsochron();
  const voice = await readCallerVoice(VOICE);
  const results: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const observers of OBSERVERS) {
      process.stderr.write(`Round ${round} of ${rounds}, ${observers} observers …\n`);
      results.push(await measure({ worker, voice, conversations, seconds, observers, stop }));
      if (stop.aborted) return;
    }
  }
  const table = OBSERVERS.map((observers) => summaryOf(observers, results));
  for (const { observers, cpuMsPerSecond, extraPercent, underruns } of table) {
    console.log(
      `${observers} observers: ${cpuMsPerSecond.toFixed(2)} ms of CPU for a second of a call (${extraPercent.toFixed(1)} % more than with none), ${underruns} underruns`,
    );
  }
  if (json) console.log(JSON.stringify({ conversations, seconds, rounds, observers: table }));
});

interface MeasureOptions {
  readonly worker: ObjectWorker;
  readonly voice: Int16Array;
  readonly conversations: number;
  readonly seconds: number;
  readonly observers: number;
  readonly stop: AbortSignal;
}

async function measure(options: MeasureOptions): Promise<Round> {
  const { worker, conversations, seconds, observers } = options;
  const service = await ObjectServer.start(worker);
  try {
    const calls = Array.from({ length: conversations }, () => call(service, options));
    await pause(WARM_UP_MS);
    const before = { us: service.cpuUs, ms: performance.now() };
    await pause(1000 * seconds);
    const callSeconds = (conversations * (performance.now() - before.ms)) / 1000;
    const cpuMsPerSecond = (service.cpuUs - before.us) / 1000 / callSeconds;
    const underruns = await Promise.all(calls);
    return { observers, cpuMsPerSecond, underruns: underruns.reduce((sum, each) => sum + each) };
  } finally {
    await service.stop();
  }
}

/** One call with its observers; resolves to its underruns. */
async function call(
  service: ObjectServer,
  { voice, seconds, observers, stop }: MeasureOptions,
): Promise<number> {
  const { summary } = await holdConversation(
    { url: service.url, apiKey: API_KEY },
    {
      voice,
      conversation: {},
      maximumMs: WARM_UP_MS + 1000 * seconds + 500,
      stop,
      onInvited: async ({ conversation, token }) => {
        // Once the conversation has begun.
        setTimeout(() => {
          for (let each = 0; each < observers; each++) lookOn(service.url, conversation, token);
        }, WARM_UP_MS / 2);
      },
    },
  );
  return summary.underruns;
}

function lookOn(service: URL, conversation: string, token: string): void {
  const url = new URL(`/v1/conversations/${conversation}/observe`, service);
  url.protocol = 'ws:';
  const socket = new WebSocket(url.href, [OBSERVE_SUBPROTOCOL, `bearer.${token}`]);
  let messages = 0;
  socket.addEventListener('message', () => {
    messages++;
    if (messages % SEEN_EVERY === 0) socket.send(SEEN_MESSAGE);
  });
  socket.addEventListener('error', () => socket.close());
}

function summaryOf(observers: number, results: readonly Round[]) {
  const median = (count: number): number => {
    const values = results.filter((each) => each.observers === count);
    const sorted = values.map(({ cpuMsPerSecond }) => cpuMsPerSecond).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  const cpuMsPerSecond = median(observers);
  const underruns = results
    .filter((each) => each.observers === observers)
    .reduce((sum, each) => sum + each.underruns, 0);
  return {
    observers,
    cpuMsPerSecond,
    extraPercent: 100 * (cpuMsPerSecond / median(0) - 1),
    underruns,
  };
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        conversations: { type: 'string', default: '10' },
        seconds: { type: 'string', default: '20' },
        rounds: { type: 'string', default: '3' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const [conversations, seconds, rounds] = [
      wholeNumber('conversations', values.conversations),
      wholeNumber('seconds', values.seconds),
      wholeNumber('rounds', values.rounds),
    ];
    return { conversations, seconds, rounds, json: values.json, help: values.help };
  } catch (fault) {
    throw usageError(fault);
  }
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`"--${option}" must be a whole number above 0, received "${text}"`);
}
