// Estimates how large a value becomes in storage, because the local runtime enforces no limit and the deployed one does.

/** Largest row of a SQLite-backed object, in bytes. */
export const ROW_MAX_BYTES = 2_000_000;

/** Structured clone spends at most this much on a number, a flag or the frame of an object. */
const SCALAR_BYTES = 16;

/** Thrown for a value that does not fit into a row. */
export class RowSizeError extends Error {
  override readonly name = 'RowSizeError';
}

/** An upper estimate of a structured-cloneable value's stored size in bytes. */
export function storedBytes(value: unknown): number {
  if (typeof value === 'string') return SCALAR_BYTES + 2 * value.length;
  if (ArrayBuffer.isView(value)) return SCALAR_BYTES + value.byteLength;
  if (value instanceof ArrayBuffer) return SCALAR_BYTES + value.byteLength;
  if (typeof value !== 'object' || value === null) return SCALAR_BYTES;
  let bytes = SCALAR_BYTES;
  for (const [name, member] of Object.entries(value)) {
    bytes += storedBytes(name) + storedBytes(member);
  }
  return bytes;
}

/** Throws RowSizeError when a value may not fit. */
export function checkRow(name: string, value: unknown): void {
  const bytes = storedBytes(value);
  if (bytes > ROW_MAX_BYTES) {
    throw new RowSizeError(
      `Cannot store "${name}": it must have at most ${ROW_MAX_BYTES} bytes, received ${bytes}.`,
    );
  }
}
