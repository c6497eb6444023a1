// Writes one file into the bucket part by part: parts of equal size, as R2 wants them, or all at once when it is small.

import type { ChunkMaker, FileCursor } from '../../core/recording/chunked-file.ts';
import type { MadeFile, Upload } from './recording-state.ts';

/** R2's smallest part; all but the last must be of one size (R2 documentation, "Multipart operations"). */
export const PART_BYTES = 5 * 1024 * 1024;

/** What R2 says of an upload that was completed, was aborted, or is too old. */
const NO_SUCH_UPLOAD = '10024';

/** A file on its way. */
export interface FileTarget {
  readonly bucket: R2Bucket;
  readonly key: string;
  readonly name: string;
  readonly contentType: string;
  readonly chunk: ChunkMaker;
}

/** Called between two chunks, so that others get their turn. Throws to stop. */
export type Breathe = () => Promise<void>;

/** After one part: where the upload stands, or the file that is whole. */
export type Progress =
  | { readonly kind: 'under-way'; readonly upload: Upload }
  | { readonly kind: 'made'; readonly file: MadeFile };

/**
 * Takes an upload one part further. Each part is made anew from where it begins, so it may be done again after a crash
 * at any point, and gives the same bytes. Throws what the bucket throws; nothing is lost by that.
 */
export async function uploadPart(
  target: FileTarget,
  upload: Upload,
  breathe: Breathe,
): Promise<Progress> {
  const { bucket, key, name, contentType } = target;
  const options = { httpMetadata: { contentType } };
  if (upload.uploadId === null) {
    const { bytes, isLast } = await makePart(target.chunk, upload.cursor, breathe);
    if (isLast) {
      const { etag } = await bucket.put(key, bytes, options);
      return { kind: 'made', file: { name, bytes: bytes.length, etag } };
    }
    // The id is stored before any part bears it.
    const { uploadId } = await bucket.createMultipartUpload(key, options);
    return { kind: 'under-way', upload: { ...upload, uploadId } };
  }
  const { bytes, isLast, end } = await makePart(target.chunk, upload.cursor, breathe);
  const session = bucket.resumeMultipartUpload(key, upload.uploadId);
  const partNumber = upload.parts.length + 1;
  const parts = [...upload.parts];
  if (bytes.length > 0) {
    const { etag } = await session.uploadPart(partNumber, bytes);
    parts.push({ partNumber, etag });
  }
  const total = upload.bytes + bytes.length;
  if (!isLast) {
    return { kind: 'under-way', upload: { ...upload, parts, cursor: end, bytes: total } };
  }
  const { etag } = await session.complete(parts);
  return { kind: 'made', file: { name, bytes: total, etag } };
}

/** Whether a fault means that the upload is no more: completed just before a crash, or aborted. The file is begun anew. */
export function isUploadGone(fault: unknown): boolean {
  return fault instanceof Error && fault.message.includes(NO_SUCH_UPLOAD);
}

/** PART_BYTES from the cursor on, or what is left. */
async function makePart(
  chunk: ChunkMaker,
  cursor: FileCursor,
  breathe: Breathe,
): Promise<{ bytes: Uint8Array; isLast: boolean; end: FileCursor }> {
  const part = new Uint8Array(PART_BYTES);
  let filled = 0;
  let { chunk: index, byte } = cursor;
  for (;;) {
    const bytes = chunk(index);
    if (bytes === null) {
      return { bytes: part.subarray(0, filled), isLast: true, end: { chunk: index, byte: 0 } };
    }
    const piece = bytes.subarray(byte, byte + PART_BYTES - filled);
    part.set(piece, filled);
    filled += piece.length;
    byte += piece.length;
    if (byte < bytes.length) return { bytes: part, isLast: false, end: { chunk: index, byte } };
    index++;
    byte = 0;
    await breathe();
  }
}
