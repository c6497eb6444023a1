// The picture of a call, as text.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CallTrace } from '../../../client/node/call-trace.ts';
import { CommandError } from '../../../client/node/command-error.ts';
import { DEFAULT_FORMAT } from '../../../client/node/conversation-client.ts';
import { conversationPicture } from '../../../client/node/conversation-picture.ts';
import { writePicture } from '../../../client/node/picture-file.ts';
import { LEFT, RIGHT } from '../../../client/node/picture-layout.ts';
import type { PicturedCall } from '../../../client/node/picture-rows.ts';
import type { TimelineEvent } from '../../../client/node/timeline-event.ts';
import { Playback } from '../../../client/session/playback.ts';

const SUMMARY: PicturedCall['record']['summary'] = {
  ...{ turns: 1, utterances: 1, underruns: 0, overruns: 0, concealedMs: 0, scorer: 'kernel' },
  ...{ replyLatencyMs: { median: 641, max: 641 }, lagMs: { p50: 0, p99: 0, max: 0 } },
  lagByCause: { network: { count: 0, maxMs: 0 }, isolate: { count: 0, maxMs: 0 } },
};

const EVENTS: readonly TimelineEvent[] = [
  { kind: 'hold', atMs: 500 },
  { kind: 'clear', atMs: 900 },
  { kind: 'turn-started', atMs: 700, turn: 1, startMs: 300, continues: null },
  {
    ...{ kind: 'turn-ended', atMs: 2600, turn: 1, startMs: 300, endMs: 2000 },
    ...{ leftAtMs: 2010, reason: 'silence' },
  },
  { kind: 'utterance-started', atMs: 2640, utterance: 1 },
  { kind: 'utterance-audible', atMs: 2650.6, utterance: 1 },
  {
    ...{ kind: 'utterance-ended', atMs: 5000, utterance: 1 },
    ...{ reason: 'completed', heardMs: 2349 },
  },
];

/** A call of 10 s in which the caller says a second of noise at full scale. */
function call(record: Partial<PicturedCall['record']> = {}): PicturedCall {
  const said = Int16Array.from({ length: 16_000 }, (_, n) => (n % 2 === 0 ? 20_000 : -20_000));
  const heard = new Int16Array(160_000);
  heard[80_000] = 10_000;
  return {
    ...{ title: 'A call', said },
    record: { events: EVENTS, heard, trace: new CallTrace(), summary: SUMMARY, ...record },
  };
}

/** What the element with this class and name has in this attribute, each of them. */
function attributes(svg: string, name: string, classes: string, attribute: string): string[] {
  const elements = svg.match(new RegExp(`<${name} class="${classes}"[^>]*>`, 'g')) ?? [];
  return elements.map((text) => new RegExp(` ${attribute}="([^"]*)"`).exec(text)?.[1] ?? '');
}

function trace(underrunsAtMs: readonly number[], leadMs: number): CallTrace {
  const trace = new CallTrace();
  const status = new Playback({ format: DEFAULT_FORMAT }).status;
  let underruns = 0;
  for (let atMs = 10; atMs <= 10_000; atMs += 10) {
    if (underrunsAtMs.includes(atMs)) underruns++;
    trace.block({ ...status, bufferedMs: leadMs, underruns }, atMs);
  }
  return trace;
}

const xAt = (atMs: number) => LEFT + ((RIGHT - LEFT) * atMs) / 10_000;

