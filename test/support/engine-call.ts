// A conversation begun for a test, with a client and an agent or with a connection that the test speaks for itself.

import type { Parrot } from '../../durable-objects/agents/parrot.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld, type EngineWorldOptions, type Happening } from './engine-world.ts';
import { ScriptedAgent } from './scripted-agent.ts';

const SILENCE = new Int16Array(0);

export type StartOptions = Partial<Omit<EngineWorldOptions, 'agent' | 'world'>> & {
  agent?: ScriptedAgent | Parrot;
};

/** A world in which a client is about to say hello to the engine. */
export function start(options: StartOptions = {}) {
  const world = new VirtualWorld();
  const agent = options.agent ?? new ScriptedAgent();
  const engine = new EngineWorld({ microphone: SILENCE, ...options, world, agent });
  return { world, engine, agent: agent as ScriptedAgent };
}

/** A connection that the test speaks for itself. */
export function rawConnection(engine: EngineWorld, number: number) {
  const controls: string[] = [];
  const closes: number[] = [];
  engine.event((conversation, nowMs) =>
    conversation.connect(
      number,
      {
        resumeToken: null,
        sendAudio: () => {},
        sendControl: (message) => controls.push(JSON.stringify(message)),
        close: (code) => closes.push(code),
      },
      nowMs,
    ),
  );
  const text = (value: unknown) =>
    engine.event((conversation, nowMs) =>
      conversation.receiveText(
        number,
        typeof value === 'string' ? value : JSON.stringify(value),
        nowMs,
      ),
    );
  const binary = (bytes: Uint8Array) =>
    engine.event((conversation, nowMs) => conversation.receiveAudio(number, bytes, nowMs));
  return { controls, closes, text, binary };
}

/** The first message of a client. */
export const HELLO = {
  type: 'hello',
  version: 1,
  stream: 3,
  uplink: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
  downlink: { codec: 'pcm16', rateHz: 16_000, frameMs: 20 },
};

/** Where a message of a type, and of a state where given, first happened; −1 for never. */
export function index(happenings: readonly Happening[], type: string, state?: string): number {
  return happenings.findIndex(
    (each) =>
      each.kind === 'control' &&
      each.message.type === type &&
      (state === undefined || ('state' in each.message && each.message.state === state)),
  );
}
