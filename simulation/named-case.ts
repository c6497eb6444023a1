// Scenarios that once failed, or that are worth keeping: one JSON file each in cases/.

import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { PlayoutScenario } from './playout/playout-scenario.ts';
import type { Scenario } from './scenario.ts';

export interface NamedCase {
  readonly name: string;
  /** What happened, in a sentence. */
  readonly story: string;
  readonly scenario: Scenario;
}

const FOLDER = new URL('cases/', import.meta.url);

export function readNamedCases(): NamedCase[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => readNamedCase(basename(file, '.json')));
}

export function readNamedCase(name: string): NamedCase {
  return { name, ...JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) };
}

/** What a file may hold: a conversation, or a stream through a jitter buffer. */
export type FileScenario =
  | { readonly kind: 'conversation'; readonly scenario: Scenario }
  | { readonly kind: 'playout'; readonly scenario: PlayoutScenario };

/** A scenario from a file as `simulate` prints it, with or without a story. Throws when it cannot be read. */
export function readScenario(file: string): FileScenario {
  const read = JSON.parse(readFileSync(file, 'utf8'));
  const scenario = read.scenario ?? read;
  if (Array.isArray(scenario.talks)) return { kind: 'conversation', scenario };
  if (typeof scenario.pullMs === 'number') return { kind: 'playout', scenario };
  throw new Error('it holds neither a conversation nor a stream');
}
