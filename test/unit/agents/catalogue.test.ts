import { describe, expect, it } from 'vitest';
import { agentFrom } from '../../../durable-objects/agents/agent-from.ts';
import { AgentChoiceError, checkAgent } from '../../../durable-objects/agents/catalogue.ts';
import { RecordingHost } from './recording-host.ts';

describe('catalogue', () => {
  it('[G12] refuses an unknown agent with a sentence that lists the known ones', () => {
    expect(() => checkAgent({ name: 'ghost' })).toThrow(AgentChoiceError);
    expect(() => checkAgent({ name: 'ghost' })).toThrow(/"ghost".*"parrot", "storyteller"/);
    expect(() => checkAgent({ name: 'constructor' })).toThrow(AgentChoiceError);
  });

  it('[G12] refuses an unknown option and one out of range, and names it', () => {
    expect(() => checkAgent({ name: 'parrot', speed: 2 })).toThrow(/"speed"/);
    expect(() => checkAgent({ name: 'storyteller', speed: 100 })).toThrow(/"speed"/);
    expect(() => checkAgent({ name: 'silent', speed: 1 })).toThrow(/"speed"/);
  });

  it('[G12] takes the agents of the house with their options', () => {
    checkAgent({ name: 'parrot' });
    checkAgent({ name: 'parrot', interruptible: false });
    checkAgent({ name: 'storyteller', speed: 1.3, speaksFirst: false });
    checkAgent({ name: 'silent' });
  });
});

describe('an agent of one’s own', () => {
  const greeter = () =>
    agentFrom('greeter', {
      opened(host) {
        host.end(host.begin({ interruptible: true }));
      },
      text(host, text) {
        host.transcript('agent', text.toUpperCase(), true);
      },
    });

  it('[G13] takes a few lines, and is asked only about the moments it names', () => {
    const host = new RecordingHost();
    const agent = greeter();
    agent.open(host, 0);
    agent.turnStarted({ turn: 1, startSample: 0, continues: null }, 0);
    agent.audio(0, new Int16Array(320), 0);
    agent.turnEnded({ turn: 1, startSample: 0, endSample: 320, reason: 'silence' }, 0);
    agent.text('hello', 0);
    expect(host.transcripts).toEqual(['agent: HELLO']);
  });

  it('[G13] is told once that the conversation has opened, also when its memory is lost', () => {
    const host = new RecordingHost();
    const agent = greeter();
    agent.open(host, 5);
    expect(agent.nextDeadlineMs).toBe(5);
    agent.tick(5);
    agent.tick(6);
    expect(host.utterances).toHaveLength(1);
    expect(agent.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    const restored = greeter();
    restored.open(host, 10);
    restored.restore(structuredClone(agent.save()), 10);
    restored.tick(10);
    expect(host.utterances).toHaveLength(1);
  });
});
