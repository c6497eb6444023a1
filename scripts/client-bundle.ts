// Bundles the browser client, and the demo page on top of it, into files that a browser can load as they are.

import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** The package's own files. */
const PACKAGE_FOLDER = join(ROOT, 'dist/client');

/** The same files and the page's program, where the service serves them: /client/…. */
const SERVED_FOLDER = join(ROOT, 'assets/client');

/** The module that a page imports, and what that loads by itself: each one file without imports. */
const MODULE = 'index';
const LOADED = ['capture-worklet', 'playback-worklet', 'transport-worker'] as const;

const PAGE = join(ROOT, 'client/page/main.ts');

/** Oldest browsers that have everything it needs: Promise.withResolvers came last. */
const TARGET = ['chrome119', 'firefox121', 'safari17.4'];

const COMMON = {
  bundle: true,
  minify: true,
  target: TARGET,
  legalComments: 'none',
  logLevel: 'warning',
} as const;

/** Size of the client as a browser fetches it, without codecs. */
export interface ClientSize {
  /** Bytes of each file after gzip, by name. */
  readonly gzBytes: Readonly<Record<string, number>>;
  readonly clientGzBytes: number;
}

/** Writes dist/client and assets/client. Throws when a source cannot be compiled. */
export async function bundleClient(): Promise<ClientSize> {
  const source = (name: string) => join(ROOT, 'client/browser', `${name}.ts`);
  await mkdir(SERVED_FOLDER, { recursive: true });
  await Promise.all([
    build({ ...COMMON, entryPoints: [source(MODULE)], format: 'esm', outdir: PACKAGE_FOLDER }),
    build({ ...COMMON, entryPoints: LOADED.map(source), format: 'iife', outdir: PACKAGE_FOLDER }),
    ...(existsSync(PAGE)
      ? [build({ ...COMMON, entryPoints: { page: PAGE }, format: 'esm', outdir: SERVED_FOLDER })]
      : []),
  ]);
  const files = [MODULE, ...LOADED].map((name) => `${name}.js`);
  const gzBytes: Record<string, number> = {};
  for (const file of files) {
    await copyFile(join(PACKAGE_FOLDER, file), join(SERVED_FOLDER, file));
    gzBytes[file] = gzipSync(await readFile(join(PACKAGE_FOLDER, file)), { level: 9 }).length;
  }
  const clientGzBytes = Object.values(gzBytes).reduce((sum, bytes) => sum + bytes);
  return { gzBytes, clientGzBytes };
}
