// Deletes what lies under a prefix of the bucket, and does not stop before a listing shows nothing.

/** An object that was there. */
export interface RemovedObject {
  readonly key: string;
  readonly bytes: number;
}

/** Objects that R2 deletes in one call. */
const DELETED_AT_ONCE = 1000;

/** Rounds of listing and deleting; a conversation has five objects. */
const MOST_ROUNDS = 10;

/** Everything that lay under the prefix. Throws what the bucket throws, and when it does not come to an end. */
export async function removeObjects(bucket: R2Bucket, prefix: string): Promise<RemovedObject[]> {
  const removed: RemovedObject[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { objects } = await bucket.list({ prefix, limit: DELETED_AT_ONCE });
    if (objects.length === 0) return removed;
    await bucket.delete(objects.map(({ key }) => key));
    removed.push(...objects.map(({ key, size }) => ({ key, bytes: size })));
  }
  throw new Error('The bucket still lists what was deleted.');
}
