// Network conditions and what stands between a call and its sockets.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CallConnection,
  type CallSocketListener,
} from '../../../client/browser/call-connection.ts';
import { NetworkLine } from '../../../client/browser/network-line.ts';
import { SlipMeter } from '../../../client/browser/slip-meter.ts';
import { socketAddress } from '../../../client/browser/socket-address.ts';
import type { Transport } from '../../../client/session/transport.ts';
import { runs } from '../../support/runs.ts';

describe('a network line', () => {
  it('[Y8] keeps the order, delays by what was asked for, and holds everything back in a stall', () => {
    const ms = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(
        fc.record({ delayMs: ms, jitterMs: ms, stallMs: ms }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 99 })), {
          minLength: 1,
          maxLength: 60,
        }),
        ({ delayMs, jitterMs, stallMs }, messages) => {
          let chance = 0;
          const line = new NetworkLine<number>(() => chance);
          line.conditions = { delayMs, jitterMs, stallMs, stallEveryMs: 1000 };
          let nowMs = 0;
          const sentMs: number[] = [];
          const cameMs: number[] = [];
          const take = () => {
            for (let item = line.take(nowMs); item !== undefined; item = line.take(nowMs)) {
              expect(item).toBe(cameMs.length);
              cameMs.push(nowMs);
            }
          };
          for (const [gapMs, percent] of messages) {
            for (const end = nowMs + gapMs; nowMs < end; nowMs++) take();
            chance = percent / 100;
            line.push(sentMs.length, nowMs);
            sentMs.push(nowMs);
          }
          for (; cameMs.length < sentMs.length && nowMs < 20_000; nowMs++) take();
          for (const [index, atMs] of cameMs.entries()) {
            expect(atMs - sentMs[index]!).toBeGreaterThanOrEqual(delayMs);
            expect(atMs - sentMs[index]!).toBeLessThanOrEqual(delayMs + jitterMs + stallMs + 1);
            expect(atMs % 1000).toBeGreaterThanOrEqual(stallMs);
          }
          expect(cameMs).toHaveLength(sentMs.length);
          expect(line.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
        },
      ),
      { seed: 63, numRuns: runs(60) },
    );
  });

  it('[Y8] lets everything pass at once without conditions, and behind what is still under way with them', () => {
    const line = new NetworkLine<string>(() => 0);
    expect(line.isFree(5)).toBe(true);
    line.conditions = { delayMs: 50 };
    expect(line.isFree(5)).toBe(false);
    line.push('slow', 5);
    line.conditions = {};
    expect(line.isFree(6)).toBe(false);
    expect(line.isFree(60)).toBe(false);
    expect(line.take(60)).toBe('slow');
    expect(line.isFree(60)).toBe(true);
  });
});

class FakeSocket {
  readonly sent: (string | Uint8Array)[] = [];
  isClosed = false;
  readonly listener: CallSocketListener;

  constructor(listener: CallSocketListener) {
    this.listener = listener;
  }

  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }

  close(): void {
    this.isClosed = true;
  }
}

class Bench {
  nowMs = 0;
  readonly sockets: FakeSocket[] = [];
  readonly told: string[] = [];
  transport: Transport | null = null;
  readonly connection = new CallConnection(
    {
      now: () => this.nowMs,
      chance: () => 0,
      dial: (_token, listener) => {
        const socket = new FakeSocket(listener);
        this.sockets.push(socket);
        return socket;
      },
    },
    {
      opened: (transport) => {
        this.transport = transport;
        this.told.push('opened');
      },
      received: (data) => this.told.push(String(data)),
      closed: (code) => this.told.push(`closed ${code}`),
    },
  );
}

