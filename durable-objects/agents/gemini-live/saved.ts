// The state of a dialogue, as it is stored with the conversation's.

import * as v from 'valibot';
import { CALLER_VOICE_SNAPSHOT } from './caller-voice.ts';
import { MODEL_TURN_SNAPSHOT } from './model-turn.ts';
import { RESEND_LOG_SNAPSHOT } from './resend-log.ts';
import { TRANSCRIPTS_SNAPSHOT } from './transcripts.ts';

export const DIALOGUE_SNAPSHOT = v.object({
  handle: v.nullable(v.string()),
  hadSession: v.boolean(),
  log: RESEND_LOG_SNAPSHOT,
  turn: MODEL_TURN_SNAPSHOT,
  transcripts: TRANSCRIPTS_SNAPSHOT,
  caller: CALLER_VOICE_SNAPSHOT,
  isGreeted: v.boolean(),
});
export type DialogueSnapshot = v.InferOutput<typeof DIALOGUE_SNAPSHOT>;
