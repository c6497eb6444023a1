// One round of the capacity benchmark: conversations and bare echoes at the same time, each in a new workerd process.

import { setTimeout as pause } from 'node:timers/promises';
import type { CallSummary } from '../../client/node/call-summary.ts';
import { holdConversation } from '../../client/node/conversation-client.ts';
import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import { EchoCallers } from './echo-callers.ts';
import { ObjectServer, type ObjectWorker } from './object-server.ts';
import { API_KEY, BARE_ECHO } from './workers.ts';

const FRAME_MS = 20;

/** Connections, compiled code and the first turns are not measured. */
const WARM_UP_MS = 4000;

export interface RoundOptions {
  readonly isochron: ObjectWorker;
  /** What the callers say, at 16 kHz; each begins somewhere else and goes round. */
  readonly voice: Int16Array;
  readonly conversations: number;
  readonly seconds: number;
  readonly stop: AbortSignal;
}

/** CPU in µs per frame of 20 ms that a caller sends, whatever goes back for it; durations in ms. */
export interface RoundResult {
  readonly isochronUs: number;
  readonly echoUs: number;
  readonly echoRoundTripMs: { readonly p50: number; readonly p99: number };
  readonly summaries: readonly CallSummary[];
}

export async function runRound(options: RoundOptions): Promise<RoundResult> {
  const { isochron, conversations, seconds } = options;
  const service = await ObjectServer.start(isochron);
  const echo = await ObjectServer.start(BARE_ECHO);
  const echoCallers = new EchoCallers();
  try {
    await echoCallers.start(echo.url, conversations);
    const calls = Array.from({ length: conversations }, (_, caller) =>
      call(service, caller, options),
    );
    await Promise.race([pause(WARM_UP_MS), Promise.all(calls)]);
    const before = { ms: performance.now(), service: service.cpuUs, echo: echo.cpuUs };
    const echoedBefore = echoCallers.packetsEchoed;
    await Promise.race([pause(1000 * seconds), Promise.all(calls)]);
    const frames = (conversations * (performance.now() - before.ms)) / FRAME_MS;
    const isochronUs = (service.cpuUs - before.service) / frames;
    const echoUs = (echo.cpuUs - before.echo) / (echoCallers.packetsEchoed - echoedBefore);
    echoCallers.stop();
    const { roundTripsMs } = echoCallers;
    return {
      isochronUs,
      echoUs,
      echoRoundTripMs: { p50: roundTripsMs.quantile(0.5), p99: roundTripsMs.quantile(0.99) },
      summaries: await Promise.all(calls),
    };
  } finally {
    echoCallers.stop();
    await service.stop();
    await echo.stop();
  }
}

/** One caller of the parrot, from the connection to a little after what is measured. */
async function call(
  service: ObjectServer,
  caller: number,
  { voice, conversations, seconds, stop }: RoundOptions,
): Promise<CallSummary> {
  const callMs = WARM_UP_MS + 1000 * seconds + 500;
  const from = Math.floor((voice.length * caller) / conversations);
  const spoken = Int16Array.from(
    { length: (callMs / 1000) * ENGINE_RATE_HZ },
    (_, index) => voice[(from + index) % voice.length]!,
  );
  const { summary } = await holdConversation(
    { url: service.url, apiKey: API_KEY },
    {
      voice: spoken,
      conversation: {},
      maximumMs: callMs,
      stop,
    },
  );
  return summary;
}