describe('a connection', () => {
  it('[Y9] that is cut tells nothing to the service, hears nothing more, and is not to be had again before its time', () => {
    const bench = new Bench();
    bench.connection.open('t');
    const [first] = bench.sockets;
    first!.listener.opened();
    bench.connection.cut(300);
    expect(bench.told).toEqual(['opened', 'closed 1006']);
    expect(first!.isClosed).toBe(false);
    first!.listener.received('late');
    bench.transport!.send('lost');
    bench.nowMs = 299;
    bench.connection.open('t');
    expect(bench.told).toEqual(['opened', 'closed 1006', 'closed 1006']);
    bench.nowMs = 300;
    bench.connection.open('t');
    expect(first!.isClosed).toBe(true);
    bench.sockets[1]!.listener.opened();
    expect(bench.told.at(-1)).toBe('opened');
    expect(first!.sent).toEqual([]);
  });

  it('[Y8] applies conditions to both ways, changed in mid-call, and copies what it keeps', () => {
    const bench = new Bench();
    bench.connection.open('t');
    const socket = bench.sockets[0]!;
    socket.listener.opened();
    bench.connection.conditions = { delayMs: 100 };
    const packet = Uint8Array.of(1, 2, 3);
    bench.transport!.send(packet);
    packet.fill(9);
    socket.listener.received('down');
    bench.connection.tick(99);
    expect([socket.sent.length, bench.told.length]).toEqual([0, 1]);
    expect(bench.connection.nextDeadlineMs).toBe(100);
    bench.nowMs = 100;
    bench.connection.tick(100);
    expect(socket.sent).toEqual([Uint8Array.of(1, 2, 3)]);
    expect(bench.told).toEqual(['opened', 'down']);
    bench.connection.conditions = {};
    bench.transport!.send('now');
    expect(socket.sent.at(-1)).toBe('now');
  });

  it('[Y8] ends behind what was still on its way', () => {
    const bench = new Bench();
    bench.connection.conditions = { delayMs: 100 };
    bench.connection.open('t');
    const socket = bench.sockets[0]!;
    socket.listener.opened();
    socket.listener.received('last words');
    socket.listener.closed(4410, 'over');
    expect(bench.told).toEqual(['opened']);
    bench.nowMs = 100;
    bench.connection.tick(100);
    expect(bench.told).toEqual(['opened', 'last words', 'closed 4410']);
  });
});

describe('a slip meter', () => {
  /** Ten seconds of blocks of 10 ms with a jitter, `lostMs` of sound lost in the middle. */
  function slips(lostMs: number, driftPpm: number): SlipMeter {
    const meter = new SlipMeter();
    for (let block = 1; block <= 1000; block++) {
      const realMs = block * 10 * (1 + driftPpm * 1e-6) + (block > 500 ? lostMs : 0);
      meter.block(block * 10, realMs + ((block * 7) % 13));
    }
    return meter;
  }

  it('[Y20] counts sound that was lost, and takes neither jitter nor a crystal for it', () => {
    expect([slips(0, 0).slips, slips(0, 300).slips, slips(0, -300).slips]).toEqual([0, 0, 0]);
    const meter = slips(200, 100);
    expect(meter.slips).toBe(1);
    expect(meter.slippedMs).toBeGreaterThan(190);
    expect(meter.slippedMs).toBeLessThan(210);
  });
});

describe('the address of a socket', () => {
  it('[Y21] is made of origin and conversation, or taken as it is; anything else is refused', () => {
    expect(socketAddress('https://voice.example', 'c1')).toBe(
      'wss://voice.example/v1/conversations/c1/socket',
    );
    expect(socketAddress(new URL('http://127.0.0.1:8787/'), 'c1')).toBe(
      'ws://127.0.0.1:8787/v1/conversations/c1/socket',
    );
    const whole = 'wss://voice.example/v1/conversations/c2/socket';
    expect(socketAddress(whole, undefined)).toBe(whole);
    for (const [service, conversation] of [
      ['https://voice.example', undefined],
      ['ftp://voice.example', 'c1'],
      ['nowhere', 'c1'],
    ] as const) {
      expect(() => socketAddress(service, conversation)).toThrow(
        expect.objectContaining({ name: 'CallError', code: 'refused' }),
      );
    }
  });
});
