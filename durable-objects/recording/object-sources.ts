// What an object has stored for its recording: its journal and the agent's speech.

import type { JournalSource } from '../../core/recording/caller-track.ts';
import type { JournalRow } from '../../core/recording/journal-row.ts';
import type { RowMeter } from '../runtime/row-meter.ts';
import type { RecordingSources } from './recording-maker.ts';
import { type SpeechBlocks, StoredSpeech } from './stored-speech.ts';

/** Keys under which the two are stored. */
const PREFIXES = ['journal/', 'speech/'] as const;

/** Keys deleted before others get their turn. */
const DELETED_AT_ONCE = 128;

/** Reads a row once for all the seconds in it. */
class LastRow implements JournalSource {
  readonly #journal: JournalSource;
  #number = -1;
  #row: JournalRow | null = null;

  constructor(journal: JournalSource) {
    this.#journal = journal;
  }

  row(number: number): JournalRow | null {
    if (number !== this.#number) {
      this.#row = this.#journal.row(number);
      this.#number = number;
    }
    return this.#row;
  }
}

/** Where they are read, and how they are deleted. */
interface SourcePorts {
  readonly journal: JournalSource;
  readonly speech: SpeechBlocks;
  readonly meter: RowMeter;
  /** Called between two batches of deletions. */
  readonly breathe: () => Promise<void>;
}

export function objectSources(
  kv: SyncKvStorage,
  { journal, speech, meter, breathe }: SourcePorts,
): RecordingSources {
  return {
    journal: new LastRow(journal),
    speech: new StoredSpeech(speech),
    drop: async () => {
      for (const prefix of PREFIXES) {
        for (;;) {
          const entries = [...kv.list({ prefix, limit: DELETED_AT_ONCE })];
          if (entries.length === 0) break;
          for (const [key] of entries) kv.delete(key);
          meter.wrote('deletion', entries.length);
          await breathe();
        }
      }
    },
  };
}
