// Nothing is allocated for a frame: proven by collections that do not happen, in a process with a small nursery.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../support/allocation-program.ts', import.meta.url));

interface Measured {
  readonly collections: number;
  readonly frames: number;
  readonly windowsScored: number;
  readonly packetsSent: number;
}

/**
 * Runs 100,000 frames with a nursery of 8 MiB, which 84 bytes a frame would fill. The engine boxes some numbers where a
 * call is not inlined (16 bytes each, 61 in all with Node 22); one view of a typed array takes more than 100.
 */
async function measure(direction: string, mutant: string): Promise<Measured> {
  const flags = [
    '--disable-warning=ExperimentalWarning',
    // Compiling beside the program decides from run to run what is boxed; in line, every run allocates the same bytes.
    '--predictable',
    '--min-semi-space-size=8',
    '--max-semi-space-size=8',
    '--expose-gc',
  ];
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [...flags, PROGRAM, direction, mutant]);
  return JSON.parse(stdout) as Measured;
}

it('[C23] takes in and scores 100,000 frames without a collection', async () => {
  const measured = await measure('uplink', 'none');
  expect(measured).toMatchObject({ collections: 0, frames: 100_000 });
  expect(measured.windowsScored).toBeGreaterThan(60_000);
});

it('[C23] sends 100,000 frames without a collection', async () => {
  const measured = await measure('downlink', 'none');
  expect(measured.collections).toBe(0);
  expect(measured.packetsSent).toBeGreaterThanOrEqual(100_000);
});

it('[C23] notices one view of a typed array per frame', async () => {
  for (const direction of ['uplink', 'downlink']) {
    expect((await measure(direction, 'view')).collections).toBeGreaterThan(0);
  }
});
