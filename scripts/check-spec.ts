// Fails when a rule of docs/SPEC.md has no test, or a test names no rule of it.

import { globSync, readFileSync } from 'node:fs';
import { compareSpecWithTests } from './spec-coverage.ts';

const read = (path: string) => ({ path, text: readFileSync(path, 'utf8') });

const tests = globSync('test/**/*.ts').sort();
const faults = compareSpecWithTests(read('docs/SPEC.md'), tests.map(read));
for (const fault of faults) console.error(fault);
if (faults.length > 0) {
  console.error(`The specification and the tests disagree in ${faults.length} places.`);
  process.exitCode = 1;
}
