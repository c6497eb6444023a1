// Services that break a promise on purpose, by a change of their bundle's text: a harness that finds nothing wrong with
// one of them finds nothing at all.

import type { Patch } from './chaotic-service.ts';
import type { CallFaultName } from './fault-kinds.ts';

export interface Sabotage {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** Faults under which it shows. */
  readonly kinds: readonly CallFaultName[];
}

export const SABOTAGES: readonly Sabotage[] = [
  {
    // Whatever comes counts as the next frame, be it the first time or the second.
    name: 'no-dedupe',
    patches: [
      {
        from: 'const sequence = header.sequence + frame >>> 0;',
        to: 'const sequence = (this.#jitter.nextSequence ?? header.sequence) + frame >>> 0;',
      },
      {
        from: 'header.timestamp + frame * this.#frameSamples >>> 0',
        to: 'sequence * this.#frameSamples >>> 0',
      },
    ],
    kinds: ['duplicate-packets'],
  },
  {
    // The client may forget what was only heard.
    name: 'ack-before-commit',
    patches: [
      {
        from: 'this.#parts.durability.took();',
        to: `this.#parts.durability.took();
        const sequence = this.#parts.uplink.stream.mark.next;
        this.#parts.client.post({ type: 'ack', sequence });`,
      },
    ],
    kinds: ['abort'],
  },
  {
    // One packet of the agent never leaves.
    name: 'frame-dropped',
    patches: [
      {
        from: 'this.#presence.connection.link.sendAudio(packet);',
        to: 'if (packet[4] !== 77 || packet[5] !== 0) this.#presence.connection.link.sendAudio(packet);',
      },
    ],
    kinds: ['socket-cut'],
  },
  {
    // What is told is not in the state that is stored, so a memory that is lost tells it once more.
    name: 'effect-not-keyed',
    patches: [
      {
        from: `owe() {
    this.#isOwed = true;`,
        to: 'owe() {',
      },
      {
        from: `durability.store(true);
      if (durability.owed) return false;`,
        to: '',
      },
    ],
    kinds: ['abort'],
  },
];
