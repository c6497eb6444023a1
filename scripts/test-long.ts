// `npm run test:long [-- factor]`: the laws again, with many times as many runs.

import { spawnSync } from 'node:child_process';

const DEFAULT_FACTOR = 10;

const factor = Number(process.argv[2] ?? DEFAULT_FACTOR);
if (!Number.isInteger(factor) || factor < 1) {
  console.error(`The factor must be a whole number from 1 on, received "${process.argv[2]}".`);
  process.exit(2);
}
console.log(`Every law is tried ${factor} times as often as in npm test.`);
const { status } = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    '--project',
    'node',
    '--testTimeout=1200000',
    'test/property',
    'test/engine',
    'test/client',
  ],
  { stdio: 'inherit', env: { ...process.env, ISOCHRON_RUNS_FACTOR: String(factor) } },
);
console.log(`That was the long run: ${factor} times the runs of npm test.`);
process.exit(status ?? 1);
