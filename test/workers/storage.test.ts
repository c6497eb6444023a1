import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { ConversationSnapshot } from '../../core/conversation/conversation-snapshot.ts';
import { ConversationStore } from '../../durable-objects/runtime/conversation-store.ts';
import { JournalStore } from '../../durable-objects/runtime/journal-store.ts';
import { RowMeter } from '../../durable-objects/runtime/row-meter.ts';
import { RowSizeError } from '../../durable-objects/runtime/row-size.ts';
import { SpeechStore } from '../../durable-objects/runtime/speech-store.ts';

/** Runs in an object whose storage is empty. */
function inStorage(run: (storage: DurableObjectStorage) => void): Promise<void> {
  const object = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
  return runInDurableObject(object, (_instance, { storage }) => run(storage));
}

const blockOf = (value: number): Int16Array => new Int16Array(16_384).fill(value);

const storeOf = (storage: DurableObjectStorage): ConversationStore =>
  new ConversationStore(storage, new RowMeter());

function write(store: ConversationStore, snapshot: ConversationSnapshot): void {
  void store.writeCheckpoint(snapshot, { isAwaited: true, speech: [] });
}

const speechOf = (storage: DurableObjectStorage, isKept = false): SpeechStore =>
  new SpeechStore(storage, new RowMeter(), isKept, (_name, work) => void work);

describe('the journal in storage', () => {
  it('[D43] lies four rows to a value, and is written over from a row that was lost on', () =>
    inStorage((storage) => {
      const meter = new RowMeter();
      const rowOf = (number: number, line: string) =>
        ({ version: 1, number, packets: Uint8Array.of(number), lines: [line] }) as const;
      const journal = new JournalStore(storage, meter);
      for (let number = 0; number < 7; number++) void journal.write(rowOf(number, 'first'), true);
      expect([...storage.kv.list({ prefix: 'journal/' })].length).toBe(2);
      expect(meter.counts.journal).toBe(7);
      const other = new JournalStore(storage, meter);
      void other.write(rowOf(5, 'again'), true);
      const found = Array.from({ length: 9 }, (_, number) => other.row(number));
      expect(found.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((each) => rowOf(each, 'first')));
      expect(found.slice(5)).toEqual([rowOf(5, 'again'), null, null, null]);
    }));
});

describe('speech in storage', () => {
  it('[D19] is read back as it was written, by another store that knows where it lies', () =>
    inStorage((storage) => {
      const store = speechOf(storage);
      store.write(3, Int16Array.of(-32_768, -1, 0, 1, 32_767));
      store.write(4, blockOf(4));
      store.write(4, blockOf(44));
      const other = speechOf(storage);
      other.restore(store.slots);
      const into = new Int16Array(3);
      expect(other.read(3, 2, into)).toBe(true);
      expect([...into]).toEqual([0, 1, 32_767]);
      const block = blockOf(0);
      expect(store.read(4, 0, block)).toBe(true);
      expect(block.every((sample) => sample === 44)).toBe(true);
    }));

  it('[D19] is missing where nothing was written, and below what was dropped', () =>
    inStorage((storage) => {
      const store = speechOf(storage);
      for (const block of [1, 2, 3]) store.write(block, blockOf(block));
      store.dropBelow(3);
      const into = blockOf(7);
      for (const block of [0, 1, 2, 4]) expect(store.read(block, 0, into)).toBe(false);
      expect(into.every((sample) => sample === 7)).toBe(true);
      expect(store.read(3, 0, into)).toBe(true);
    }));

  it('[D19] keeps a view of a larger buffer as the view', () =>
    inStorage((storage) => {
      const store = speechOf(storage);
      store.write(0, Int16Array.of(1, 2, 3, 4, 5).subarray(2, 4));
      const into = new Int16Array(4);
      expect(store.read(0, 0, into)).toBe(true);
      expect([...into]).toEqual([3, 4, 0, 0]);
    }));

  it('[D19] writes over what was dropped, and over nothing when it is kept', () =>
    inStorage((storage) => {
      for (const isKept of [false, true]) {
        const store = speechOf(storage, isKept);
        for (let block = 0; block < 6; block++) {
          store.write(block, blockOf(block));
          store.dropBelow(block);
        }
        expect(store.slots.map(([block]) => block)).toEqual(isKept ? [0, 1, 2, 3, 4, 5] : [5]);
        expect([...storage.kv.list({ prefix: 'speech/' })].length).toBe(isKept ? 6 : 2);
      }
    }));

  it('[D19] is read where version 0.1.0 has written it', () =>
    inStorage((storage) => {
      storage.sql.exec('CREATE TABLE speech (block INTEGER PRIMARY KEY, samples BLOB NOT NULL)');
      const old = new Int16Array(2 ** 14).fill(9);
      storage.sql.exec('INSERT INTO speech (block, samples) VALUES (?, ?)', 6, old.buffer);
      const into = new Int16Array(2 ** 14);
      expect(speechOf(storage).read(1, 2 ** 15, into)).toBe(true);
      expect(into).toEqual(old);
      expect(speechOf(storage).read(1, 0, into)).toBe(false);
    }));
});

describe('a conversation in storage', () => {
  const snapshot = (samples: Int16Array): ConversationSnapshot => ({
    version: 1,
    originMs: 5,
    agent: { state: { samples } },
  });

  it('[D20] comes back from its last checkpoint, with typed arrays and infinities', () =>
    inStorage((storage) => {
      expect(storeOf(storage).checkpoint).toBeNull();
      const written = { ...snapshot(Int16Array.of(1, -2)), eventMs: Number.POSITIVE_INFINITY };
      write(storeOf(storage), written);
      expect(storeOf(storage).checkpoint).toEqual(written);
      write(storeOf(storage), { version: 1, originMs: 6, agent: null });
      expect(storeOf(storage).checkpoint).toEqual({
        version: 1,
        originMs: 6,
        agent: null,
      });
    }));

  it('[D20] reads a value of another shape as none', () =>
    inStorage((storage) => {
      storage.kv.put('creation', { agent: 'parrot' });
      storage.kv.put('engine', { version: 2 });
      const store = storeOf(storage);
      expect(store.creation).toBeNull();
      expect(store.checkpoint).toBeNull();
    }));

  it('[D11] keeps its last checkpoint when the next does not fit into a row', () =>
    inStorage((storage) => {
      const store = storeOf(storage);
      const fits = snapshot(new Int16Array(61 * 16_000));
      write(store, fits);
      expect(() => write(store, { ...snapshot(new Int16Array(1_000_000)), originMs: 9 })).toThrow(
        RowSizeError,
      );
      expect(store.checkpoint?.originMs).toBe(5);
    }));

  it('[D21] never gives a connection number twice', () =>
    inStorage((storage) => {
      const numbers = [1, 2, 3].map(() => storeOf(storage).nextConnection());
      expect(numbers).toEqual([1, 2, 3]);
    }));
});
