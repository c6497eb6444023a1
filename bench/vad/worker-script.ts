// A Worker made of this repository's own files, for workerd to run as they are, without a bundler.

import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, normalize } from 'node:path';

/** A module of a Worker. `esModule` is source text. */
export interface WorkerModule {
  readonly name: string;
  readonly kind: 'esModule' | 'wasm' | 'data';
  readonly content: string | Uint8Array;
}

const ROOT = new URL('../../', import.meta.url);

/** Relative imports, of which type stripping has left those of values. */
const IMPORT = /\bfrom '(\.[^']+\.ts)'/g;

/**
 * The Worker whose entry is `make(assets)`: `make` is exported by the source file, a path from the repository's root,
 * and gets every asset's default export under the asset's name. The entry is the first module.
 */
export function workerScript(
  source: string,
  make: string,
  assets: readonly WorkerModule[],
): WorkerModule[] {
  const directory = dirname(source);
  const imports = assets.map(({ name }, index) => `import asset${index} from '/${name}';`);
  const entries = assets.map(({ name }, index) => `${JSON.stringify(name)}: asset${index}`);
  const entry = [
    `import { ${make} } from '/${source}';`,
    ...imports,
    `export default ${make}({ ${entries.join(', ')} });`,
  ].join('\n');
  const sources = new Map<string, WorkerModule>();
  addSource(source, sources);
  return [
    { name: `${directory}/entry.js`, kind: 'esModule', content: entry },
    ...sources.values(),
    ...assets,
  ];
}

/** Adds a source file, without its types, and all that it imports. */
function addSource(path: string, sources: Map<string, WorkerModule>): void {
  if (sources.has(path)) return;
  const content = stripTypeScriptTypes(readFileSync(new URL(path, ROOT), 'utf8'));
  sources.set(path, { name: path, kind: 'esModule', content });
  for (const [, specifier] of content.matchAll(IMPORT)) {
    addSource(normalize(join(dirname(path), specifier!)), sources);
  }
}
