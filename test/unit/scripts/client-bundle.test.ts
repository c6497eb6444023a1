// The browser client as it is built: its size, and that each of its files stands alone.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleClient, type ClientSize } from '../../../scripts/client-bundle.ts';

const LIMIT_GZ_BYTES = 40 * 1024;

describe('the browser client', () => {
  let size: ClientSize;
  beforeAll(async () => {
    size = await bundleClient();
  });

  it('[Y19] has at most 40 KB after gzip, without codecs', () => {
    expect(Object.keys(size.gzBytes)).toHaveLength(4);
    expect(size.clientGzBytes).toBeGreaterThan(10_000);
    expect(size.clientGzBytes).toBeLessThanOrEqual(LIMIT_GZ_BYTES);
  });

  it('[Y19] is four files that import nothing', async () => {
    for (const name of Object.keys(size.gzBytes)) {
      const path = fileURLToPath(new URL(`../../../dist/client/${name}`, import.meta.url));
      const text = await readFile(path, 'utf8');
      expect(text).not.toMatch(/\bimport\s*[{*"'(]|\brequire\(/);
    }
  });
});
