// Decides whether a conversation can have the scorer that was asked for.

import type { ScorerName } from '../durable-objects/creation.ts';
import { Refusal } from './refusal.ts';
import type { CreateRequest } from './requests.ts';
import type { ServiceSettings } from './settings.ts';

/** Scorers whose objects live where they please. */
const ELSEWHERE: readonly ScorerName[] = ['remote', 'onnx'];

/** Checks that this service has the scorer. Throws Refusal. */
export function checkScorer(
  { scorer, jurisdiction }: CreateRequest,
  env: Env,
  { development, secured }: ServiceSettings,
): void {
  if (scorer === 'trap' && (!development || secured)) {
    throw refused(
      'The scorer "trap" blocks everybody on purpose: it needs ISOCHRON_DEVELOPMENT=1 and a service without a secret.',
    );
  }
  if (scorer === 'onnx' && env.ONNX_SHARD === undefined) {
    throw refused(
      'The scorer "onnx" runs in a Worker of its own, and this service has no binding "ONNX_SHARD" to one: see docs/scorers.md.',
    );
  }
  if (jurisdiction !== undefined && ELSEWHERE.includes(scorer)) {
    throw refused(
      `The scorer "${scorer}" takes the audio out of the jurisdiction "${jurisdiction}": choose "kernel" or "energy".`,
    );
  }
}

function refused(sentence: string): Refusal {
  return new Refusal('invalid-request', sentence);
}
