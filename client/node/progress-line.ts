// Shows how far a call is, below the timeline: one line that is rewritten on a terminal, now and then a line elsewhere.

import type { WriteStream } from 'node:tty';
import type { CallProgress } from './live-call.ts';
import { seconds, type TimelineEvent, timelineLine } from './timeline-event.ts';

/** Where nothing can be rewritten, a line this often shows that the call goes on. */
const PLAIN_INTERVAL_MS = 10_000;

const RETURN_AND_ERASE = '\r\u001b[2K';

/** Writes a timeline and a progress line to one stream without mixing them up. */
export class ProgressLine {
  readonly #out: Pick<WriteStream, 'write' | 'isTTY'>;
  #shown = '';
  #plainDueMs = PLAIN_INTERVAL_MS;

  constructor(out: Pick<WriteStream, 'write' | 'isTTY'>) {
    this.#out = out;
  }

  event(event: TimelineEvent): void {
    this.#write(`${timelineLine(event)}\n${this.#shown}`);
  }

  progress(progress: CallProgress): void {
    const line = progressText(progress);
    if (this.#out.isTTY) {
      this.#shown = line;
      this.#write(line);
    } else if (progress.atMs >= this.#plainDueMs) {
      this.#plainDueMs += PLAIN_INTERVAL_MS;
      this.#write(`${line}\n`);
    }
  }

  /** Takes the progress line away. */
  end(): void {
    this.#shown = '';
    this.#write('');
  }

  #write(text: string): void {
    this.#out.write(this.#out.isTTY ? RETURN_AND_ERASE + text : text);
  }
}

function progressText({ atMs, voiceMs, callerSpeaks, agentSpeaks }: CallProgress): string {
  const voice = atMs < voiceMs ? ` of ${seconds(voiceMs)}` : ', the recording is over';
  const caller = callerSpeaks ? 'speaks' : 'silent';
  const agent = agentSpeaks ? 'speaks' : 'silent';
  return `${seconds(atMs).padStart(9)}${voice}; caller ${caller}, agent ${agent}`;
}
