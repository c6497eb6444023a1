// What went wrong, and the sentence that says why.

import { describe, expect, it } from 'vitest';
import { CallAxis } from '../../../client/page/picture/call-axis.ts';
import type { Glitch } from '../../../client/page/picture/glitch.ts';
import { GlitchWatch } from '../../../client/page/picture/glitch-watch.ts';
import { whyLine } from '../../../client/page/picture/why-line.ts';
import { momentAt, statisticsAt } from '../../support/observed-lines.ts';

function glitch(kind: Glitch['kind'], atMs: number, changes: Partial<Glitch> = {}): Glitch {
  const { lengthMs = 0 } = changes;
  const nothing = { cause: null, bufferedMs: null, words: '' };
  return { kind, atMs, lengthMs, worstMs: lengthMs, ...nothing, ...changes };
}

describe('marks', () => {
  it('[O14] come from the rise of counters, and those that belong together are one', () => {
    const watch = new GlitchWatch();
    watch.statistics(statisticsAt(0, { playback: { underruns: 3 } }), 0);
    expect(watch.glitches.list).toEqual([]);
    watch.statistics(statisticsAt(100, { playback: { underruns: 9 } }), 100);
    watch.statistics(statisticsAt(200, { playback: { underruns: 12 } }), 200);
    watch.statistics(statisticsAt(3000, { playback: { underruns: 13 } }), 3000);
    expect(watch.glitches.list.map(({ atMs, lengthMs }) => [atMs, lengthMs])).toEqual([
      [100, 100],
      [3000, 0],
    ]);
    expect(watch.glitches.count('underrun')).toBe(2);
  });

  it('[O14] of a lag say where it came from, and what was buffered', () => {
    const watch = new GlitchWatch();
    const playback = { bufferedMs: 640 };
    watch.statistics(statisticsAt(0), 0);
    const small = { lagMs: 20, lagCause: 'network' } as const;
    watch.statistics(statisticsAt(100, { network: small, playback }), 100);
    const large = { lagMs: 300, lagCause: 'isolate' } as const;
    watch.statistics(statisticsAt(2000, { network: large, playback }), 2000);
    expect(watch.glitches.list).toEqual([
      glitch('lag', 1700, { lengthMs: 300, cause: 'isolate', bufferedMs: 640 }),
    ]);
  });

  it('[O14] of lags that belong together have the size of the largest', () => {
    const watch = new GlitchWatch();
    watch.statistics(statisticsAt(0), 0);
    for (const [atMs, lagMs] of [
      [1000, 400],
      [1200, 300],
    ] as const)
      watch.statistics(statisticsAt(atMs, { network: { lagMs, lagCause: 'network' } }), atMs);
    expect(watch.glitches.list).toEqual([
      glitch('lag', 600, { lengthMs: 600, worstMs: 400, cause: 'network', bufferedMs: 0 }),
    ]);
  });

  it('[O14] come from an observer’s moments where the page has no call of its own', () => {
    const watch = new GlitchWatch();
    const axis = new CallAxis();
    const { client, uplink } = momentAt(0);
    watch.line(momentAt(0), axis);
    watch.line(momentAt(250, { client: { ...client, underruns: 5 } }), axis);
    watch.line(
      momentAt(500, {
        client: { ...client, underruns: 5, networkLags: 1, lagMs: 200 },
        uplink: { ...uplink, overruns: 1 },
      }),
      axis,
    );
    expect(watch.glitches.list.map(({ kind }) => kind)).toEqual(['underrun', 'overrun', 'lag']);
  });

  it('[O14] tell absences, gaps, degradations and errors in their own words', () => {
    const watch = new GlitchWatch();
    const axis = new CallAxis();
    const format = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 } as const;
    const connected = { type: 'connected', connection: 2, epoch: 0, stream: 1, downlink: format };
    watch.line({ ...connected, type: 'connected', atMs: 5000, awayMs: 1200 }, axis);
    watch.line({ type: 'gap', atMs: 5000, fromSample: 16_000, lengthSamples: 3200 }, axis);
    const scoring = { type: 'degraded', part: 'scoring', reason: 'Loudness is measured.' } as const;
    watch.line({ ...scoring, atMs: 6000, level: 'queued' }, axis);
    watch.line({ ...scoring, atMs: 6000, level: 'energy' }, axis);
    watch.line({ type: 'error', atMs: 7000, code: 'agent', sentence: 'The agent failed.' }, axis);
    watch.pageStalled(8000, 40);
    watch.pageStalled(9000, 500);
    expect(watch.glitches.list).toEqual([
      glitch('away', 3800, { lengthMs: 1200 }),
      glitch('uplink-gap', 1000, { lengthMs: 200 }),
      glitch('scoring', 6000, { words: 'Loudness is measured.' }),
      glitch('error', 7000, { words: 'The agent failed.' }),
      glitch('page', 8500, { lengthMs: 500 }),
    ]);
  });
});

describe('the line that says why', () => {
  it('[O15] is calm when nothing went wrong', () => {
    expect(whyLine([])).toMatchObject({ state: 'calm', glitch: null });
  });

  it('[O15] says that a lag was carried, by how much', () => {
    const lag = glitch('lag', 4000, { lengthMs: 300, cause: 'network', bufferedMs: 640 });
    const { state, sentence } = whyLine([lag]);
    expect(state).toBe('carried');
    expect(sentence).toBe(
      '4.0 s: the network stood still for 300 ms; 640 ms were buffered. Nobody heard it.',
    );
  });

  it('[O15] names the longest cause of what was heard', () => {
    const { state, sentence } = whyLine([
      glitch('lag', 9000, { lengthMs: 90, cause: 'network', bufferedMs: 300 }),
      glitch('lag', 9500, { lengthMs: 1500, cause: 'isolate', bufferedMs: 610 }),
      glitch('underrun', 10_400, { lengthMs: 800 }),
    ]);
    expect(state).toBe('heard');
    expect(sentence).toBe(
      '10.4 s: the speaker ran dry for 800 ms (underrun). Because the isolate computed for 1500 ms; 610 ms were buffered.',
    );
  });

  it('[O15] blames neither the page nor what lies long before', () => {
    const { sentence } = whyLine([
      glitch('lag', 1000, { lengthMs: 500, cause: 'network' }),
      glitch('page', 9900, { lengthMs: 500 }),
      glitch('underrun', 10_000),
    ]);
    expect(sentence).toContain('Why is not known.');
  });

  it('[O15] goes on telling what was heard for a while after it', () => {
    const harm = glitch('underrun', 10_000, { lengthMs: 500 });
    const away = glitch('away', 9000, { lengthMs: 2600 });
    const later = (atMs: number) => glitch('lag', atMs, { lengthMs: 80, cause: 'network' });
    expect(whyLine([harm, away, later(16_000)]).sentence).toBe(
      '10.0 s: the speaker ran dry for 500 ms (underrun). Because the connection was gone for 2.6 s.',
    );
    expect(whyLine([harm, away, later(17_000)]).state).toBe('carried');
  });
});
