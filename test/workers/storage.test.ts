import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { ConversationSnapshot } from '../../core/conversation/conversation-snapshot.ts';
import { ConversationStore } from '../../durable-objects/runtime/conversation-store.ts';
import { RowSizeError } from '../../durable-objects/runtime/row-size.ts';
import { SpeechStore } from '../../durable-objects/runtime/speech-store.ts';

/** Runs in an object whose storage is empty. */
function inStorage(run: (storage: DurableObjectStorage) => void): Promise<void> {
  const object = env.CONVERSATION.get(env.CONVERSATION.newUniqueId());
  return runInDurableObject(object, (_instance, { storage }) => run(storage));
}

const blockOf = (value: number): Int16Array => new Int16Array(16_384).fill(value);

describe('speech in storage', () => {
  it('[D19] is read back as it was written, also by another store of the same object', () =>
    inStorage(({ sql }) => {
      const store = new SpeechStore(sql);
      store.write(3, Int16Array.of(-32_768, -1, 0, 1, 32_767));
      store.write(4, blockOf(4));
      store.write(4, blockOf(44));
      const into = new Int16Array(5);
      expect(new SpeechStore(sql).read(3, into)).toBe(true);
      expect([...into]).toEqual([-32_768, -1, 0, 1, 32_767]);
      const block = blockOf(0);
      expect(store.read(4, block)).toBe(true);
      expect(block.every((sample) => sample === 44)).toBe(true);
    }));

  it('[D19] is missing where nothing was written, and below what was dropped', () =>
    inStorage(({ sql }) => {
      const store = new SpeechStore(sql);
      for (const block of [1, 2, 3]) store.write(block, blockOf(block));
      store.dropBelow(3);
      const into = blockOf(7);
      for (const block of [0, 1, 2, 4]) expect(store.read(block, into)).toBe(false);
      expect(into.every((sample) => sample === 7)).toBe(true);
      expect(store.read(3, into)).toBe(true);
    }));

  it('[D19] keeps a view of a larger buffer as the view', () =>
    inStorage(({ sql }) => {
      const store = new SpeechStore(sql);
      store.write(0, Int16Array.of(1, 2, 3, 4, 5).subarray(2, 4));
      const into = new Int16Array(4);
      expect(store.read(0, into)).toBe(true);
      expect([...into]).toEqual([3, 4, 0, 0]);
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
      expect(new ConversationStore(storage).checkpoint).toBeNull();
      const written = { ...snapshot(Int16Array.of(1, -2)), eventMs: Number.POSITIVE_INFINITY };
      new ConversationStore(storage).writeCheckpoint(written);
      expect(new ConversationStore(storage).checkpoint).toEqual(written);
      new ConversationStore(storage).writeCheckpoint({ version: 1, originMs: 6, agent: null });
      expect(new ConversationStore(storage).checkpoint).toEqual({
        version: 1,
        originMs: 6,
        agent: null,
      });
    }));

  it('[D20] reads a value of another shape as none', () =>
    inStorage((storage) => {
      storage.kv.put('creation', { agent: 'parrot' });
      storage.kv.put('engine', { version: 2 });
      const store = new ConversationStore(storage);
      expect(store.creation).toBeNull();
      expect(store.checkpoint).toBeNull();
    }));

  it('[D11] keeps its last checkpoint when the next does not fit into a row', () =>
    inStorage((storage) => {
      const store = new ConversationStore(storage);
      const fits = snapshot(new Int16Array(61 * 16_000));
      store.writeCheckpoint(fits);
      expect(() =>
        store.writeCheckpoint({ ...snapshot(new Int16Array(1_000_000)), originMs: 9 }),
      ).toThrow(RowSizeError);
      expect(store.checkpoint?.originMs).toBe(5);
    }));

  it('[D21] never gives a connection number twice', () =>
    inStorage((storage) => {
      const numbers = [1, 2, 3].map(() => new ConversationStore(storage).nextConnection());
      expect(numbers).toEqual([1, 2, 3]);
    }));
});
