// The picture of a call: how lines and statistics become spans, waveforms and marks on one axis.

import { describe, expect, it } from 'vitest';
import { CallAxis } from '../../../client/page/picture/call-axis.ts';
import { PictureModel } from '../../../client/page/picture/picture-model.ts';
import { SoundColumns } from '../../../client/page/picture/sound-columns.ts';
import { columnsOf, parseLines } from '../../../client/page/picture/timeline-file.ts';
import type { ObservedLine } from '../../../core/observation/observed-line.ts';
import { ObserverSocket, observedCall, SPOKEN } from '../../support/observed-call.ts';
import { momentAt, statisticsAt } from '../../support/observed-lines.ts';

const STREAM: ObservedLine = {
  type: 'stream',
  atMs: 500,
  stream: 7,
  codec: 'pcm16',
  rateHz: 24_000,
  frameMs: 20,
  baseSample: 0,
};

describe('the axis', () => {
  it('[O12] places the engine’s clock by the sound that came fastest', () => {
    const axis = new CallAxis();
    axis.stream(500, 24_000, 0);
    axis.known(1500, 16 * 900);
    axis.known(2500, 16 * 1960);
    axis.known(3500, 16 * 2700);
    expect(axis.at(2540)).toBe(2000);
    expect(axis.at(100)).toBe(0);
    expect(axis.atTimestamp(3000, 24_000)).toBe(1000);
  });

  it('[O12] begins anew with each capture stream, where the last one ended', () => {
    const axis = new CallAxis();
    axis.stream(0, 16_000, 0);
    axis.known(1000, 16 * 1000);
    axis.stream(61_000, 16_000, 16 * 1000);
    axis.known(62_050, 16 * 2000);
    expect(axis.at(900)).toBe(900);
    expect(axis.at(62_050)).toBe(2000);
    expect(axis.streamStartMs).toBe(1000);
  });
});

describe('a whole call', () => {
  const socket = new ObserverSocket();
  observedCall([socket]);
  const model = new PictureModel();
  for (const message of socket.messages) model.take(parseLines(message));

  it('[O12] has turns and speech where the caller spoke', () => {
    expect(model.turns).toHaveLength(SPOKEN.length);
    for (const [index, [fromMs, toMs]] of SPOKEN.entries()) {
      const { startMs, endMs } = model.turns[index]!;
      expect(Math.abs(startMs - fromMs)).toBeLessThan(350);
      expect(Math.abs(endMs! - toMs)).toBeLessThan(150);
      const isFound = model.speech.some(
        (span) => span.startMs < toMs && (span.endMs ?? toMs) > fromMs,
      );
      expect(isFound).toBe(true);
    }
  });

  it('[O13] has the agent where it was heard, with its sound', () => {
    expect(model.runs.runs).toHaveLength(SPOKEN.length);
    for (const [index, { startMs, endMs }] of model.runs.runs.entries()) {
      const spokenEndMs = SPOKEN[index]![1];
      expect(startMs).toBeGreaterThan(spokenEndMs);
      const middle = Math.round((startMs + endMs) / 20);
      expect(model.agent.highAt(middle)).toBeGreaterThan(0.05);
      expect(model.agent.highAt(Math.round(spokenEndMs / 10))).toBe(0);
    }
  });

  it('[O12] has each answer’s stages, and nothing went wrong', () => {
    expect(model.answers.map(({ turn }) => turn)).toEqual([1, 2]);
    for (const { stages, totalMs } of model.answers) {
      const sum = stages.reduce((all, { ms }) => all + (ms ?? 0), 0);
      expect(sum).toBeGreaterThan(300);
      expect(totalMs).toBeGreaterThan(sum - 100);
    }
    expect(model.watch.glitches.list).toEqual([]);
  });

  it('[O16] is the same when what was observed is opened from a file', () => {
    const lines = parseLines(`${socket.messages.join('\n')}\n\nno line\n{"type":"later"}\n`);
    const opened = new PictureModel(columnsOf(lines));
    opened.take(lines);
    expect(opened.turns).toEqual(model.turns);
    expect(opened.runs.runs.map(({ utterance }) => utterance)).toEqual([1, 2]);
    expect(columnsOf(lines)).toBe(2048);
    expect(opened.caller.endMs).toBe(model.caller.endMs);
  });

  it('[O16] can be drawn from the lines of a recording alone, without moments', () => {
    const lines = socket.lines.filter(({ type }) => type !== 'moment');
    const opened = new PictureModel(columnsOf(lines));
    opened.take(lines);
    for (const [index, { startMs }] of opened.runs.runs.entries())
      expect(Math.abs(startMs - model.runs.runs[index]!.startMs)).toBeLessThan(50);
    expect(opened.buffer.times.length).toBeGreaterThan(5);
  });
});

describe('holds', () => {
  it('[O13] last from hold to release or clear, and a run goes on after its release', () => {
    const model = new PictureModel();
    const held = { type: 'interruption', generation: 1 } as const;
    model.take([
      STREAM,
      { type: 'generation', atMs: 600, generation: 1, utterance: 1, speechStart: 0, ratio: 1 },
      momentAt(1000, { endSample: 16 * 1000 }),
      heardAt(2000, 16 * 800),
      { ...held, atMs: 2000, stage: 'held' },
      { ...held, atMs: 2600, stage: 'released', fromSample: 16 * 800 },
      heardAt(2800, 16 * 1000),
      { ...held, atMs: 3000, stage: 'cleared' },
    ]);
    expect(model.holds).toEqual([{ startMs: 2000, endMs: 2600, ending: 'released' }]);
    expect(model.clears).toEqual([3000]);
    expect(model.runs.runs.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [1200, 2000],
      [2600, 2800],
    ]);
  });
});

describe('the page’s own call', () => {
  it('[O12] gives the waveforms itself, on the axis of its own stream', () => {
    const model = new PictureModel();
    model.take([{ ...STREAM, baseSample: 16_000 }]);
    const column = { atMs: 40, low: -0.5, high: 0.25 };
    model.takeStatistics(statisticsAt(100, { uplink: { columns: [{ ...column, muted: false }] } }));
    expect(model.caller.lowAt(104)).toBe(-0.5);
    expect(model.caller.highAt(104)).toBe(0.25);
    model.take([
      momentAt(2000, { endSample: 32_000, level: { fromSample: 16_640, peaks: [255, 255] } }),
    ]);
    expect(model.caller.highAt(104)).toBe(0.25);
  });
});

describe('columns', () => {
  it('[O12] keep the newest, and are silent where nothing is known', () => {
    const columns = new SoundColumns(64);
    columns.set(0, 10, -1, 1);
    columns.set(600, 620, -0.5, 0.5);
    expect([columns.highAt(0), columns.highAt(30), columns.highAt(61)]).toEqual([1, 0, 0.5]);
    columns.set(700, 710, 0, 0.25);
    expect([columns.highAt(0), columns.highAt(61), columns.highAt(70)]).toEqual([0, 0.5, 0.25]);
    columns.set(0, 10, -1, 1);
    expect(columns.highAt(64)).toBe(0);
    expect(columns.endMs).toBe(710);
  });
});

function heardAt(atMs: number, playedSamples: number): ObservedLine {
  return {
    type: 'heard',
    atMs,
    cause: 'report',
    generation: 1,
    playedSamples,
    stream: null,
    uplinkTimestamp: null,
  };
}
