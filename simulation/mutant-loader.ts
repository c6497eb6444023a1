// Puts a mutant's fault into a module as it is loaded; the files stay as they are.

import { registerHooks } from 'node:module';
import type { Mutant } from './mutant.ts';

/**
 * Replaces text in the mutant's module, for this thread and for modules that are not loaded yet. A text that is not
 * there exactly once is an error when the module is loaded: the mutant no longer fits the code.
 */
export function installMutant({ name, file, find, replace }: Mutant): void {
  const url = new URL(`../${file}`, import.meta.url).href;
  registerHooks({
    load(loaded, context, nextLoad) {
      const result = nextLoad(loaded, context);
      if (loaded !== url) return result;
      const source = textOf(result.source);
      const places = source.split(find).length - 1;
      if (places !== 1)
        throw new Error(`Mutant "${name}" is stale: its text is ${places} times in ${file}.`);
      return { ...result, source: source.replace(find, () => replace) };
    },
  });
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray | null | undefined): string {
  if (typeof source === 'string') return source;
  return new TextDecoder().decode(source ?? new Uint8Array(0));
}
