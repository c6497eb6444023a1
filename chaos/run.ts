// A run of chaos: lanes of conversations one after another, and faults on all of them, until the time is over.

import { setTimeout as pause } from 'node:timers/promises';
import { type Bundle, ChaoticService } from './chaotic-service.ts';
import { holdUnderFault } from './conversation.ts';
import {
  CALL_FAULT_NAMES,
  type FaultName,
  SERVICE_FAULT_NAMES,
  SERVICE_FAULTS,
} from './fault-kinds.ts';
import { Random } from './random.ts';
import type { Reference } from './references.ts';
import type { Scene } from './scene.ts';
import { settle } from './settlement.ts';
import { type Failure, Tally } from './tally.ts';

export interface RunOptions {
  readonly bundle: Bundle;
  readonly references: ReadonlyMap<Scene, Reference>;
  /** No conversation begins after this long. */
  readonly durationMs: number;
  readonly lanes: number;
  readonly seed: number;
  readonly faultIntervalMs: number;
  /** Faults to choose from. */
  readonly kinds: readonly FaultName[];
  /** Mean time between two faults of the whole service. */
  readonly serviceFaultIntervalMs: number;
  readonly stop: AbortSignal;
  /** Called once a second. */
  readonly onProgress: (tally: Tally, elapsedMs: number) => void;
  /** Called as soon as a conversation was found wanting. */
  readonly onFailure: (failure: Failure) => void;
}

/** Resolves when every conversation is over and judged. */
export async function runChaos(options: RunOptions): Promise<Tally> {
  const { bundle, lanes, stop } = options;
  const tally = new Tally();
  const service = await ChaoticService.start(bundle);
  const beganMs = performance.now();
  const over = new AbortController();
  const progress = setInterval(() => options.onProgress(tally, performance.now() - beganMs), 1000);
  try {
    const endMs = beganMs + options.durationMs;
    const faults = breakService(service, options, tally, AbortSignal.any([over.signal, stop]));
    const calls = Array.from({ length: lanes }, (_, lane) =>
      talk(service, options, tally, lane, endMs),
    );
    await Promise.all(calls).finally(() => over.abort());
    await faults;
    return tally;
  } finally {
    clearInterval(progress);
    await service.stop();
  }
}

/** Conversations of one lane: the scenes in turn, each with a seed of its own. */
async function talk(
  service: ChaoticService,
  { references, seed, faultIntervalMs, kinds, stop, onFailure }: RunOptions,
  tally: Tally,
  lane: number,
  endMs: number,
): Promise<void> {
  const scenes = [...references.keys()].flatMap((scene) =>
    Array.from({ length: scene.weight }, () => scene),
  );
  const random = new Random(seed + lane * 0x9e37_79b1);
  for (let call = lane; performance.now() < endMs && !stop.aborted; call++) {
    const scene = scenes[call % scenes.length]!;
    const held = await holdUnderFault({
      service,
      scene,
      seed: random.between(0, 2 ** 32),
      faultIntervalMs,
      kinds: CALL_FAULT_NAMES.filter((name) => kinds.includes(name)),
      failsBucket: true,
      happened: (name) => tally.happened(name),
      stop,
    });
    if (stop.aborted) return;
    const failure = settle(held, scene, references.get(scene)!.expectation, tally);
    if (failure !== null) onFailure(failure);
  }
}

/** One fault of the whole service after another. */
async function breakService(
  service: ChaoticService,
  { seed, serviceFaultIntervalMs, kinds }: RunOptions,
  tally: Tally,
  over: AbortSignal,
): Promise<void> {
  const names = SERVICE_FAULT_NAMES.filter((name) => kinds.includes(name));
  if (names.length === 0) return;
  const random = new Random(~seed);
  // In turn, so that none of the two is scarce.
  for (let turn = 0; ; turn++) {
    const waitMs = 0.5 * serviceFaultIntervalMs + random.waitMs(0.5 * serviceFaultIntervalMs);
    await pause(waitMs, undefined, { signal: over }).catch(() => {});
    if (over.aborted) return;
    const name = names[turn % names.length]!;
    tally.serviceFaults.push({ atMs: performance.now(), name });
    await SERVICE_FAULTS[name](service);
    tally.happened(name);
  }
}
