// `npm start`: runs the service with wrangler dev on a loopback port, and says what to do with it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CommandError } from './command-error.ts';
import { runCommand } from './run-command.ts';
import { usageError } from './usage-error.ts';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 8787;
/** Ports tried from the default on, when none was asked for. */
const PORTS_TRIED = 20;

const HELP = `Runs the service on this machine, with wrangler dev.

  npm start [-- --port N]

  --port N             the port (default: ${DEFAULT_PORT}, or the next one that is free)
  --help               this text`;

await runCommand(async (stop) => {
  const { port: wanted, help } = readOptions(process.argv.slice(2));
  if (help) return console.log(HELP);
  const port = await findPort(wanted);
  const url = `http://${HOST}:${port}`;
  // Ctrl-C reaches wrangler as well, which then ends by itself.
  const wrangler = spawn(
    process.execPath,
    [
      wranglerProgram(),
      'dev',
      '--ip',
      HOST,
      '--port',
      String(port),
      '--show-interactive-dev-session=false',
      // The failures of the page's panel; with a secret they stay off.
      '--var',
      'ISOCHRON_DEVELOPMENT:1',
    ],
    {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  const ended = once(wrangler, 'exit');
  stop.addEventListener('abort', () => wrangler.kill('SIGTERM'));
  const isUp = await Promise.race([untilHealthy(url), ended.then(() => false)]);
  if (isUp) console.log(guidance(url, port));
  const [exitCode] = await ended;
  if (!stop.aborted && exitCode !== 0)
    throw new CommandError(`wrangler dev ended with code ${exitCode}.`);
});

function guidance(url: string, port: number): string {
  const option = port === DEFAULT_PORT ? '' : ` -- --url ${url}`;
  return `
  Isochron listens at ${url}, for this machine only.

    see it work        open ${url} in a browser, and press "Talk"
    talk with it       npm run talk${option}          (in another terminal; --help tells more)
    look at it         curl ${url}/healthz
    stop it            Ctrl-C
`;
}

function readOptions(args: string[]): { port: number | undefined; help: boolean } {
  try {
    const { values } = parseArgs({
      args,
      options: { port: { type: 'string' }, help: { type: 'boolean', default: false } },
    });
    if (values.port === undefined) return { port: undefined, help: values.help };
    const port = Number(values.port);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return { port, help: values.help };
    throw new Error(`"--port" must be a whole number from 1 to 65535, received "${values.port}"`);
  } catch (fault) {
    throw usageError(fault);
  }
}

async function findPort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined) {
    if (await isFree(wanted)) return wanted;
    throw new CommandError(`Port ${wanted} is in use. Choose another with --port.`);
  }
  for (let port = DEFAULT_PORT; port < DEFAULT_PORT + PORTS_TRIED; port++) {
    if (await isFree(port)) return port;
  }
  throw new CommandError(`No port from ${DEFAULT_PORT} on is free. Choose one with --port.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, HOST), 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Resolves to true as soon as the service answers. */
async function untilHealthy(url: string): Promise<boolean> {
  for (;;) {
    const response = await fetch(`${url}/healthz`).catch(() => null);
    if (response?.ok) return true;
    await pause(200, undefined, { ref: false });
  }
}

function wranglerProgram(): string {
  return join(
    dirname(fileURLToPath(import.meta.resolve('wrangler/package.json'))),
    'bin/wrangler.js',
  );
}
