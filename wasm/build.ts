// Builds the VAD kernel and takes libopus out of its package: `npm run build:wasm` writes wasm/build/, `npm run check:wasm` compares it.
//
// The same sources and packages give the same bytes on every run: no times, no paths. So the built
// files are kept in the repository, and the check is a fresh build that must not differ.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { INT16_MEMORY_PAGES, MEMORY_PAGES } from './assembly/layout.ts';
import { opusModule } from './opus.ts';
import { type LstmFormat, layOutWeights, MODEL, readModel } from './weights.ts';

type Files = ReadonlyMap<string, Uint8Array>;

const wasmDirectory = fileURLToPath(new URL('.', import.meta.url));
const buildDirectory = join(wasmDirectory, 'build');

/**
 * One source, four builds: the LSTM's matrices as floats or as 16-bit integers; with fused
 * multiply-adds ("relaxed"), or plain, with the same bits on every machine.
 */
const KERNELS = [
  { file: 'vad-f32.wasm', lstm: 'f32', features: ['simd', 'relaxed-simd'] },
  { file: 'vad-f32-plain.wasm', lstm: 'f32', features: ['simd'] },
  { file: 'vad-int16.wasm', lstm: 'int16', features: ['simd', 'relaxed-simd'] },
  { file: 'vad-int16-plain.wasm', lstm: 'int16', features: ['simd'] },
] as const;

async function compileKernel(
  file: string,
  lstm: LstmFormat,
  features: readonly string[],
): Promise<Uint8Array> {
  const pages = lstm === 'int16' ? INT16_MEMORY_PAGES : MEMORY_PAGES;
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      'assembly/index.ts',
      ...['--baseDir', wasmDirectory, '--outFile', file, '--runtime', 'stub', '-O3', '--noAssert'],
      ...['--initialMemory', `${pages}`, '--maximumMemory', `${pages}`],
      ...['--use', `INT16_LSTM=${lstm === 'int16' ? 1 : 0}`],
      ...features.flatMap((feature) => ['--enable', feature]),
    ],
    {
      writeFile: (name, contents) => {
        if (name === file && typeof contents !== 'string') binary = contents;
      },
    },
  );
  const messages = stderr.toString();
  if (error !== null || messages !== '' || binary === undefined) {
    throw new Error(`Cannot compile ${file}:\n${messages}${error?.message ?? ''}`);
  }
  return binary;
}

/** Everything that belongs into wasm/build/. */
async function build(): Promise<Files> {
  const files = new Map<string, Uint8Array>();
  for (const { file, lstm, features } of KERNELS) {
    files.set(file, await compileKernel(file, lstm, features));
  }
  const model = readModel();
  files.set('weights-f32.bin', layOutWeights(model, 'f32'));
  files.set('weights-int16.bin', layOutWeights(model, 'int16'));
  files.set('opus.wasm', await opusModule());
  files.set('manifest.json', new TextEncoder().encode(manifest(files)));
  return files;
}

/** Where the files come from and what they are. */
function manifest(files: Files): string {
  const entries = Array.from(
    files,
    ([name, bytes]) => [name, { bytes: bytes.length, sha256: sha256(bytes) }] as const,
  );
  return `${JSON.stringify({ model: MODEL, files: Object.fromEntries(entries) }, null, 2)}\n`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function write(files: Files): void {
  mkdirSync(buildDirectory, { recursive: true });
  for (const [name, bytes] of files) {
    writeFileSync(join(buildDirectory, name), bytes);
    console.log(`${name.padEnd(20)} ${`${bytes.length}`.padStart(7)} bytes  ${sha256(bytes)}`);
  }
}

/** One sentence for every file of wasm/build/ that a fresh build would change. */
function differences(files: Files): string[] {
  const kept = readdirSync(buildDirectory);
  const stale = kept
    .filter((name) => !files.has(name))
    .map((name) => `wasm/build/${name} is no product of this build.`);
  const changed = Array.from(files).flatMap(([name, bytes]) => {
    if (!kept.includes(name)) return [`wasm/build/${name} is missing.`];
    const difference = firstDifference(readFileSync(join(buildDirectory, name)), bytes);
    return difference === undefined
      ? []
      : [`wasm/build/${name} differs from a fresh build at byte ${difference}.`];
  });
  return [...stale, ...changed];
}

function firstDifference(kept: Uint8Array, fresh: Uint8Array): number | undefined {
  const length = Math.max(kept.length, fresh.length);
  for (let index = 0; index < length; index++) if (kept[index] !== fresh[index]) return index;
  return undefined;
}

async function main(): Promise<void> {
  const files = await build();
  if (!process.argv.includes('--check')) return write(files);
  const complaints = differences(files);
  if (complaints.length > 0)
    throw new Error(`${complaints.join('\n')}\nRun "npm run build:wasm" and commit the result.`);
  console.log(`wasm/build is what its sources build: ${Array.from(files.keys()).join(', ')}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
