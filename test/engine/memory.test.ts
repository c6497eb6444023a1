// What a conversation takes of the memory that an isolate has.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../support/memory-program.ts', import.meta.url));

interface Measured {
  readonly conversations: number;
  readonly bytesInArrays: number;
  readonly bytesInObjects: number;
}

it('[C32] takes less than a megabyte, all of it from the beginning', async () => {
  const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, PROGRAM]);
  const measured = JSON.parse(stdout) as Measured;
  expect(measured.conversations).toBe(100);
  expect(measured.bytesInArrays).toBeGreaterThan(500_000);
  expect(measured.bytesInArrays + measured.bytesInObjects).toBeLessThan(1_000_000);
});
