// A conversation on a wire that loses and reorders, and whose player cannot hold.
import { describe, expect, it } from 'vitest';
import type { AudioGap } from '../../core/conversation/agent.ts';
import { conversationConfig } from '../../core/conversation/config.ts';
import { CallerTrack } from '../../core/recording/caller-track.ts';
import { Survey } from '../../core/recording/survey.ts';
import { HEADER_BYTES, PacketHeader, writeHeader } from '../../core/wire/packet.ts';
import { HELLO, rawConnection, type StartOptions, start } from '../support/engine-call.ts';
import type { EngineWorld } from '../support/engine-world.ts';
import { speechOf } from '../support/journal-rows.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { call, heardSpans, loud, say, tone } from '../support/telephone.ts';

const FRAME = 320;
const LONG_LEAD = conversationConfig({ leadMs: 1500, leadGrowthPct: 100 });

/** Notes what never came. */
class ListeningAgent extends ScriptedAgent {
  readonly gaps: AudioGap[] = [];

  gap(gap: AudioGap): void {
    this.gaps.push(gap);
  }
}

/** A wire that the test sends over: frame n is loud in `loudFrom … loudTo`, and was captured at n · 20 ms. */
function wire(options: StartOptions = {}, hello: object = { wire: 'unreliable', canHold: false }) {
  const agent = new ListeningAgent();
  const { world, engine } = start({ ...options, agent });
  const { text, binary, closes } = rawConnection(engine, 2);
  text({ ...HELLO, ...hello });
  const frame = (number: number, timestamp = number * FRAME) => {
    const bytes = new Uint8Array(HEADER_BYTES + 2 * FRAME);
    const header = new PacketHeader();
    header.sequence = number;
    header.timestamp = timestamp;
    writeHeader(bytes, header);
    const samples = new Int16Array(bytes.buffer, HEADER_BYTES);
    for (let n = 0; n < FRAME; n++) samples[n] = 5000 * ((n >> 4) % 2) + number;
    binary(bytes);
  };
  const at = (timeMs: number, ...numbers: number[]) => {
    world.runTo(timeMs);
    for (const number of numbers) frame(number);
  };
  const statistics = () => engine.engine.state(world.nowMs).statistics;
  return { agent, world, engine, text, closes, frame, at, statistics };
}

/** The caller's track as a recording has it, after the call. */
function recorded(engine: EngineWorld): Int16Array {
  engine.event((conversation, nowMs) => conversation.store(nowMs));
  const { nextRow = 0, packets, lines = [] } = engine.lastCheckpoint!.journal!;
  const rows = Array.from({ length: nextRow }, (_, number) => engine.journal.get(number)!);
  rows.push({ version: 1, number: nextRow, packets: packets!, lines });
  const survey = new Survey(speechOf(new Int16Array(0)));
  for (const row of rows) survey.take(row);
  const plan = survey.finish();
  const samples = new Int16Array(plan.lengthSamples);
  new CallerTrack(plan, { row: (number: number) => rows[number]! }).render(16_000, 0, samples);
  return samples;
}

