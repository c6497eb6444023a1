// What a developer asks for when a conversation is created: whether it is recorded, as what, for how long, and who is told.

import * as v from 'valibot';
import { RECORDING_FILES, type RecordingFileName } from '../../core/recording/chunked-file.ts';

const FILE_NAMES = Object.keys(RECORDING_FILES) as RecordingFileName[];

/** Longest time that a recording is kept, in days: ten years. */
const LONGEST_RETENTION_DAYS = 3650;

export const RECORDING_SETTINGS = v.strictObject({
  /** Files to make; the timeline is always among them. */
  files: v.pipe(
    v.optional(v.array(v.picklist(FILE_NAMES)), ['caller.wav', 'agent.wav']),
    v.transform((names): RecordingFileName[] => [
      ...new Set([...names, 'timeline.jsonl' as const]),
    ]),
  ),
  /** Days after the end of the call at which the recording is deleted. */
  retentionDays: v.optional(
    v.pipe(v.number(), v.minValue(1 / 1440), v.maxValue(LONGEST_RETENTION_DAYS)),
    30,
  ),
});

export type RecordingSettings = v.InferOutput<typeof RECORDING_SETTINGS>;

/** Where events of the conversation are sent. */
export const WEBHOOK_SETTINGS = v.strictObject({ url: v.pipe(v.string(), v.maxLength(2000)) });
