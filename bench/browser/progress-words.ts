// Says how far a benchmark is: in one line that is rewritten on a terminal, now and then in a line elsewhere.

import type { WriteStream } from 'node:tty';

/** Where nothing can be rewritten, a line this often shows that something goes on. */
const PLAIN_INTERVAL_MS = 10_000;

const RETURN_AND_ERASE = '\r\u001b[2K';

/** No words take the line away. */
export function progressWords(out: Pick<WriteStream, 'write' | 'isTTY'>): (words: string) => void {
  let dueMs = 0;
  return (words) => {
    if (out.isTTY) {
      out.write(RETURN_AND_ERASE + words);
    } else if (words !== '' && performance.now() >= dueMs) {
      dueMs = performance.now() + PLAIN_INTERVAL_MS;
      out.write(`${words}\n`);
    }
  };
}
