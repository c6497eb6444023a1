// Faults in the isochronous jitter buffer that the laws of playout must catch.

import type { Mutant } from '../mutant.ts';

function mutant(name: string, file: string, find: string, replace: string): Mutant {
  return { name, file: `core/jitter/${file}`, find, replace, world: 'playout' };
}

const BUFFER = 'isochronous-buffer.ts';
const LINE = 'frame-line.ts';

export const JITTER_MUTANTS: readonly Mutant[] = [
  mutant(
    'delay is a ratchet',
    'playout-policy.ts',
    "if (Math.min(delay, ahead) - target > this.#excess(thrift)) return 'faster';",
    '',
  ),
  mutant(
    'reordering is never forgotten',
    'delay-estimator.ts',
    'Math.min(this.#overtakens.quantile(reorderShare), recentOvertaken)',
    'this.#overtakens.quantile(reorderShare)',
  ),
  mutant(
    'the target may exceed the capacity',
    'playout-tuning.ts',
    'Math.min(wanted.maximumDelayMs, mostMs)',
    'Math.max(wanted.maximumDelayMs, mostMs)',
  ),
  mutant(
    'stretched audio plays twice',
    'elastic-line.ts',
    'this.#deliver(past,',
    'this.#deliver(0,',
  ),
  mutant(
    'half of what was stretched plays again',
    BUFFER,
    'made, read, clock);',
    'made, read >> 1, clock);',
  ),
  mutant('a lost frame is filled twice', BUFFER, 'hole - spare);', '2 * hole - spare);'),
  mutant(
    'silence that was meant is concealed',
    BUFFER,
    'if (this.#line.holeIsSilence)',
    'if (false)',
  ),
  mutant(
    'a late frame takes playout back',
    LINE,
    'if (this.#isRead || sequenceDelta(',
    'if (sequenceDelta(',
  ),
  mutant(
    'a late frame is called a duplicate',
    LINE,
    "'duplicate' : 'late';",
    "'duplicate' : 'duplicate';",
  ),
  mutant(
    'a copy of what is kept is called late',
    LINE,
    "if (this.#slots.has(sequence)) return 'duplicate';",
    "if (this.#slots.has(sequence)) return 'late';",
  ),
  mutant(
    'half of the capacity is not used',
    LINE,
    'if (ahead < this.#slots.capacityFrames) {',
    'if (2 * ahead < this.#slots.capacityFrames) {',
  ),
  mutant('what was given up is silence', LINE, 'this.#isGivenUp = position > this.#position;', ''),
  mutant(
    'timestamps do not wrap',
    LINE,
    'return unwrapTimestamp(timestamp, known, this.#position);',
    'return timestamp - this.#originTimestamp + 0 * unwrapTimestamp(timestamp, known, 0);',
  ),
  mutant(
    'speech is a pause',
    'elastic-line.ts',
    'this.#pauses.quietAhead(this.#look, 0, look)',
    'look',
  ),
];
