// Checkpoints, rows of the journal and blocks of speech on a storage that refuses them.

import { describe, expect, it } from 'vitest';
import { StorageRefusal } from '../../../core/conversation/ports.ts';
import type { JournalRow } from '../../../core/recording/journal-row.ts';
import { Checkpoints } from '../../../durable-objects/runtime/checkpoints.ts';
import { ConversationStore } from '../../../durable-objects/runtime/conversation-store.ts';
import { JournalStore } from '../../../durable-objects/runtime/journal-store.ts';
import { RowMeter } from '../../../durable-objects/runtime/row-meter.ts';
import { SpeechStore } from '../../../durable-objects/runtime/speech-store.ts';

const FULL = 'database or disk is full: SQLITE_FULL';
const ROW: JournalRow = { version: 1, number: 0, packets: new Uint8Array(8), lines: [] };
const REQUEST = { row: null, isAwaited: true, ticket: 1 };

/** An object's storage: a synchronous method throws, an asynchronous one rejects. */
class FakeStorage {
  readonly values = new Map<string, unknown>();
  readonly writes: string[] = [];
  isFull = false;
  fault = FULL;
  readonly sql = { exec: () => [] };
  readonly kv = {
    get: (key: string) => this.values.get(key),
    put: (key: string, value: unknown) => this.#write('awaited', key, value),
  };

  async put(key: string, value: unknown): Promise<void> {
    this.#write('not awaited', key, value);
  }

  #write(way: string, key: string, value: unknown): void {
    if (this.isFull) throw new Error(this.fault);
    this.writes.push(`${way} ${key}`);
    this.values.set(key, structuredClone(value));
  }
}

function made(agent: unknown = null) {
  const storage = new FakeStorage();
  const meter = new RowMeter();
  const pending: Promise<void>[] = [];
  const outcomes: unknown[] = [];
  const background = (_name: string, work: Promise<void>) => void pending.push(work);
  // Only what these three use of it is there.
  const platform = storage as unknown as DurableObjectStorage;
  const speech = new SpeechStore(platform, meter, false, background);
  const journal = new JournalStore(platform, meter);
  const checkpoints = new Checkpoints({
    store: new ConversationStore(platform, meter),
    journal,
    speech,
    snapshot: () => ({ version: 1, originMs: 0, agent: { state: agent } }),
    sync: () => Promise.resolve(),
    confirmed: (ticket) => outcomes.push(ticket),
    failed: (fault) => outcomes.push((fault as Error).message),
    background,
  });
  const settled = () => Promise.allSettled(pending);
  return { storage, speech, journal, checkpoints, outcomes, settled };
}

function refusalOf(act: () => void): StorageRefusal {
  try {
    act();
  } catch (fault) {
    if (fault instanceof StorageRefusal) return fault;
    throw fault;
  }
  throw new Error('It was not refused.');
}

describe('a checkpoint', () => {
  it('[D45] that is refused says whether it would be taken later', () => {
    const full = made();
    full.storage.isFull = true;
    expect(refusalOf(() => full.checkpoints.checkpoint(REQUEST)).isLasting).toBe(false);
    expect(
      refusalOf(() => made(new Uint8Array(2_100_000)).checkpoints.checkpoint(REQUEST)),
    ).toMatchObject({ isLasting: true });
    full.storage.fault = 'something else';
    expect(() => full.checkpoints.checkpoint(REQUEST)).toThrow('something else');
  });

  it('[D45] is awaited after a refusal, until one was taken, so that it is known at once whether the next is', async () => {
    const { storage, checkpoints, outcomes, settled } = made();
    checkpoints.checkpoint({ ...REQUEST, isAwaited: false });
    storage.isFull = true;
    refusalOf(() => checkpoints.checkpoint({ ...REQUEST, ticket: 2 }));
    refusalOf(() => checkpoints.checkpoint({ ...REQUEST, isAwaited: false, ticket: 3 }));
    refusalOf(() => checkpoints.append(ROW));
    storage.isFull = false;
    checkpoints.checkpoint({ row: ROW, isAwaited: false, ticket: 4 });
    checkpoints.checkpoint({ ...REQUEST, isAwaited: false, ticket: 5 });
    await settled();
    expect(storage.writes).toEqual([
      'not awaited engine',
      'awaited engine',
      'awaited journal/0',
      'not awaited engine',
    ]);
    expect(outcomes).toEqual([1, 4, 5]);
  });

  it('[D45] or a row that nobody waits for tells later that it was refused: the memory is ahead of the disk', async () => {
    const { storage, checkpoints, outcomes, settled } = made();
    storage.isFull = true;
    checkpoints.checkpoint({ ...REQUEST, isAwaited: false });
    checkpoints.append(ROW);
    await settled();
    expect(outcomes).toEqual([FULL, FULL]);
  });

  it('[D46] writes blocks of speech first that were refused, which can be read meanwhile', async () => {
    const { storage, speech, checkpoints, settled } = made();
    const samples = Int16Array.from({ length: 32 }, (_, index) => 7 * index);
    const into = new Int16Array(8);
    storage.isFull = true;
    speech.write(3, samples);
    await settled();
    expect(speech.read(3, 8, into)).toBe(true);
    expect([...into]).toEqual([...samples.subarray(8, 16)]);
    refusalOf(() => checkpoints.checkpoint(REQUEST));
    storage.isFull = false;
    checkpoints.checkpoint(REQUEST);
    checkpoints.checkpoint({ ...REQUEST, ticket: 2 });
    expect(storage.writes).toEqual(['awaited speech/0', 'awaited engine', 'awaited engine']);
    into.fill(0);
    expect(speech.read(3, 8, into)).toBe(true);
    expect([...into]).toEqual([...samples.subarray(8, 16)]);
  });

  it('[D46] does not write a block that was dropped or written anew since it was refused', async () => {
    const { storage, speech, checkpoints, settled } = made();
    storage.isFull = true;
    speech.write(0, new Int16Array(16).fill(1));
    speech.write(1, new Int16Array(16).fill(2));
    await settled();
    speech.dropBelow(1);
    storage.isFull = false;
    speech.write(1, new Int16Array(16).fill(3));
    await settled();
    checkpoints.checkpoint(REQUEST);
    expect(storage.writes).toEqual(['not awaited speech/1', 'awaited engine']);
    expect(new Int16Array(storage.values.get('speech/1') as ArrayBuffer)[0]).toBe(3);
    expect(speech.has(0)).toBe(false);
  });
});
