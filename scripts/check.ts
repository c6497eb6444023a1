// Runs every `check:*` script of package.json, also after one has failed, and counts the results.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const manifest: { scripts: Record<string, string> } = JSON.parse(
  readFileSync('package.json', 'utf8'),
);
const checks = Object.keys(manifest.scripts).filter((name) => name.startsWith('check:'));

let failed = 0;
for (const check of checks) {
  const startedMs = performance.now();
  const { status } = spawnSync('npm', ['run', '--silent', check], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const spentSeconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  if (status !== 0) failed += 1;
  console.log(`${status === 0 ? 'pass' : 'FAIL'} ${check} (${spentSeconds} s)`);
}
console.log(`${checks.length - failed} checks passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
