// Why a connection is refused.

import { CLOSE_CODES, type CloseName } from '../wire/close-codes.ts';

/** A close code by its name, and the sentence that explains it to the client's developer. */
export interface Fault {
  readonly name: CloseName;
  readonly sentence: string;
}

/** Without a sentence of its own, a fault has that of its close code. */
export function fault(name: CloseName, sentence: string = CLOSE_CODES[name].sentence): Fault {
  return { name, sentence };
}
