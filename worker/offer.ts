// Says what conversations can be made of here: what the demo page lets one choose from.

import { agentNames } from '../durable-objects/agents/catalogue.ts';
import { recordingBucket } from '../durable-objects/recording/bucket.ts';
import { admitOperator } from './admission.ts';
import type { Visit } from './visit.ts';

/** `GET /v1/offer`: for whoever may create conversations. */
export async function readOffer({ request, env, settings }: Visit): Promise<Response> {
  await admitOperator(request, settings);
  const isDevelopment = settings.development && !settings.secured;
  const scorers = ['kernel', 'energy', 'remote'];
  if (env.ONNX_SHARD !== undefined) scorers.push('onnx');
  if (isDevelopment) scorers.push('trap');
  return Response.json({
    agents: agentNames().filter((name) => name !== 'workers-ai' || env.AI !== undefined),
    scorers,
    recording: recordingBucket(env) !== null,
    /** The isolate can be burned, and the scorer `trap` had. */
    development: isDevelopment,
  });
}
