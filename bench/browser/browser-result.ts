// What `bench:browser` measures, and what it is to be.

import type { Figures } from '../barge-in/figures.ts';
import type { InterruptResult } from './interrupt-scene.ts';
import type { ToneRow } from './page/tones-messages.ts';
import type { ClientSize } from './ready-scene.ts';
import type { TalkResult } from './talk-scene.ts';

/** All scenes of one run. */
export interface Scenes {
  readonly talk: TalkResult;
  readonly interrupt: InterruptResult;
  readonly ready: Figures;
  readonly tones: readonly ToneRow[];
  readonly size: ClientSize;
}

/** One number with its aim: at most so much. */
export interface Aim {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly atMost: number;
  readonly digits: number;
  /** Null when the run was too short for it. */
  readonly value: (scenes: Scenes) => number | null;
  /** How far its values lay apart, where it has several. */
  readonly spread?: ((scenes: Scenes) => Figures) | undefined;
}

const COUNT = { unit: '', atMost: 0, digits: 0 } as const;
const MS = { unit: 'ms', digits: 0 } as const;

export const AIMS: readonly Aim[] = [
  {
    ...COUNT,
    name: 'underruns',
    what: 'underruns of the player',
    value: ({ talk }) => talk.underruns,
  },
  {
    ...COUNT,
    name: 'uplinkGaps',
    what: 'gaps in what was captured',
    value: ({ talk }) => talk.uplinkGaps,
  },
  {
    ...COUNT,
    name: 'unanswered',
    what: 'turns without an answer that can be judged',
    value: ({ talk }) => talk.turns - talk.answered,
  },
  {
    ...MS,
    name: 'turnLatencyMs',
    what: 'last speech to first answer, less the hangover (median)',
    atMost: 260,
    value: ({ talk }) => talk.turnLatencyMs.median,
    spread: ({ talk }) => talk.turnLatencyMs,
  },
  {
    ...MS,
    name: 'fromDecidedMs',
    what: 'of that, from the deciding packet on (median)',
    atMost: 100,
    value: ({ talk }) => talk.turnLatencyMs.fromDecidedMs.median,
    spread: ({ talk }) => talk.turnLatencyMs.fromDecidedMs,
  },
  {
    ...MS,
    name: 'onsetToSilenceMs',
    what: "caller's first sound to silence (median)",
    atMost: 300,
    value: ({ interrupt }) => interrupt.onsetToSilenceMs.median,
    spread: ({ interrupt }) => interrupt.onsetToSilenceMs,
  },
  {
    ...MS,
    name: 'holdToSilenceMs',
    what: "candidate's packet to silence (p95)",
    atMost: 60,
    value: ({ interrupt }) => interrupt.holdToSilenceMs.p95,
    spread: ({ interrupt }) => interrupt.holdToSilenceMs,
  },
  {
    ...MS,
    name: 'reportGapMs',
    what: 'between two reports while it plays (p95)',
    atMost: 250,
    value: ({ talk }) => talk.reportGapsMs.p95,
    spread: ({ talk }) => talk.reportGapsMs,
  },
  {
    name: 'pitchErrorPct',
    what: 'pitch of a tone through both worklets, off by',
    unit: '%',
    atMost: 0.01,
    digits: 5,
    value: ({ tones }) => Math.max(...tones.map(({ pitchErrorPct }) => pitchErrorPct)),
  },
  {
    name: 'aliasingDb',
    what: 'loudest aliases and images of a tone',
    unit: 'dB',
    atMost: -70,
    digits: 1,
    value: ({ tones }) => Math.max(...tones.flatMap(({ aliasDb, imageDb }) => [aliasDb, imageDb])),
  },
  {
    name: 'clientGzBytes',
    what: 'the client after gzip, without codecs',
    unit: 'bytes',
    atMost: 40 * 1024,
    digits: 0,
    value: ({ size }) => size.gzBytes,
  },
  {
    ...MS,
    name: 'readyMs',
    what: 'a fresh page until one can talk (median)',
    atMost: 1000,
    value: ({ ready }) => ready.median,
    spread: ({ ready }) => ready,
  },
  {
    name: 'heapGrowthBytesPerMin',
    what: 'JavaScript that page and worker keep, per minute',
    unit: 'bytes',
    atMost: 32 * 1024,
    digits: 0,
    value: ({ talk }) => talk.heapGrowthBytesPerMin,
  },
];

/** Names of the numbers that are not as they are to be. */
export function missedAims(scenes: Scenes): readonly string[] {
  return AIMS.filter(({ value, atMost }) => {
    const measured = value(scenes);
    return measured !== null && !(measured <= atMost);
  }).map(({ name }) => name);
}

/** The record that `--json` gives. */
export function resultAsRecord(chromium: string, scenes: Scenes): object {
  const { talk, interrupt, ready, tones } = scenes;
  const numbers = Object.fromEntries(AIMS.map(({ name, value }) => [name, value(scenes)]));
  const { minutes, turns, answered, blocks, hidden, heapBytes, deviceLatencyMs } = talk;
  return {
    chromium,
    ...{ minutes, turns, answered, blocks, hidden, heapBytes, deviceLatencyMs },
    ...numbers,
    turnLatencyMs: talk.turnLatencyMs,
    interruptions: interrupt.interruptions,
    missedInterruptions: interrupt.missed,
    unplacedInterruptions: interrupt.unplaced,
    onsetToSilenceMs: interrupt.onsetToSilenceMs,
    holdToSilenceMs: interrupt.holdToSilenceMs,
    reportGapMs: talk.reportGapsMs,
    ready,
    tones,
    faults: [...talk.faults, ...interrupt.faults],
    missed: missedAims(scenes),
  };
}
