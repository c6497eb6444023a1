import { describe, expect, it } from 'vitest';
import {
  Storyteller,
  type StorytellerOptions,
} from '../../../durable-objects/agents/storyteller.ts';
import { RecordingHost } from './recording-host.ts';

const RATE_HZ = 16_000;
/** Ten seconds whose samples say where they are from. */
const STORY = Int16Array.from({ length: 10 * RATE_HZ }, (_, index) => index % 32_000);

class Stage {
  readonly host = new RecordingHost();
  readonly agent: Storyteller;
  nowMs: number;

  constructor(agent: Storyteller, nowMs: number) {
    this.agent = agent;
    this.nowMs = nowMs;
  }

  /** Ticks at every deadline up to a time. */
  runTo(nowMs: number): void {
    while (this.agent.nextDeadlineMs <= nowMs) {
      this.nowMs = Math.max(this.nowMs, this.agent.nextDeadlineMs);
      this.agent.tick(this.nowMs);
    }
    this.nowMs = nowMs;
  }

  turn(turn: number): void {
    this.agent.turnStarted({ turn, startSample: 0, continues: null });
    this.agent.turnEnded({ turn, startSample: 0, endSample: 100, reason: 'silence' }, this.nowMs);
  }

  /** The caller takes the floor after hearing this much of the current utterance. */
  interrupt(heardSamples: number): void {
    const utterance = this.host.utterances.length;
    this.host.interrupt();
    this.agent.interrupted(this.heard(utterance, heardSamples), this.nowMs);
  }

  complete(): void {
    const utterance = this.host.utterances.length;
    this.agent.completed(this.heard(utterance, this.host.at(utterance).samples.length));
  }

  heard(utterance: number, heardSamples: number) {
    const givenSamples = this.host.at(utterance).samples.length;
    return { utterance, heardSamples, givenSamples, source: 'reported' } as const;
  }
}

const DEFAULTS: StorytellerOptions = { speed: 2, speaksFirst: true, interruptible: true };

async function staged(options: Partial<StorytellerOptions> = {}, saved?: unknown): Promise<Stage> {
  const nowMs = 1000;
  const story = Promise.resolve(STORY);
  const agent = new Storyteller({ ...DEFAULTS, ...options }, story, (run) => run(nowMs));
  const stage = new Stage(agent, nowMs);
  agent.open(stage.host);
  if (saved !== undefined) agent.restore(saved, nowMs);
  await story;
  await Promise.resolve();
  return stage;
}

