// The session Worker as it would be uploaded.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';

/** Its compressed size, of which wrangler tells hundredths of KiB. Throws CommandError when the Worker cannot be built. */
export async function bundleGzBytes(): Promise<number> {
  const command = ['run', '--silent', 'deploy:dry-run'];
  let output: string;
  try {
    output = (await promisify(execFile)('npm', command)).stdout;
  } catch (fault) {
    throw new CommandError(`Cannot bundle the Worker: ${(fault as Error).message}`);
  }
  const kibibytes = /gzip: ([\d.]+) KiB/.exec(output)?.[1];
  if (kibibytes === undefined) throw new CommandError(`Cannot read wrangler's answer: ${output}`);
  return Math.round(Number(kibibytes) * 1024);
}

/** The build that the session Worker imports. */
export function defaultBuild(): string {
  const path = new URL('../../durable-objects/runtime/vad-module.ts', import.meta.url);
  const imported = /wasm\/build\/vad-(.+)\.wasm/.exec(readFileSync(path, 'utf8'))?.[1];
  if (imported === undefined) throw new Error(`There is no import of a kernel in ${path}.`);
  return imported;
}
