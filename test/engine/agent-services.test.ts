import { describe, expect, it } from 'vitest';
import type { SayTextOptions } from '../../core/conversation/agent.ts';
import type { ConfigOverrides } from '../../core/conversation/config.ts';
import { parseTimelineLine } from '../../core/recording/timeline-line.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld } from '../support/engine-world.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { voiceScript } from '../support/voice-script.ts';

/** Hears everything, and is told of everything. */
class AttentiveAgent extends ScriptedAgent {
  readonly hears = 'everything';
  readonly idleMs: number[] = [];
  readonly words: string[] = [];

  userIdle(idleMs: number): void {
    this.idleMs.push(idleMs);
  }

  sayText(text: string, { interruptible }: SayTextOptions): void {
    this.words.push(`${text} ${interruptible}`);
  }
}

function callWith<Made extends ScriptedAgent>(
  agent: Made,
  microphone: Int16Array,
  config: ConfigOverrides = {},
  isRecorded = false,
) {
  const world = new VirtualWorld();
  const engine = new EngineWorld({ world, agent, microphone, config, isRecorded });
  return { world, engine, agent };
}

const SILENCE = new Int16Array(0);
const tone = (lengthMs: number) => new Int16Array(lengthMs * 16).fill(1000);

describe('an agent that hears everything', () => {
  it('[H1] gets every sample once and in order, and turns around audio that it has', () => {
    const microphone = voiceScript([
      [500, 1500],
      [4000, 5000],
    ]);
    const { world, agent } = callWith(new AttentiveAgent(), microphone);
    world.runTo(8000);
    expect(agent.samples.length).toBeGreaterThan(7 * 16_000);
    expect(agent.positions.every((position, index) => position === index)).toBe(true);
    expect(agent.samples.slice(0, microphone.length)).toEqual([...microphone]);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended', 'turn-started', 'turn-ended']);
  });

  it('[H2] is given a second of a longer silence, and then the position jumps', () => {
    const { world, engine, agent } = callWith(new AttentiveAgent(), voiceScript([[7000, 8000]]));
    world.runTo(1000);
    engine.session.mute(world.nowMs);
    world.runTo(6500);
    engine.session.unmute(world.nowMs);
    world.runTo(10_000);
    const jumps = agent.positions.flatMap((position, index) => {
      const before = agent.positions[index - 1] ?? -1;
      return position === before + 1 ? [] : [position - before];
    });
    expect(jumps).toHaveLength(1);
    expect(jumps[0]).toBeGreaterThan(4 * 16_000);
    expect(jumps[0]).toBeLessThan(5 * 16_000);
    expect(agent.kinds()).toEqual(['turn-started', 'turn-ended']);
  });
});

describe('an idle caller', () => {
  it('[H3] is told of at each multiple of userIdleMs, and never when that is 0', () => {
    const { world, agent } = callWith(new AttentiveAgent(), SILENCE, { userIdleMs: 3000 });
    world.runTo(10_000);
    expect(agent.idleMs.map((ms) => Math.round(ms / 100))).toEqual([30, 60, 90]);
    const off = callWith(new AttentiveAgent(), SILENCE);
    off.world.runTo(10_000);
    expect(off.agent.idleMs).toEqual([]);
  });

  it('[H4] is not idle while somebody speaks or types, and is not there when away', () => {
    const { world, engine, agent } = callWith(new AttentiveAgent(), voiceScript([[2000, 3000]]), {
      userIdleMs: 3000,
    });
    world.runTo(5000);
    expect(agent.idleMs).toEqual([]);
    engine.session.sendText('hello');
    world.runTo(6000);
    engine.event(() => agent.say(tone(1000)));
    world.runTo(9800);
    expect(agent.idleMs).toEqual([]);
    world.runTo(10_400);
    expect(agent.idleMs).toEqual([3000]);
    engine.cut();
    world.runTo(20_000);
    expect(agent.idleMs).toEqual([3000]);
  });
});

describe('words of the service', () => {
  it('[H5] go to the agent, and are refused with a sentence where it says none', () => {
    const { world, engine, agent } = callWith(new AttentiveAgent(), SILENCE);
    const say = (nowMs: number) =>
      engine.engine.say({ kind: 'text', text: 'Goodbye.', interruptible: false }, nowMs);
    world.runTo(1000);
    engine.event((_engine, nowMs) => expect(say(nowMs)).toBeNull());
    expect(agent.words).toEqual(['Goodbye. false']);
    const dumb = callWith(new ScriptedAgent(), SILENCE);
    dumb.world.runTo(1000);
    dumb.engine.event((engine, nowMs) => {
      const refusal = engine.say({ kind: 'text', text: 'Hi.', interruptible: true }, nowMs);
      expect(refusal).toMatch(/"scripted" says no words/);
    });
  });

  it('[H6] as audio wait for the agent’s open utterance, and the agent hears nothing of them', () => {
    const { world, engine, agent } = callWith(new ScriptedAgent(), SILENCE);
    const announce = (lengthMs: number): string | null => {
      let refusal: string | null = 'not asked';
      engine.event((current, nowMs) => {
        const announcement = {
          kind: 'audio',
          samples: tone(lengthMs),
          interruptible: true,
        } as const;
        refusal = current.say(announcement, nowMs);
      });
      return refusal;
    };
    world.runTo(500);
    let open = 0;
    engine.event(() => {
      open = agent.host.begin({ interruptible: true });
      agent.host.say(open, tone(400));
    });
    expect(announce(500)).toBeNull();
    expect(announce(8000)).toMatch(/no more than 8 s/);
    world.runTo(2000);
    expect(engine.sent('utterance')).toHaveLength(1);
    // What waits survives the loss of memory.
    engine.evict(agent, true);
    world.runTo(2500);
    engine.event(() => agent.host.end(open));
    world.runTo(5000);
    const ended = engine.sent('utterance').filter(({ state }) => state === 'ended');
    expect(ended).toMatchObject([{ heardSamples: 6400 }, { heardSamples: 8000 }]);
    expect(agent.kinds()).toEqual(['completed']);
  });

  it('[H7] are refused when nobody listens', () => {
    const { world, engine } = callWith(new AttentiveAgent(), SILENCE);
    world.runTo(500);
    engine.event((current, nowMs) => current.end(false, 'over', nowMs));
    engine.event((current, nowMs) => {
      const refusal = current.say({ kind: 'text', text: 'Hi.', interruptible: true }, nowMs);
      expect(refusal).toMatch(/Nobody listens/);
    });
  });
});

