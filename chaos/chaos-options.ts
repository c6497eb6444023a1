// The command line of `npm run chaos`.

import { parseArgs } from 'node:util';
import { CommandError } from '../client/node/command-error.ts';
import { usageError } from '../client/node/usage-error.ts';
import {
  CALL_FAULT_NAMES,
  type CallFaultName,
  SERVICE_FAULT_NAMES,
  type ServiceFaultName,
} from './fault-kinds.ts';
import { SCENE_NAMES, type SceneName } from './scene.ts';

const FAULT_CHOICE = [...CALL_FAULT_NAMES, ...SERVICE_FAULT_NAMES];

export const USAGE =
  'Usage: npm run chaos [-- --minutes N] [--seed N] [--lanes N] [--only FAULT,…] [--scenes NAME,…] [--sabotage | --with-sabotage] [--json]';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Conversations at a time. */
  readonly lanes: number;
  /** Faults to choose from; evictions of quiet objects come beside them. */
  readonly only: readonly (CallFaultName | ServiceFaultName)[];
  readonly scenes: readonly SceneName[];
  /** Whether services that are broken on purpose are tried: before the run, or in place of it. */
  readonly sabotage: 'none' | 'only' | 'too';
  readonly json: boolean;
}

/** Reads the command line; null when help is asked for. Throws CommandError. */
export function readOptions(args: readonly string[]): ChaosOptions | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '2' },
        seed: { type: 'string', default: '1' },
        lanes: { type: 'string', default: '6' },
        only: { type: 'string', default: FAULT_CHOICE.join() },
        scenes: { type: 'string', default: 'parrot,storyteller,sleeper,telephone,interrupter' },
        sabotage: { type: 'boolean', default: false },
        'with-sabotage': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { json, help } = values;
    if (help) return null;
    const isWithRun = values['with-sabotage'] ? 'too' : 'none';
    return {
      minutes: numberOf('minutes', values.minutes, 0.1, 600),
      seed: Math.floor(numberOf('seed', values.seed, 0, 2 ** 32 - 1)),
      lanes: Math.floor(numberOf('lanes', values.lanes, 1, 50)),
      only: namesOf('only', values.only, FAULT_CHOICE),
      scenes: namesOf('scenes', values.scenes, SCENE_NAMES),
      sabotage: values.sabotage ? 'only' : isWithRun,
      json,
    };
  } catch (fault) {
    if (fault instanceof CommandError) throw fault;
    throw usageError(fault);
  }
}

function numberOf(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (text !== '' && number >= min && number <= max) return number;
  throw usageError(`"--${option}" must be a number from ${min} to ${max}, received "${text}"`);
}

function namesOf<Name extends string>(
  option: string,
  text: string,
  known: readonly Name[],
): Name[] {
  return text.split(',').map((word) => {
    const name = known.find((each) => each === word);
    if (name === undefined) {
      throw usageError(`"--${option}" knows ${known.join(', ')}, received "${word}"`);
    }
    return name;
  });
}
