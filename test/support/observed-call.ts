// A conversation with the parrot in virtual time, and those who look on.

import * as v from 'valibot';
import {
  type ObservedLine,
  parseObservedLine,
  SEEN_MESSAGE,
} from '../../core/observation/observed-line.ts';
import { PARROT_OPTIONS, Parrot } from '../../durable-objects/agents/parrot.ts';
import { Observation } from '../../durable-objects/observation/observation.ts';
import { VirtualWorld } from '../../simulation/virtual-world.ts';
import { EngineWorld, type EngineWorldOptions } from './engine-world.ts';
import { voiceScript } from './voice-script.ts';

/** Speech of the caller, in ms. */
export const SPOKEN = [
  [1000, 2500],
  [7000, 8200],
] as const;

/** A socket as an object finds it after hibernation. */
export class ObserverSocket {
  readonly messages: string[] = [];
  closedWith: number | null = null;
  /** Whether it tells that it has seen what came. */
  isPrompt: boolean;
  observation: Observation | null = null;

  constructor(isPrompt = true) {
    this.isPrompt = isPrompt;
  }

  deserializeAttachment(): unknown {
    return { observer: true };
  }

  send(message: string): void {
    this.messages.push(message);
    if (this.isPrompt) this.say(SEEN_MESSAGE);
  }

  say(message: string): void {
    this.observation?.message(this as unknown as WebSocket, message);
  }

  close(code: number): void {
    this.closedWith = code;
  }

  get lines(): ObservedLine[] {
    return this.messages
      .flatMap((message) => message.split('\n').map(parseObservedLine))
      .filter((line) => line !== null);
  }

  of<Type extends ObservedLine['type']>(type: Type): Extract<ObservedLine, { type: Type }>[] {
    return this.lines.filter((line) => line.type === type) as Extract<
      ObservedLine,
      { type: Type }
    >[];
  }
}

/** An observation of these sockets, which its object has just found. */
export function observationOf(sockets: readonly ObserverSocket[]): Observation {
  const ctx = { id: 'conversation-1', getWebSockets: () => sockets };
  const observation = new Observation(ctx as unknown as DurableObjectState);
  for (const socket of sockets) socket.observation = observation;
  return observation;
}

/** Twelve seconds of a call. */
export function observedCall(
  sockets: readonly ObserverSocket[],
  options: Partial<EngineWorldOptions> = {},
): { engine: EngineWorld; observation: Observation } {
  const world = new VirtualWorld();
  const observation = observationOf(sockets);
  const engine = new EngineWorld({
    world,
    agent: new Parrot(v.parse(PARROT_OPTIONS, {})),
    microphone: voiceScript(SPOKEN),
    delayMs: () => 20,
    watch: observation,
    eventDone: (nowMs) => observation.eventDone(nowMs, false),
    ...options,
  });
  world.runTo(12_000);
  engine.stop();
  return { engine, observation };
}