describe('an agent that speaks to somebody outside', () => {
  it('[H10] is told that it is stored in the event of an end, of typed text, of idleness, and of words to say', () => {
    class OutsideAgent extends AttentiveAgent {
      readonly log: string[] = [];

      stored(): void {
        const before = this.log.at(-1);
        if (before !== undefined && before !== 'stored') this.log.push('stored');
      }

      override completed(): void {
        this.log.push('completed');
      }

      override text(): void {
        this.log.push('text');
      }

      override userIdle(): void {
        this.log.push('idle');
      }

      override sayText(): void {
        this.log.push('say');
      }
    }
    const { world, engine, agent } = callWith(new OutsideAgent(), SILENCE, { userIdleMs: 2000 });
    const hears = (untilMs: number, what: string): void => {
      while (world.nowMs < untilMs && agent.log.at(-2) !== what) world.runTo(world.nowMs + 1);
      expect(agent.log.slice(-2)).toEqual([what, 'stored']);
    };
    world.runTo(500);
    engine.event(() => agent.say(tone(500)));
    hears(1500, 'completed');
    engine.session.sendText('hello');
    hears(1600, 'text');
    hears(4000, 'idle');
    engine.event((current, nowMs) =>
      current.say({ kind: 'text', text: 'Hi.', interruptible: true }, nowMs),
    );
    hears(4100, 'say');
  });
});

describe('what an agent asks for', () => {
  it('[H8] hands the caller on after the last word, also when the memory is lost before', () => {
    const { world, engine, agent } = callWith(new ScriptedAgent(), SILENCE);
    world.runTo(500);
    engine.event(() => {
      agent.say(tone(2000));
      agent.host.transfer('sip:desk@example.org');
    });
    world.runTo(1500);
    engine.evict(agent, true);
    world.runTo(5000);
    const closing = engine.sent('closing');
    expect(closing.every(({ transfer }) => transfer === 'sip:desk@example.org')).toBe(true);
    expect(closing.at(-1)).toMatchObject({ afterLastWord: false });
    expect(agent.kinds()).toEqual(['completed', 'closed']);
    const hungUp = callWith(new ScriptedAgent(), SILENCE);
    hungUp.world.runTo(500);
    hungUp.engine.event(() => hungUp.agent.host.hangUp('done'));
    expect(hungUp.engine.sent('closing').every((message) => !('transfer' in message))).toBe(true);
  });

  it('[H9] is summed up where it is usage, and stands in the timeline', () => {
    const { world, engine, agent } = callWith(new ScriptedAgent(), SILENCE, {}, true);
    world.runTo(500);
    engine.event(() => {
      agent.host.usage({ inputTokens: 10, cost: Number.NaN });
      agent.host.tool('look_up', 'called');
      agent.host.tool('look_up', 'answered');
    });
    engine.event(() => agent.host.usage({ inputTokens: 5, outputTokens: 7 }));
    // What was reported is not lost with the memory.
    engine.event((current, nowMs) => current.store(nowMs));
    engine.evict(agent, true);
    expect(engine.engine.state(world.nowMs).usage).toEqual({ inputTokens: 15, outputTokens: 7 });
    engine.event(() => agent.host.transfer('tel:+49301234'));
    world.runTo(3000);
    engine.event((current, nowMs) => current.end(false, 'enough', nowMs));
    const stored = [...engine.journal.values()].flatMap(({ lines }) => lines);
    const texts = [...stored, ...(engine.lastCheckpoint!.journal?.lines ?? [])];
    const lines = texts.map((text) => parseTimelineLine(text));
    const told = lines.flatMap((line) =>
      line?.type === 'usage' || line?.type === 'tool' || line?.type === 'transfer' ? [line] : [],
    );
    expect(told.map(({ atMs: _atMs, ...line }) => line)).toEqual([
      { type: 'usage', amounts: { inputTokens: 10 } },
      { type: 'tool', name: 'look_up', state: 'called' },
      { type: 'tool', name: 'look_up', state: 'answered' },
      { type: 'usage', amounts: { inputTokens: 5, outputTokens: 7 } },
      { type: 'transfer', destination: 'tel:+49301234' },
    ]);
  });
});
