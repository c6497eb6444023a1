// Random conversations with a downlink: an agent, a caller who barges in, and a network that breaks.

import fc from 'fast-check';
import type { BenchOptions, DownlinkBench } from './downlink-bench.ts';

/** Something that happens `afterMs` after the thing before. */
export interface Step {
  readonly afterMs: number;
  readonly act:
    | { readonly kind: 'speak'; readonly samples: number; readonly interruptible: boolean }
    | { readonly kind: 'begin' }
    | { readonly kind: 'say'; readonly samples: number }
    | { readonly kind: 'end' }
    | { readonly kind: 'hold' | 'release' | 'interrupt' | 'caller-interrupt' }
    | { readonly kind: 'break'; readonly forMs: number };
}

export interface Script {
  readonly steps: readonly Step[];
  readonly canHold: boolean;
  readonly downMs: number;
  readonly upMs: number;
  readonly mute: 'none' | 'held' | 'cleared';
  readonly clockErrorPpm: number;
  /** A client that comes back goes on with what it had; else each is a new player. */
  readonly resumes: boolean;
}

const samples = fc.integer({ min: 0, max: 60_000 });

const act: fc.Arbitrary<Step['act']> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('speak' as const),
      samples,
      interruptible: fc.nat(9).map((n) => n > 1),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'begin' as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('say' as const), samples }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'end' as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'hold' as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: 'release' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'interrupt' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'caller-interrupt' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('break' as const),
      forMs: fc.integer({ min: 0, max: 3000 }),
    }),
  },
);

/** Conversations; those without breaks keep one player from the first to the last sample. */
export function scripts(hasBreaks: boolean): fc.Arbitrary<Script> {
  const step = fc.record({ afterMs: fc.integer({ min: 0, max: 700 }), act });
  return fc.record({
    steps: fc.array(hasBreaks ? step : step.filter(({ act: { kind } }) => kind !== 'break'), {
      minLength: 5,
      maxLength: 25,
    }),
    canHold: fc.boolean(),
    downMs: fc.integer({ min: 0, max: 200 }),
    upMs: fc.integer({ min: 0, max: 200 }),
    mute: fc.constantFrom('none', 'none', 'none', 'held', 'cleared'),
    clockErrorPpm: fc.integer({ min: -500, max: 500 }),
    resumes: fc.boolean(),
  });
}

export function optionsOf({ canHold, downMs, upMs, mute, clockErrorPpm }: Script): BenchOptions {
  return {
    canHold,
    clockErrorPpm,
    downMs: () => downMs,
    upMs: () => upMs,
    isMute: (kind) => kind === mute,
  };
}

/** Plays a script to its end, and on until everything is over; returns the numbers of the utterances begun. */
export function play(bench: DownlinkBench, { steps, resumes }: Script): number {
  let atMs = 100;
  let open = 0;
  for (const step of steps) {
    atMs += step.afterMs;
    const at = atMs;
    bench.at(at, () => {
      if (step.act.kind === 'begin' || step.act.kind === 'speak') open = 0;
      open = perform(bench, step.act, open);
    });
    if (step.act.kind === 'break') {
      atMs += step.act.forMs;
      bench.at(atMs, () => bench.connect(resumes && bench.player.packets > 0));
    }
  }
  bench.run(atMs + 1);
  bench.end(open);
  bench.downlink.release(bench.nowMs);
  for (let seconds = 0; seconds < 120 && !bench.downlink.idle; seconds++)
    bench.run(bench.nowMs + 1000);
  bench.run(bench.nowMs + 1000);
  return bench.downlink.statistics.utterancesStarted;
}

/** Does one thing and returns the number of the utterance that is open then, 0 for none. */
function perform(bench: DownlinkBench, act: Step['act'], open: number): number {
  const { downlink, nowMs } = bench;
  switch (act.kind) {
    case 'speak':
      bench.speak(act.samples, act.interruptible);
      return 0;
    case 'begin':
      return bench.begin();
    case 'say':
      bench.say(open, act.samples);
      return open;
    case 'end':
      bench.end(open);
      return 0;
    case 'hold':
      downlink.hold(nowMs);
      return open;
    case 'release':
      downlink.release(nowMs);
      return open;
    case 'interrupt':
      downlink.interrupt(nowMs);
      return open;
    case 'caller-interrupt':
      downlink.interrupt(nowMs, 'caller');
      return open;
    case 'break':
      bench.disconnect();
      return open;
  }
}
