// Reads a captured trace: a JSON file with a name, a frame duration and the delays of the frames.

import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { CommandError } from '../../client/node/command-error.ts';
import type { Trace } from './trace-generators.ts';

const FRAME_MS = 20;

const TRACE = v.object({
  name: v.pipe(v.string(), v.nonEmpty()),
  frameMs: v.literal(FRAME_MS, `"frameMs" must be ${FRAME_MS}`),
  delaysMs: v.pipe(
    v.array(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(60_000)))),
    v.minLength(1000, '"delaysMs" must hold at least 20 s'),
  ),
});

/** `delaysMs` are over the fastest path; null is a frame that was lost. Throws CommandError with a sentence. */
export async function readTraceFile(path: string): Promise<Trace> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new CommandError(`Cannot read the trace "${path}": there is no such file.`);
  }
  try {
    return v.parse(TRACE, JSON.parse(text));
  } catch (fault) {
    throw new CommandError(`Cannot read the trace "${path}": ${(fault as Error).message}.`);
  }
}
