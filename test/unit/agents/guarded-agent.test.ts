import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { agentFrom } from '../../../durable-objects/agents/agent-from.ts';
import { GuardedAgent } from '../../../durable-objects/agents/guarded-agent.ts';
import { RecordingHost } from './recording-host.ts';

const TURN_END = { turn: 1, startSample: 0, endSample: 1, reason: 'silence' } as const;

describe('guarded agent', () => {
  let logged: MockInstance;

  beforeEach(() => {
    logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  const faulty = (): never => {
    throw new Error('broken');
  };

  it('[G14] tells the caller of a fault, and calls the agent again', () => {
    const host = new RecordingHost();
    let texts = 0;
    const count = () => {
      texts += 1;
    };
    const agent = new GuardedAgent(agentFrom('faulty', { turnEnded: faulty, text: count }));
    agent.open(host, 0);
    agent.turnEnded(TURN_END, 0);
    expect(host.failures).toEqual(['agent-failed']);
    agent.text('still there?', 10);
    expect(texts).toBe(1);
    expect(agent.name).toBe('faulty');
  });

  it('[G14] tells of a fault that comes with every frame once a second', () => {
    const host = new RecordingHost();
    const agent = new GuardedAgent(agentFrom('faulty', { audio: faulty }));
    agent.open(host, 0);
    for (let nowMs = 0; nowMs < 2000; nowMs += 20) agent.audio(0, new Int16Array(320), nowMs);
    expect(host.failures).toHaveLength(2);
  });

  it('[G14] ticks an agent whose tick fails once a second, not for ever at once', () => {
    const host = new RecordingHost();
    const inner = agentFrom('faulty', {});
    const agent = new GuardedAgent(
      Object.defineProperties({ ...inner, tick: faulty }, { nextDeadlineMs: { value: 0 } }),
    );
    agent.open(host, 0);
    let ticks = 0;
    for (let nowMs = 0; nowMs < 3000; nowMs += 10) {
      if (agent.nextDeadlineMs > nowMs) continue;
      agent.tick(nowMs);
      ticks += 1;
    }
    expect(ticks).toBe(3);
  });

  it('[G14] leaves a fault of the conversation itself to the conversation', () => {
    const host = new RecordingHost();
    const agent = new GuardedAgent(
      agentFrom('caller of nothing', { text: (to) => void to.say(99, new Int16Array(1)) }),
    );
    agent.open(host, 0);
    expect(() => agent.text('go', 0)).toThrow(/no utterance 99/);
    expect(host.failures).toEqual([]);
  });

  it('[G14] counts a state that cannot be saved as none', () => {
    const agent = new GuardedAgent({ ...agentFrom('faulty', {}), save: faulty });
    expect(agent.save()).toBeNull();
    expect(logged).toHaveBeenCalledOnce();
  });
});
