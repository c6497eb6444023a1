// Nothing is allocated for a frame: proven by collections that do not happen, in a process with a small nursery.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../support/allocation-program.ts', import.meta.url));

interface Measured {
  readonly collections: number;
  /** By which the heap has grown; true only where nothing was collected. */
  readonly bytesPerFrame: number;
  readonly frames: number;
  readonly windowsScored: number;
  readonly packetsSent: number;
  readonly concealedSamples: number;
  readonly insertedSamplesForDeceleration: number;
  readonly removedSamplesForAcceleration: number;
}

/**
 * Runs 100,000 frames with a nursery of 4 MiB, which 42 bytes a frame would fill. The engine boxes a number where a call
 * is not inlined (16 bytes), statistics are gathered once a second (3 bytes a frame); a view of a typed array takes more
 * than 100.
 */
async function measure(direction: string, mutant: string): Promise<Measured> {
  const flags = [
    '--disable-warning=ExperimentalWarning',
    // Compiling beside the program decides from run to run what is boxed; in line, every run allocates the same bytes.
    '--predictable',
    '--min-semi-space-size=4',
    '--max-semi-space-size=4',
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
  expect(measured.bytesPerFrame).toBeLessThan(32);
});

it('[C23] sends 100,000 frames without a collection', async () => {
  const measured = await measure('downlink', 'none');
  expect(measured.collections).toBe(0);
  expect(measured.packetsSent).toBeGreaterThanOrEqual(100_000);
  expect(measured.bytesPerFrame).toBeLessThan(32);
});

it('[I24] plays out 100,000 frames, also slower, faster and concealed, without a collection', async () => {
  const measured = await measure('playout', 'none');
  expect(measured.collections).toBe(0);
  expect(measured.frames).toBeGreaterThan(99_000);
  expect(measured.bytesPerFrame).toBeLessThan(32);
  expect(measured.concealedSamples).toBeGreaterThan(100_000);
  expect(measured.insertedSamplesForDeceleration).toBeGreaterThan(100_000);
  expect(measured.removedSamplesForAcceleration).toBeGreaterThan(100_000);
});

it('[C23] notices one view of a typed array per frame', async () => {
  for (const direction of ['uplink', 'downlink']) {
    expect((await measure(direction, 'view')).collections).toBeGreaterThan(0);
  }
});
