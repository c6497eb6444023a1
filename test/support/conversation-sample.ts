// The bundled conversation, read from its file.

import { readFileSync } from 'node:fs';
import { SCORER_RATE_HZ } from '../../core/voice/scorer.ts';
import { readWave } from '../../durable-objects/runtime/wave.ts';

/** The caller's audio at 16 kHz. */
export function readConversationSample(): Int16Array {
  const file = readFileSync(new URL('../../samples/conversation.wav', import.meta.url));
  return readWave(new Uint8Array(file).buffer, SCORER_RATE_HZ);
}
