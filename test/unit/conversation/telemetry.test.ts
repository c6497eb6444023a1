// When echoes leave, and what they say.

import { describe, expect, it } from 'vitest';
import { ClientSide, Connection } from '../../../core/conversation/client-side.ts';
import { conversationConfig } from '../../../core/conversation/config.ts';
import { NO_LAG } from '../../../core/conversation/ports.ts';
import { emptyStatistics } from '../../../core/conversation/statistics.ts';
import { Telemetry } from '../../../core/conversation/telemetry.ts';
import type { Echo, ServerMessage } from '../../../core/wire/messages.ts';
import { FLAG_BUNDLE, PacketHeader } from '../../../core/wire/packet.ts';

const RATE_HZ = 16_000;

class Bench {
  readonly echoes: Echo[] = [];
  lateMs = 0;
  readonly telemetry: Telemetry;
  readonly #client = new ClientSide(() => {});
  readonly #header = new PacketHeader();

  constructor() {
    const lag = { ...NO_LAG, takeLateMs: () => this.lateMs };
    this.telemetry = new Telemetry(conversationConfig(), emptyStatistics(), lag);
    const link = {
      resumeToken: null,
      sendAudio() {},
      sendControl: (message: ServerMessage) => {
        if (message.type === 'echo') this.echoes.push(structuredClone(message));
      },
      close() {},
    };
    this.#client.accept(new Connection(1, link, 0));
    this.#client.greet(0);
    this.#client.flush();
  }

  /** Packet `sequence` of 20 ms comes at this time. */
  packet(sequence: number, nowMs: number, flags = 0): void {
    this.#header.sequence = sequence;
    this.#header.timestamp = sequence * 320;
    this.#header.flags = flags;
    this.telemetry.packetSeen(this.#header, RATE_HZ, nowMs);
    this.tick(nowMs);
  }

  tick(nowMs: number): void {
    this.telemetry.tick(this.#client, 3, nowMs);
  }
}

describe('the echo', () => {
  it('[C15] leaves with the packet that makes it due, and for the last one before a pause by a timer', () => {
    const bench = new Bench();
    for (let sequence = 0; sequence < 50; sequence++) {
      expect(bench.telemetry.nextDeadlineMs).toBeGreaterThan(sequence * 20);
      bench.packet(sequence, sequence * 20);
    }
    const sequences = bench.echoes.map(({ sequence }) => sequence);
    expect(sequences).toEqual([0, 3, 8, 13, 18, 23, 28, 33, 38, 43, 48]);
    expect(bench.echoes.every(({ heldMs }) => heldMs === 0)).toBe(true);
    // Statistics, a second after the first packet.
    bench.tick(1000);
    const deadlineMs = bench.telemetry.nextDeadlineMs;
    expect(deadlineMs).toBe(48 * 20 - 10 + 150);
    bench.tick(deadlineMs);
    expect(bench.echoes.at(-1)).toMatchObject({
      ...{ sequence: 49, clockMs: 980, heldMs: deadlineMs - 980 },
    });
    bench.tick(deadlineMs + 900);
    expect(bench.echoes).toHaveLength(12);
  });

  it('[C28] says when its packet came, what waits, how late timers were, and which packets came latest and earliest', () => {
    const bench = new Bench();
    bench.packet(0, 1000);
    bench.packet(1, 1020);
    bench.packet(2, 1070);
    bench.packet(3, 1071);
    bench.lateMs = 42;
    bench.packet(4, 1100);
    expect(bench.echoes[0]).toMatchObject({ sequence: 0, clockMs: 1000, lateMs: 0 });
    expect(bench.echoes.at(-1)).toEqual({
      ...{ type: 'echo', sequence: 2, clockMs: 1070, heldMs: 0, backlogMs: 3, lateMs: 0 },
      latest: { sequence: 2, clockMs: 1070 },
      earliest: { sequence: 1, clockMs: 1020 },
    });
    bench.packet(5, 1170);
    expect(bench.echoes.at(-1)).toEqual({
      ...{ type: 'echo', sequence: 5, clockMs: 1170, heldMs: 0, backlogMs: 3, lateMs: 42 },
      latest: { sequence: 5, clockMs: 1170 },
      earliest: { sequence: 3, clockMs: 1071 },
    });
  });

  it('[C28] leaves the packets of a resend out of the latest and the earliest', () => {
    const bench = new Bench();
    bench.packet(0, 1000);
    bench.packet(1, 1200, FLAG_BUNDLE);
    expect(bench.echoes.at(-1)).toMatchObject({ sequence: 1, latest: null, earliest: null });
  });

  it('[C28] owes nothing to a client that is gone, and goes on after a snapshot', () => {
    const bench = new Bench();
    bench.packet(0, 1000);
    bench.packet(1, 1020);
    bench.packet(2, 1040);
    const restored = new Bench();
    restored.telemetry.restore(structuredClone(bench.telemetry.snapshot()));
    for (const each of [bench, restored]) each.packet(3, 1090);
    expect(restored.echoes).toEqual([bench.echoes.at(-1)]);
    bench.packet(4, 1100);
    bench.telemetry.stop();
    bench.tick(2000);
    expect(bench.echoes).toHaveLength(2);
  });
});
