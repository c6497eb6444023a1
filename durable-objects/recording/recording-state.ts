// Where a conversation's recording stands: the phases ending, assembled and deleted, and what was made.

import * as v from 'valibot';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** An upload of one file under way: the parts that the bucket has, and where the next one begins. */
const UPLOAD = v.object({
  uploadId: v.nullable(v.string()),
  parts: v.array(v.object({ partNumber: count, etag: v.string() })),
  cursor: v.object({ chunk: count, byte: count }),
  bytes: count,
});

const MADE_FILE = v.object({ name: v.string(), bytes: count, etag: v.string() });

/** `trouble` is what went wrong last, null while all goes well. */
const WORK = { failures: count, trouble: v.nullable(v.string()) };

export const RECORDING_STATE = v.variant('phase', [
  /** The call is over, and its journal is read. */
  v.object({
    phase: v.literal('ending'),
    step: v.literal('survey'),
    endedAtMs: v.number(),
    ...WORK,
  }),
  /** The files are written one after another. */
  v.object({
    phase: v.literal('ending'),
    step: v.literal('files'),
    endedAtMs: v.number(),
    made: v.array(MADE_FILE),
    upload: UPLOAD,
    ...WORK,
  }),
  v.object({
    phase: v.literal('assembled'),
    endedAtMs: v.number(),
    assembledAtMs: v.number(),
    deleteAtMs: v.number(),
    made: v.array(MADE_FILE),
    ...WORK,
  }),
  /** By its age. */
  v.object({ phase: v.literal('deleted'), deletedAtMs: v.number() }),
]);

export type RecordingState = v.InferOutput<typeof RECORDING_STATE>;
export type MadeFile = v.InferOutput<typeof MADE_FILE>;
export type Upload = v.InferOutput<typeof UPLOAD>;

/** The upload of a file that has not begun. */
export const NOTHING_UPLOADED: Upload = {
  uploadId: null,
  parts: [],
  cursor: { chunk: 0, byte: 0 },
  bytes: 0,
};
