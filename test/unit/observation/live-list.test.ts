// The list of live conversations: how often they report, and how they are ranked.

import { expect, it } from 'vitest';
import type { ConversationState } from '../../../core/conversation/conversation-state.ts';
import { emptyStatistics } from '../../../core/conversation/statistics.ts';
import { LiveRanking } from '../../../durable-objects/observation/live-ranking.ts';
import { type LiveReport, LiveReporter } from '../../../durable-objects/observation/live-report.ts';

function report(conversation: string, changes: Partial<LiveReport> = {}): LiveReport {
  return {
    conversation,
    agent: 'parrot',
    connected: true,
    scoringLevel: 'full',
    turns: 0,
    underruns: 0,
    concealedMs: 0,
    roundTripMs: null,
    networkLags: 0,
    isolateLags: 0,
    overruns: 0,
    gapEvents: 0,
    windowsSkipped: 0,
    ...changes,
  };
}

const names = (ranking: LiveRanking, nowMs: number): string[] =>
  ranking.worst(10, nowMs).map(({ conversation }) => conversation);

it('[O9] ranks by what went wrong between the last two reports, then by all that did', () => {
  const ranking = new LiveRanking();
  ranking.take(report('calm'), 0);
  ranking.take(report('was bad', { underruns: 500 }), 0);
  ranking.take(report('is bad'), 0);
  ranking.take(report('was bad', { underruns: 500 }), 30_000);
  ranking.take(report('is bad', { underruns: 40 }), 30_000);
  expect(names(ranking, 30_000)).toEqual(['is bad', 'was bad', 'calm']);
  ranking.take(report('calm', { scoringLevel: 'skip' }), 30_000);
  expect(names(ranking, 30_000)[0]).toBe('calm');
  ranking.remove('calm');
  expect(ranking.worst(1, 30_000)).toHaveLength(1);
  expect(ranking.size).toBe(2);
});

it('[O9] forgets a conversation that has not reported for ten minutes', () => {
  const ranking = new LiveRanking();
  ranking.take(report('one'), 0);
  ranking.take(report('other'), 30_000);
  expect(names(ranking, 600_000)).toHaveLength(2);
  expect(names(ranking, 600_001)).toEqual(['other']);
});

it('[O10] reports at once, then every 30 s at most, and its end once', () => {
  const told: string[] = [];
  const list = {
    report: (each: LiveReport) => Promise.resolve(void told.push(each.conversation)),
    end: (conversation: string) => Promise.resolve(void told.push(`end of ${conversation}`)),
  };
  const reporter = new LiveReporter(list, () => undefined);
  const state = { id: 'a', agent: 'x', statistics: emptyStatistics() } as ConversationState;
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 20) reporter.eventDone(nowMs, () => state);
  reporter.end('a');
  reporter.end('a');
  reporter.eventDone(200_000, () => state);
  expect(told).toEqual(['a', 'a', 'a', 'end of a']);
});

it('[O10] asks for nothing where there is no list', () => {
  const reporter = new LiveReporter(null, () => undefined);
  let asked = 0;
  reporter.eventDone(0, () => {
    asked++;
    throw new Error('Nobody wants to know.');
  });
  reporter.end('a');
  expect(asked).toBe(0);
});
