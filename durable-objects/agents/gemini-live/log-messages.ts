// Entries of the log as the messages that they are sent as.

import { unreachable } from '../../../core/unreachable.ts';
import {
  ACTIVITY_END,
  ACTIVITY_START,
  AUDIO_STREAM_END,
  audioMessage,
  type ClientMessage,
  contentMessage,
  textMessage,
  toolResponseMessage,
} from './client-messages.ts';
import type { GeminiLiveOptions } from './options.ts';
import type { LogEntry } from './resend-log.ts';

export function messageOf(entry: LogEntry, { words }: GeminiLiveOptions): ClientMessage {
  switch (entry.kind) {
    case 'audio':
      return audioMessage(entry.samples);
    case 'activity-start':
      return ACTIVITY_START;
    case 'activity-end':
      return ACTIVITY_END;
    case 'stream-end':
      return AUDIO_STREAM_END;
    case 'history':
      // The service waits for its end, and answers nothing of it.
      return contentMessage(entry.contents, true);
    case 'words':
      return words === 'realtime'
        ? textMessage(entry.text)
        : contentMessage([{ role: 'user', text: entry.text }], entry.isAsking);
    case 'tool-response':
      return toolResponseMessage(entry.id, entry.name, entry.output);
    default:
      return unreachable(entry);
  }
}