describe('a wire that is not reliable', () => {
  it('[F1] gives up what does not come: zeros in its place, and the agent is told', () => {
    const { agent, at, statistics, closes } = wire();
    for (let n = 0; n < 30; n++) at(n * 20, n);
    for (let n = 33; n < 80; n++) at(n * 20, n);
    expect(statistics()).toMatchObject({ gapEvents: 1, gapSamples: 3 * FRAME, violations: 0 });
    expect(agent.gaps).toEqual([
      { kind: 'lost', fromSample: 30 * FRAME, lengthSamples: 3 * FRAME },
    ]);
    const from = agent.positions.indexOf(30 * FRAME);
    expect(agent.samples.slice(from, from + 3 * FRAME).every((sample) => sample === 0)).toBe(true);
    expect(agent.samples[from + 3 * FRAME]).toBe(33);
    expect(closes).toEqual([]);
  });

  it('[F1] waits on a reliable one', () => {
    const { at, statistics } = wire({}, {});
    for (let n = 0; n < 30; n++) at(n * 20, n);
    for (let n = 33; n < 80; n++) at(n * 20, n);
    expect(statistics()).toMatchObject({ gapEvents: 0, gapSamples: 0 });
  });

  it('[F1] puts in order what comes within the wait', () => {
    const { agent, at, statistics } = wire();
    at(0, 0);
    for (let n = 1; n < 81; n += 2) at(n * 20, n + 1, n);
    expect(statistics()).toMatchObject({ gapEvents: 0, packetsReceived: 81 });
    const { samples } = agent;
    expect(samples.length).toBeGreaterThan(40 * FRAME);
    const numbers = samples.filter((_, n) => n % FRAME === 0);
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
  });

  it('[F2] waits 60 ms at first, and 20 ms once the wire has proved to be in order', () => {
    const waited: number[] = [];
    for (const calm of [50, 6000]) {
      const { at, world, statistics } = wire();
      for (let n = 0; n < calm; n++) at(n * 20, n);
      at(calm * 20, calm + 1);
      const fromMs = world.nowMs;
      while (statistics().gapEvents === 0) world.runTo(world.nowMs + 1);
      waited.push(world.nowMs - fromMs);
    }
    expect(waited[0]).toBeGreaterThan(55);
    expect(waited[0]).toBeLessThanOrEqual(60);
    expect(waited[1]).toBe(20);
  });

  it('[F3] stores what comes after it was given up, where it belongs', () => {
    const { at, text, engine, statistics, agent } = wire({ isRecorded: true });
    for (let n = 0; n < 30; n++) at(n * 20, n);
    for (let n = 32; n < 50; n++) at(n * 20, n);
    expect(statistics().gapEvents).toBe(1);
    at(1010, 31, 30);
    for (let n = 50; n < 80; n++) at(n * 20, n);
    expect(statistics()).toMatchObject({ gapEvents: 1, packetsDiscarded: 2, violations: 0 });
    expect(agent.samples).not.toContain(30);
    text({ type: 'bye' });
    const track = recorded(engine);
    expect(Array.from({ length: 80 }, (_, n) => track[n * FRAME])).toEqual(
      Array.from({ length: 80 }, (_, n) => n),
    );
  });

  it('[F4] ends a turn no more than 60 ms later when its last 400 ms are lost', () => {
    const ends = [20, 0].map((lost) => {
      const { agent, world } = call({
        twilio: { voice: loud([1000, 2600]), loses: (n) => n >= 130 && n < 130 + lost },
      });
      world.runTo(6000);
      return agent.told.find((each) => each.kind === 'turn-ended')!.end.endSample / 16;
    });
    expect(Math.abs(ends[0]! - ends[1]!)).toBeLessThanOrEqual(60);
  });

  it('[F5] leaves out a packet whose timestamp contradicts another, and goes on', () => {
    const { at, frame, statistics, closes } = wire();
    at(0, 0, 1, 2);
    frame(3, FRAME);
    at(60, 4, 5, 6);
    for (let n = 7; n < 40; n++) at(n * 20, n);
    expect(statistics()).toMatchObject({ violations: 0, packetsDiscarded: 1, gapSamples: FRAME });
    expect(closes).toEqual([]);
  });

  it('[F6] has a lead of 600 ms at most, also after settings were changed', () => {
    for (const change of [false, true]) {
      const { agent, world, engine } = wire({ config: { leadMs: 1500, leadGrowthPct: 100 } });
      world.runTo(100);
      if (change) engine.event((each, nowMs) => each.configure(LONG_LEAD, nowMs));
      engine.event((each, nowMs) => each.outsideEvent(() => agent.say(tone(5000)), nowMs));
      const packets = engine.engine.state(world.nowMs).statistics.packetsSent;
      expect(packets).toBe(31);
    }
  });

  it('[F7] clears where it cannot hold, and plays on from the last pause when it was nothing', () => {
    const { agent, world } = call({ twilio: { voice: loud([3000, 3300]) } });
    world.runTo(500);
    const words = new Int16Array(16 * 6000);
    for (let ms = 0; ms < 6000; ms += 600) words.set(tone(400), ms * 16);
    say(world, agent, words);
    world.runTo(9500);
    expect(world.fake.clears).toHaveLength(1);
    expect(agent.kinds()).toEqual(['completed']);
    const spans = heardSpans(world);
    // The word that was cut short is said again, whole.
    const lengths = spans.map(([from, to]) => to - from);
    expect(lengths).toHaveLength(11);
    expect(lengths.filter((ms) => ms > 390 && ms <= 400)).toHaveLength(10);
  });
});
