// libopus of this isolate: one instance for all conversations, made when the first of them speaks Opus.

import opusModule from '../../../wasm/build/opus.wasm';
import { OpusLibrary } from './opus-library.ts';

let library: OpusLibrary | undefined;

export function isolateOpus(): OpusLibrary {
  library ??= new OpusLibrary(opusModule);
  return library;
}
