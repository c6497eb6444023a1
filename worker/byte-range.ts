// Reads the header Range (RFC 9110 §14.2) against the size of what is asked for.

/** What of a file is wanted. */
export type ByteRange =
  | { readonly kind: 'whole' }
  /** Bytes [from, to). */
  | { readonly kind: 'part'; readonly from: number; readonly to: number }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: ByteRange = { kind: 'whole' };

/** One range of bytes; several of them, other units and what is no range mean the whole, as the RFC allows. */
export function byteRange(header: string | null, size: number): ByteRange {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return WHOLE;
  const first = match[1] === '' ? null : Number(match[1]);
  const last = match[2] === '' ? null : Number(match[2]);
  // Without a first byte it is the last so many.
  if (first === null) {
    if (last === 0 || size === 0) return { kind: 'unsatisfiable' };
    return { kind: 'part', from: Math.max(0, size - last!), to: size };
  }
  if (last !== null && last < first) return WHOLE;
  if (first >= size) return { kind: 'unsatisfiable' };
  return { kind: 'part', from: first, to: last === null ? size : Math.min(size, last + 1) };
}
