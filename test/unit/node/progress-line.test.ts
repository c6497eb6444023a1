// What a call looks like in a terminal, and in a file.

import { expect, it } from 'vitest';
import { ProgressLine } from '../../../client/node/progress-line.ts';

function screen(isTTY: boolean): { line: ProgressLine; text: () => string } {
  let text = '';
  const out = {
    isTTY,
    write(written: string) {
      text += written;
      return true;
    },
  };
  return {
    line: new ProgressLine(out as ConstructorParameters<typeof ProgressLine>[0]),
    text: () => text,
  };
}

const at = (atMs: number) => ({ atMs, voiceMs: 20_000, callerSpeaks: true, agentSpeaks: false });

it('[X13] rewrites one line on a terminal, and keeps it below the timeline', () => {
  const { line, text } = screen(true);
  line.progress(at(1500));
  line.event({ kind: 'utterance-started', atMs: 1600, utterance: 3 });
  line.end();
  const [first, second, third, last] = text().split('\r\u001b[2K').slice(1);
  expect(first).toBe('   1.50 s of 20.00 s; caller speaks, agent silent');
  expect(second).toBe(`   1.60 s  agent    utterance 3 started\n${first}`);
  expect([third, last]).toEqual(['', undefined]);
});

it('[X13] writes plain lines elsewhere: the timeline, and every ten seconds how far the call is', () => {
  const { line, text } = screen(false);
  for (let atMs = 0; atMs <= 21_000; atMs += 100) line.progress(at(atMs));
  line.event({ kind: 'clear', atMs: 21_000 });
  line.end();
  expect(text()).toBe(
    [
      '  10.00 s of 20.00 s; caller speaks, agent silent',
      '  20.00 s, the recording is over; caller speaks, agent silent',
      '  21.00 s  agent    cleared: the caller has the floor',
      '',
    ].join('\n'),
  );
});
