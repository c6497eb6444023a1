// `npm run build:client`: the browser client into dist/client and assets/client, with its size; --types adds declarations.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleClient } from './client-bundle.ts';

/** What a page may have to fetch before it can talk, without codecs. */
const LIMIT_GZ_BYTES = 40 * 1024;

const HELP = `Bundles the browser client and the demo page.

  npm run build:client [-- options]

  --types              writes the declarations of the package, too
  --json               the last line is the sizes as JSON
  --help               this text`;

const { types, json, help } = readOptions();
if (help) {
  console.log(HELP);
} else {
  const size = await bundleClient();
  const { clientGzBytes } = size;
  console.log(
    `The browser client has ${clientGzBytes} bytes after gzip, ${LIMIT_GZ_BYTES} are allowed.`,
  );
  if (types && !declared()) process.exitCode = 1;
  if (clientGzBytes > LIMIT_GZ_BYTES) process.exitCode = 1;
  if (json) console.log(JSON.stringify(size));
}

function readOptions(): { types: boolean; json: boolean; help: boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ options: { types: flag, json: flag, help: flag } }).values;
  } catch (fault) {
    console.error(`${(fault as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** Whether the compiler could write the declarations. */
function declared(): boolean {
  const root = fileURLToPath(new URL('../', import.meta.url));
  const compiler = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
  const options = ['-p', 'client/browser', '--noEmit', 'false', '--emitDeclarationOnly'];
  const output = ['--declaration', '--rootDir', '.', '--outDir', 'dist/client/types'];
  const { status } = spawnSync(process.execPath, [compiler, ...options, ...output], {
    cwd: root,
    stdio: 'inherit',
  });
  return status === 0;
}