describe('the picture', () => {
  it('[X24] needs nothing from elsewhere, runs nothing, and knows light and dark', () => {
    const svg = conversationPicture(call());
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*<\/svg>\n$/s);
    expect(svg).not.toMatch(/<script|<image|<use|href=|url\(|@import|\bon\w+=/);
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
  });

  it('[X24] grows no curves when the call is longer', () => {
    const noise = Int16Array.from({ length: 160_000 }, (_, n) => (n * 7919) % 32_768);
    const longNoise = Int16Array.from({ length: 9_600_000 }, (_, n) => (n * 7919) % 32_768);
    const short = conversationPicture({ ...call({ heard: noise }), said: noise });
    const long = conversationPicture({ ...call({ heard: longNoise }), said: longNoise });
    expect(short.length).toBeGreaterThan(40_000);
    expect(Math.max(short.length, long.length)).toBeLessThan(80_000);
  });

  it('[X24] can be drawn of a call that ended before it began', () => {
    const svg = conversationPicture(call({ events: [], heard: new Int16Array() }));
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('[X25] has both waveforms on the same scale', () => {
    const svg = conversationPicture(call());
    const peakPx = (classes: string) => {
      const [outline] = attributes(svg, 'path', classes, 'd');
      const ys = [...outline!.matchAll(/ ([\d.]+)/g)].map(([, y]) => Number(y));
      return ys.at(-450)! - Math.min(...ys);
    };
    expect(peakPx('wave caller caller-line')).toBe(36);
    expect(peakPx('wave agent agent-line')).toBe(18);
  });

  it('[X25] shows the lead, and says how much it was at most', () => {
    const svg = conversationPicture(call({ trace: trace([], 612.5) }));
    expect(svg).toContain('≤ 613 ms');
    const [outline] = attributes(svg, 'path', 'level lead', 'd');
    expect(new Set([...outline!.matchAll(/ ([\d.]+)/g)].map(([, y]) => y)).size).toBe(2);
  });

  it('[X26] has turns, utterances and holds at their times', () => {
    const svg = conversationPicture(call());
    const span = (classes: string) => {
      const [x] = attributes(svg, 'rect', classes, 'x');
      const [width] = attributes(svg, 'rect', classes, 'width');
      return [Number(x), Number(width)];
    };
    const [turnX, turnPx] = span('span caller');
    expect(turnX).toBeCloseTo(xAt(300), 0);
    expect(turnPx).toBeCloseTo(xAt(2000) - xAt(300), 0);
    expect(span('span agent')[0]).toBeCloseTo(xAt(2650.6), 0);
    expect(span('band hold')[0]).toBeCloseTo(xAt(500), 0);
    expect(svg).toContain('held, cleared');
  });

  it('[X27] measures the reply from the last speech sample sent to the first sound', () => {
    const svg = conversationPicture(call());
    const [line] = attributes(svg, 'path', 'line ink-line', 'd');
    const [fromX, , toX] = [...line!.matchAll(/[MH]([\d.]+)/g)].slice(1).map(([, x]) => Number(x));
    expect(fromX).toBeCloseTo(xAt(2010), 0);
    expect(toX).toBeCloseTo(xAt(2650.6), 0);
    expect(svg).toContain('>641 ms<');
    const unanswered = EVENTS.filter(({ kind }) => kind !== 'utterance-audible');
    expect(conversationPicture(call({ events: unanswered }))).not.toContain('ink-line"');
  });

  it('[X27] marks underruns in red where they were, and nothing when there were none', () => {
    const underruns = { trace: trace([3000, 6000], 40), summary: { ...SUMMARY, underruns: 2 } };
    const svg = conversationPicture(call(underruns));
    const [marks] = attributes(svg, 'path', 'line fault-line', 'd');
    const xs = [...marks!.matchAll(/M([\d.]+)/g)].map(([, x]) => Math.floor(Number(x)));
    expect(xs).toEqual([Math.floor(xAt(3000)), Math.floor(xAt(6000))]);
    expect(svg).toContain('<tspan class="fault">2 underruns</tspan>');
    const clean = conversationPicture(call({ trace: trace([], 40) }));
    expect(clean).not.toContain('class="line fault-line"');
    expect(clean).toContain('<tspan class="muted">no underruns</tspan>');
  });

  it('[X29] tells what it shows to those who cannot see it', () => {
    const svg = conversationPicture(call());
    expect(svg).toContain('role="img" aria-labelledby="call-title call-words"');
    expect(svg).toContain('<title id="call-title">A call</title>');
    const [, words] = /<desc id="call-words">(.*)<\/desc>/.exec(svg)!;
    expect(words).toContain('turn 1 from 0.30 s to 2.00 s, answered after 641 ms');
    expect(words).toContain('utterance 1 from 2.65 s to 5.00 s');
    expect(words).toMatch(/no underruns\.$/);
  });

  it('[X29] takes no word from outside for a part of the drawing', () => {
    const svg = conversationPicture({ ...call(), title: '</title><script>"&' });
    expect(svg).toContain('&lt;/title&gt;&lt;script&gt;&quot;&amp;');
    expect(svg).not.toContain('<script');
  });
});

describe('its file', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('[X24] is written where it was asked for, and only then', async () => {
    const told = vi.spyOn(console, 'log').mockImplementation(() => {});
    const folder = await mkdtemp(join(tmpdir(), 'picture-'));
    const path = join(folder, 'call.svg');
    await writePicture(null, call());
    expect(told).not.toHaveBeenCalled();
    await writePicture(path, call());
    expect(await readFile(path, 'utf8')).toBe(conversationPicture(call()));
    expect(told).toHaveBeenCalledWith(`  A picture of the call is in ${path}.`);
    const fault = writePicture(join(folder, 'missing', 'call.svg'), call());
    await expect(fault).rejects.toThrow(CommandError);
    await expect(fault).rejects.toThrow(/^The picture cannot be written: /);
    await rm(folder, { recursive: true });
  });
});
