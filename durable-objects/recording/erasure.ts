// Deletes everything that an object has stored, and counts what was there and what is left.

import type { RemovedObject } from './removal.ts';

/** Marks a conversation that was deleted, so that none of its tokens can begin it again; it goes when they have run out. */
const ERASED_KEY = 'erased';

/** What was removed, and what is there afterwards, by counting again. */
export interface Erasure {
  readonly removed: {
    readonly objects: readonly RemovedObject[];
    readonly storedValues: number;
    readonly storedRows: number;
  };
  readonly remaining: {
    readonly objects: readonly string[];
    /** The mark that it was deleted, until no token of it is valid any more. */
    readonly storedValues: number;
    readonly storedRows: number;
  };
}

/**
 * From now on the conversation counts as deleted. `untilMs`: when the mark itself can go; null while not everything else
 * has gone.
 */
export function markErased(kv: SyncKvStorage, untilMs: number | null): void {
  kv.put(ERASED_KEY, { untilMs });
}

export function isErased(kv: SyncKvStorage): boolean {
  return kv.get(ERASED_KEY) !== undefined;
}

/** When the mark can go; null while something else has not gone yet. */
export function forgetAtMs(kv: SyncKvStorage): number | null {
  return kv.get<{ untilMs: number | null }>(ERASED_KEY)?.untilMs ?? null;
}

/** Empties the storage but for the mark. `listObjects` tells what the bucket still has. */
export async function eraseStorage(
  storage: DurableObjectStorage,
  objects: readonly RemovedObject[],
  nowMs: number,
  listObjects: () => Promise<readonly string[]>,
): Promise<Erasure> {
  const removed = { objects, storedValues: countValues(storage), storedRows: countRows(storage) };
  const tokensExpireMs =
    storage.kv.get<number>('tokensExpireMs') ?? forgetAtMs(storage.kv) ?? nowMs;
  const untilMs = Math.max(nowMs + 1000, tokensExpireMs);
  await storage.deleteAll();
  markErased(storage.kv, untilMs);
  // Set here, because the one that stood was deleted with everything else.
  await storage.setAlarm(untilMs);
  return {
    removed,
    remaining: {
      objects: await listObjects(),
      storedValues: countValues(storage),
      storedRows: countRows(storage),
    },
  };
}

function countValues({ kv }: DurableObjectStorage): number {
  let count = 0;
  for (const _ of kv.list()) count++;
  return count;
}

function countRows({ sql }: DurableObjectStorage): number {
  let count = 0;
  const tables = sql.exec<{ name: string }>(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  );
  for (const { name } of tables) {
    const [row] = sql.exec<{ rows: number }>(`SELECT count(*) AS rows FROM "${name}"`);
    count += row?.rows ?? 0;
  }
  return count;
}