describe('storyteller', () => {
  it('[G5] gives 200 ms at once and then, every 100 ms, 100 ms times its speed', async () => {
    const stage = await staged({ speed: 1.3 });
    stage.runTo(1300);
    expect(stage.host.at(1).bursts).toEqual([3200, 2080, 2080, 2080]);
    expect(stage.host.at(1).samples).toEqual([...STORY.subarray(0, 3200 + 3 * 2080)]);
  });

  it('[G5] gives after a late tick what it owes, and keeps its times', async () => {
    const stage = await staged({ speed: 1 });
    stage.runTo(1100);
    stage.nowMs = 1450;
    stage.agent.tick(1450);
    expect(stage.host.at(1).bursts).toEqual([3200, 1600, 3 * 1600]);
    expect(stage.agent.nextDeadlineMs).toBe(1500);
  });

  it('[G6] waits for the first turn when it does not speak first', async () => {
    const stage = await staged({ speaksFirst: false });
    stage.runTo(5000);
    expect(stage.host.utterances).toHaveLength(0);
    stage.turn(1);
    stage.runTo(5000);
    expect(stage.host.utterances).toHaveLength(1);
  });

  it('[G7] says nothing after an interruption until a turn has ended, and goes on from what was heard', async () => {
    const stage = await staged();
    stage.runTo(2000);
    stage.interrupt(5000);
    stage.runTo(60_000);
    expect(stage.host.utterances).toHaveLength(1);
    stage.agent.turnStarted({ turn: 1, startSample: 0, continues: null });
    stage.runTo(61_000);
    expect(stage.host.utterances).toHaveLength(1);
    stage.turn(1);
    stage.runTo(61_100);
    expect(stage.host.at(2).samples).toEqual([...STORY.subarray(5000, 5000 + 3200 + 3200)]);
  });

  it('[G7] counts typed words as a turn', async () => {
    const stage = await staged({ speaksFirst: false });
    stage.agent.text('go on', stage.nowMs);
    stage.runTo(stage.nowMs);
    expect(stage.host.utterances).toHaveLength(1);
  });

  it('[G8] goes on at once when the turn that cut it short had ended before it learned how much was heard', async () => {
    const stage = await staged();
    stage.runTo(2000);
    stage.host.interrupt();
    stage.turn(1);
    stage.runTo(2500);
    expect(stage.host.utterances).toHaveLength(1);
    stage.agent.interrupted(stage.heard(1, 800), 2500);
    stage.runTo(2500);
    expect(stage.host.at(2).samples[0]).toBe(800);
  });

  it('[G8] takes a turn that left it speaking for no reason to go on later', async () => {
    const stage = await staged({ interruptible: false });
    stage.runTo(1500);
    stage.turn(1);
    stage.agent.turnStarted({ turn: 2, startSample: 0, continues: null });
    stage.interrupt(4000);
    stage.runTo(9000);
    expect(stage.host.utterances).toHaveLength(1);
  });

  it('[G9] ends its utterance with the story, and falls silent for good once that was heard', async () => {
    const stage = await staged({ speed: 4 });
    stage.runTo(10_000);
    expect(stage.host.at(1).samples).toEqual([...STORY]);
    expect(stage.host.at(1).open).toBe(false);
    stage.complete();
    stage.turn(1);
    stage.runTo(20_000);
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.agent.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('[G9] stops giving when the conversation takes no more', async () => {
    const stage = await staged();
    stage.runTo(1200);
    stage.host.outcome = 'full';
    stage.runTo(5000);
    expect(stage.host.at(1).bursts).toHaveLength(3);
    stage.agent.interrupted(stage.heard(1, 4000), 5000);
    stage.host.outcome = 'accepted';
    stage.turn(1);
    stage.runTo(5000);
    expect(stage.host.at(2).samples[0]).toBe(4000);
  });

  it('[G10] goes on from a saved state at the same sample, and ignores any other value', async () => {
    const stage = await staged();
    stage.runTo(2000);
    const given = stage.host.at(1).samples.length;
    const restored = await staged({}, structuredClone(stage.agent.save()));
    restored.host.begin({ interruptible: true });
    restored.runTo(2100);
    expect(restored.host.at(1).samples).toEqual([...STORY.subarray(given, given + 3200)]);
    const fresh = await staged({}, { phase: { kind: 'flying' } });
    fresh.runTo(1000);
    expect(fresh.host.at(1).samples[0]).toBe(0);
  });

  it('[G10] does not begin anew when a saved state says that the story is told', async () => {
    const stage = await staged({ speed: 10 });
    stage.runTo(5000);
    stage.complete();
    const restored = await staged({}, structuredClone(stage.agent.save()));
    restored.turn(1);
    restored.runTo(9000);
    expect(restored.host.utterances).toHaveLength(0);
  });

  it('[G11] tells the caller when there is no story', async () => {
    const host = new RecordingHost();
    const story = Promise.reject(new Error('gone'));
    const agent = new Storyteller(DEFAULTS, story, (run) => run(0));
    agent.open(host);
    await story.catch(() => undefined);
    await Promise.resolve();
    expect(host.failures).toEqual(['story-unavailable']);
    expect(agent.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('[G10] is silent once closed', async () => {
    const stage = await staged();
    stage.agent.close('over');
    stage.runTo(5000);
    expect(stage.host.utterances).toHaveLength(0);
  });
});
