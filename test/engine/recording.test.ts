// A whole call is recorded, and what the recording says is what the caller's microphone heard.

import { expect, it } from 'vitest';
import { AgentTrack } from '../../core/recording/agent-track.ts';
import { CallerTrack } from '../../core/recording/caller-track.ts';
import type { JournalRow } from '../../core/recording/journal-row.ts';
import { Survey } from '../../core/recording/survey.ts';
import { parseTimelineLine } from '../../core/recording/timeline-line.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld } from '../support/engine-world.ts';
import { speechOf } from '../support/journal-rows.ts';
import { syllables } from '../support/leaky-listener.ts';
import { bestLikeness } from '../support/likeness.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';

const SECOND = 16_000;
const SPEECH = syllables(12 * SECOND, 21);
const END_MS = 16_000;
/** Samples that are compared at once. */
const PART = SECOND / 8;
/** From the loudspeaker to the microphone. */
const PATH_SAMPLES = 48;
const STALL_FROM_MS = 3000;
const STALL_TO_MS = 5200;

/** A call in which the microphone hears the loudspeaker, over a network that stalls once, breaks once, and forgets once. */
function recordedCall() {
  const world = new VirtualWorld();
  const options = { greeting: SPEECH, interruptible: false };
  let leaky: EngineWorld | null = null;
  // Read while the device is at that very sample: all before it have been heard.
  const microphone = new Proxy(new Int16Array(0), {
    get: (_samples, index) => {
      const heard = leaky?.heard[Number(index) - PATH_SAMPLES] ?? 0;
      return Math.round(0.3 * heard);
    },
  });
  leaky = new EngineWorld({
    world,
    agent: new ScriptedAgent(options),
    microphone,
    isRecorded: true,
    delayMs: (sentMs) =>
      sentMs >= STALL_FROM_MS && sentMs < STALL_TO_MS ? STALL_TO_MS - sentMs + 20 : 20,
  });
  const engine = leaky;
  world.at(7000, () => engine.cut());
  world.at(8700, () => engine.connect());
  world.at(11_000, () => engine.evict(new ScriptedAgent(), true));
  world.runTo(END_MS);
  engine.event((conversation, nowMs) => {
    conversation.end(false, 'The test is over.', nowMs);
    conversation.store(nowMs);
  });
  return engine;
}

/** The rows as they are stored, and what is in the last checkpoint only. */
function rowsOf(engine: EngineWorld): JournalRow[] {
  const rows = [...engine.journal.values()].sort((a, b) => a.number - b.number);
  const { nextRow = 0, packets, lines = [] } = engine.lastCheckpoint?.journal ?? {};
  if (packets !== undefined) rows.push({ version: 1, number: nextRow, packets, lines });
  return rows;
}

const CALL = (() => {
  const engine = recordedCall();
  return { engine, rows: rowsOf(engine) };
})();

it('[R6] lies within 20 ms of what the microphone heard through a stall, a reconnect and a lost memory', () => {
  const { rows } = CALL;
  const survey = new Survey(speechOf(SPEECH));
  for (const row of rows) survey.take(row);
  const plan = survey.finish();
  const caller = new Int16Array(plan.lengthSamples);
  new CallerTrack(plan, { row: (number) => rows[number] ?? null }).render(SECOND, 0, caller);
  const agent = new Int16Array(plan.lengthSamples);
  new AgentTrack(plan.runs, speechOf(SPEECH)).render(0, agent);

  // The network did what it was to do, and the whole of the speech was heard in the end.
  const lines = rows.flatMap((row) => row.lines.map((line) => parseTimelineLine(line)));
  expect(lines).not.toContain(null);
  const types = new Set(lines.map((line) => line?.type));
  for (const type of [
    'start',
    'stream',
    'generation',
    'heard',
    'restored',
    'disconnected',
    'end',
  ]) {
    expect(types).toContain(type);
  }
  expect(plan.runs.length).toBeGreaterThan(2);
  expect(plan.runs.at(-1)?.speechTo).toBe(SPEECH.length);

  let compared = 0;
  for (let from = 0; from + PART < agent.length; from += SECOND / 4) {
    const part = agent.subarray(from, from + PART);
    if (part.reduce((sum, sample) => sum + Math.abs(sample), 0) / part.length < 1000) continue;
    const { lag, correlation } = bestLikeness(part, caller, from + PATH_SAMPLES, 560);
    expect(correlation).toBeGreaterThan(0.15);
    expect(Math.abs(lag - from - PATH_SAMPLES) / 16).toBeLessThanOrEqual(20);
    compared++;
  }
  expect(compared).toBeGreaterThan(30);
});

it('[R1] says bit for bit what the caller said, over a reconnect and a lost memory', () => {
  const { engine, rows } = CALL;
  const survey = new Survey(speechOf(SPEECH));
  for (const row of rows) survey.take(row);
  const plan = survey.finish();
  expect(plan.caller.gaps).toEqual([]);
  const caller = new Int16Array(plan.lengthSamples);
  new CallerTrack(plan, { row: (number) => rows[number] ?? null }).render(SECOND, 0, caller);
  const captured = Int16Array.from({ length: caller.length }, (_, index) =>
    Math.round(0.3 * (engine.heard[index - PATH_SAMPLES] ?? 0)),
  );
  expect(caller.length).toBeGreaterThan(15 * SECOND);
  const longest = Math.floor(END_MS / 20 - 5) * 320;
  expect(caller.subarray(0, longest)).toEqual(captured.subarray(0, longest));
});
