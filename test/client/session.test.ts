// A session's connections and control messages, reports, and what it makes of a server's mistakes.

import { describe, expect, it } from 'vitest';
import { Playback } from '../../client/session/playback.ts';
import { reconnection } from '../../client/session/reconnection.ts';
import { Session } from '../../client/session/session.ts';
import { CLOSE_CODES } from '../../core/wire/close-codes.ts';
import type { ServerMessage } from '../../core/wire/messages.ts';
import { FLAG_LAST } from '../../core/wire/packet.ts';
import { echoOf } from '../support/echo-of.ts';
import {
  content,
  downlinkPacket,
  PCM16,
  pcm16,
  ScriptedServer,
  serverText,
  type Welcome,
  welcome,
} from '../support/scripted-server.ts';

class Bench {
  readonly player = new Playback({ format: PCM16 });
  readonly heard: ServerMessage[] = [];
  readonly violations: string[] = [];
  readonly session = new Session(
    { stream: 77, uplink: PCM16, downlink: PCM16, client: 'test 1' },
    this.player,
    {
      message: (message) => this.heard.push(message),
      violation: (sentence) => this.violations.push(sentence),
      resendRingFull: () => expect.unreachable(),
    },
  );
  server = new ScriptedServer();
  nowMs = 0;
  #sequence = 0;

  connect(changes: Partial<Welcome> | null = {}): ScriptedServer {
    this.server = new ScriptedServer();
    this.session.opened(this.server, this.nowMs);
    if (changes !== null) this.session.received(welcome(changes), this.nowMs);
    return this.server;
  }

  receive(message: ServerMessage): void {
    this.session.received(serverText(message), this.nowMs);
  }

  /** A whole utterance in one packet a frame. */
  utterance(generation: number, frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      const packet = downlinkPacket({
        generation,
        sequence: this.#sequence++,
        timestamp: frame * 320,
        flags: frame === frames - 1 ? FLAG_LAST : 0,
        payload: pcm16(content(generation, frame * 320, 320)),
      });
      // As a browser gives it.
      this.session.received(packet.slice().buffer, this.nowMs);
    }
  }

  speak(frames = 1): void {
    for (let frame = 0; frame < frames; frame++) {
      this.session.capture(content(0, 0, 320), this.nowMs);
    }
  }

  /** Device and timers go on: a pull and a tick every 10 ms. */
  run(durationMs: number): void {
    const output = new Int16Array(160);
    for (const endMs = this.nowMs + durationMs; this.nowMs < endMs; ) {
      this.nowMs += 10;
      this.player.pull(output);
      if (this.session.nextDeadlineMs <= this.nowMs) this.session.tick(this.nowMs);
    }
  }
}

describe('Session: connections', () => {
  it('[K1] says hello and nothing else until welcome, and resumes once it was welcome', () => {
    const bench = new Bench();
    expect(bench.session.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
    bench.connect(null);
    bench.speak(3);
    bench.session.interrupt();
    bench.session.tick(1000);
    expect(bench.server.packets).toHaveLength(0);
    const first = {
      type: 'hello',
      version: 1,
      stream: 77,
      uplink: PCM16,
      downlink: PCM16,
      canHold: true,
      client: 'test 1',
    };
    expect(bench.server.messages).toEqual([first]);
    bench.session.lost(1006, bench.nowMs);
    expect(bench.connect(null).messages).toEqual([first]);
    bench.session.received(welcome({ lowestLiveGeneration: 9, resumeToken: 'r1' }), 0);
    expect(bench.session.resumeToken).toBe('r1');
    bench.session.lost(1006, bench.nowMs);
    const nothing = { generation: 9, playedSamples: 0, receivedSamples: 0, nextSequence: 0 };
    expect(bench.connect().messages[0]).toEqual({
      ...first,
      resume: { ...nothing, uplinkTimestamp: 960 },
    });
    bench.utterance(9, 20);
    bench.run(100);
    bench.session.lost(1006, bench.nowMs);
    bench.run(50);
    expect(bench.connect().messages[0]).toEqual({
      ...first,
      resume: {
        generation: 9,
        playedSamples: 2400,
        receivedSamples: 6400,
        nextSequence: 20,
        uplinkTimestamp: 960,
      },
    });
  });

  it('[K1] has no microphone timestamp before the first sample', () => {
    const bench = new Bench();
    bench.connect();
    bench.session.lost(1006, bench.nowMs);
    expect(bench.connect().ofType('hello')[0]?.resume?.uplinkTimestamp).toBeNull();
  });

  it('[K7] answers a new epoch on a living connection with hello, and resends; the same epoch changes nothing', () => {
    const bench = new Bench();
    bench.connect({ epoch: 4 });
    bench.speak(30);
    expect(bench.server.packets).toHaveLength(30);
    bench.session.received(welcome({ epoch: 4, processed: 3, resumeToken: 'r2' }), bench.nowMs);
    bench.run(500);
    expect(bench.session.resumeToken).toBe('r2');
    expect(bench.server.ofType('hello')).toHaveLength(1);
    expect(bench.server.packets).toHaveLength(30);

    bench.session.received(welcome({ epoch: 5, processed: 12 }), bench.nowMs);
    bench.speak(1);
    bench.run(500);
    expect(bench.server.ofType('hello')).toHaveLength(2);
    expect(bench.server.ofType('hello')[1]?.resume).toBeDefined();
    expect(bench.server.frames(640).slice(30)).toEqual(
      Array.from({ length: 19 }, (_, index) => 12 + index),
    );
    bench.session.received(welcome({ epoch: 5, processed: 0 }), bench.nowMs);
    bench.run(500);
    expect(bench.server.frames(640)).toHaveLength(49);
  });

  it('[K8] does what the close code says, sooner at first and later then', () => {
    for (const { code, action } of Object.values(CLOSE_CODES)) {
      const bench = new Bench();
      bench.connect();
      const reconnection = bench.session.lost(code, bench.nowMs);
      expect(reconnection.action).toBe(action);
      if (action === 'give-up') expect(reconnection.afterMs).toBe(0);
    }
    const bench = new Bench();
    bench.connect();
    const wait = () => bench.session.lost(1006, bench.nowMs).afterMs;
    for (const longestMs of [200, 400, 800, 1000, 1000]) {
      expect(wait()).toBeLessThanOrEqual(longestMs);
      bench.nowMs += longestMs;
    }
    bench.nowMs += 30_000;
    const patient = Array.from({ length: 20 }, wait);
    expect(Math.max(...patient)).toBeGreaterThan(5000);
    expect(Math.max(...patient)).toBeLessThanOrEqual(10_000);
    bench.connect();
    expect(wait()).toBeLessThanOrEqual(200);
  });

  it('[K8] spreads the attempts of clients over the whole wait', () => {
    const waits = Array.from({ length: 400 }, (_, seed) => reconnection(1006, 1, 0, seed).afterMs);
    const inEachQuarter = [0, 50, 100, 150].map(
      (fromMs) => waits.filter((waitMs) => waitMs >= fromMs && waitMs < fromMs + 50).length,
    );
    expect(Math.min(...inEachQuarter)).toBeGreaterThan(80);
  });

  it('[K8] ignores what an old socket delivers, and stays away after bye', () => {
    const bench = new Bench();
    const old = bench.connect();
    bench.session.lost(1006, bench.nowMs);
    bench.receive(echoOf(0));
    bench.speak(1);
    expect(bench.heard.map(({ type }) => type)).toEqual(['welcome']);
    expect(old.packets).toHaveLength(0);
    expect(bench.connect().packets).toHaveLength(1);

    bench.session.bye('done');
    expect(bench.server.messages.at(-1)).toEqual({ type: 'bye', reason: 'done' });
    expect(bench.server.closed).toEqual({ code: 1000, reason: 'bye' });
    expect(bench.session.lost(1006, bench.nowMs)).toEqual({ action: 'give-up', afterMs: 0 });
    const { server } = bench;
    bench.connect();
    bench.speak(1);
    bench.session.interrupt();
    expect(bench.server.messages).toHaveLength(0);
    expect(server.packets).toHaveLength(1);
  });

  it('[K10] keeps what the caller does while there is no connection, in order and bounded', () => {
    const bench = new Bench();
    bench.session.turn('started', 0);
    bench.speak(1);
    bench.session.turn('started', 0);
    bench.session.sendText('hello');
    bench.session.interrupt();
    const kept = [
      { type: 'turn', state: 'started', timestamp: 320 },
      { type: 'text', text: 'hello' },
      { type: 'interrupt' },
    ];
    expect(bench.connect().messages.slice(1)).toEqual(kept);
    bench.session.sendText('now');
    expect(bench.server.messages.at(-1)).toEqual({ type: 'text', text: 'now' });
    bench.session.lost(1006, bench.nowMs);
    for (let index = 0; index < 70; index++) bench.session.sendText(String(index));
    const texts = bench.connect().ofType('text');
    expect(texts.map(({ text }) => Number(text))).toEqual(
      Array.from({ length: 64 }, (_, index) => index + 6),
    );
    expect(bench.session.statistics.messagesDropped).toBe(6);
    expect(() => bench.session.sendText('x'.repeat(8001))).toThrow(RangeError);
  });
});

describe('Session: playing', () => {
  it("[K14] tells the held position when the fade is over, with the microphone's time", () => {
    const bench = new Bench();
    bench.connect();
    bench.utterance(1, 50);
    bench.run(100);
    bench.speak(5);
    bench.receive({ type: 'hold', generation: 1 });
    expect(bench.server.ofType('held')).toHaveLength(0);
    bench.run(10);
    bench.session.tick(bench.nowMs);
    expect(bench.server.ofType('held')).toEqual([
      { type: 'held', generation: 1, playedSamples: 1760, uplinkTimestamp: 1600 },
    ]);
    bench.receive({ type: 'release', generation: 1, fromSample: 1000 });
    bench.run(10);
    expect(bench.player.status.playedSamples).toBe(1160);
  });

  it('[K16] answers a clear in the same event, ahead of anything else', () => {
    const bench = new Bench();
    bench.connect();
    bench.utterance(1, 50);
    bench.run(105);
    bench.receive({ type: 'clear', generation: 1 });
    expect(bench.server.messages.at(-1)).toEqual({
      type: 'cleared',
      generation: 1,
      playedSamples: 1760,
      uplinkTimestamp: null,
    });
    bench.utterance(1, 50);
    bench.run(300);
    expect(bench.player.status).toMatchObject({ playedSamples: 1760, packetsCleared: 50 });
  });

  it('[K19] reports at most five a second while playing, once at the end, and then not at all', () => {
    const bench = new Bench();
    bench.connect();
    bench.run(2000);
    expect(bench.server.ofType('report')).toHaveLength(0);
    bench.utterance(1, 100);
    bench.run(1950);
    const reports = bench.server.ofType('report');
    expect(reports.length).toBeGreaterThanOrEqual(9);
    expect(reports.length).toBeLessThanOrEqual(10);
    expect(reports[4]).toEqual({
      type: 'report',
      generation: 1,
      playedSamples: reports[0]!.playedSamples + 4 * 3200,
      uplinkTimestamp: null,
      outputLatencyMs: 0,
      bufferedMs: 2000 - (reports[0]!.playedSamples + 4 * 3200) / 16,
      stretchMs: 0,
      concealedMs: 0,
      underruns: 0,
      lagMs: 0,
      lagCause: null,
      roundTripMs: null,
    });
    bench.run(2000);
    expect(bench.server.ofType('report').at(-1)?.playedSamples).toBe(32_000);
    expect(bench.server.ofType('report').length).toBeLessThanOrEqual(12);
    const { length } = bench.server.ofType('report');
    bench.run(10_000);
    expect(bench.server.ofType('report')).toHaveLength(length);
    expect(bench.session.nextDeadlineMs).toBeGreaterThan(bench.nowMs);
  });

  it('[K19] reports no more often than the welcome allows', () => {
    const bench = new Bench();
    const limits = { messageBytes: 65_536, bundleFrames: 32, reportsPerSecond: 2 };
    bench.connect({ limits });
    bench.utterance(1, 100);
    bench.run(1900);
    expect(bench.server.ofType('report')).toHaveLength(4);
  });

  it('[K19][K20] reports round trips once a second when nothing plays', () => {
    const bench = new Bench();
    bench.connect();
    for (let second = 0; second < 5; second++) {
      for (let tenth = 0; tenth < 10; tenth++) {
        bench.speak(1);
        bench.run(30);
        const sequence = second * 10 + tenth;
        bench.receive(echoOf(sequence));
        bench.run(70);
      }
    }
    const reports = bench.server.ofType('report');
    expect(reports.length).toBeGreaterThanOrEqual(4);
    expect(reports.length).toBeLessThanOrEqual(6);
    expect(reports.at(-1)).toMatchObject({ roundTripMs: 30, lagMs: 0, lagCause: null });
    expect(bench.session.statistics.roundTripMs).toBe(30);
    expect(bench.session.statistics.lag.count).toBe(50);
  });
});

describe("Session: the server's mistakes", () => {
  it('[K21] counts and tells what breaks the protocol, and goes on', () => {
    const bench = new Bench();
    bench.connect(null);
    bench.utterance(1, 1);
    bench.session.received(welcome().replace('"version":1', '"version":2'), 0);
    expect(bench.violations).toHaveLength(2);
    bench.session.received(welcome(), 0);
    const wrong = [
      'no json',
      '{"type":"echo"}',
      `{"type":"error","code":"x","sentence":"${'y'.repeat(70_000)}"}`,
    ];
    for (const text of wrong) bench.session.received(text, 0);
    bench.session.received(new Uint8Array(5), 0);
    bench.session.received(new Uint8Array(70_000), 0);
    expect(bench.violations).toHaveLength(7);
    bench.session.received('{"type":"from-the-future"}', 0);
    expect(bench.session.statistics).toMatchObject({ violations: 7, unknownMessages: 1 });
    expect(bench.heard.map(({ type }) => type)).toEqual(['welcome']);
    bench.speak(1);
    expect(bench.server.packets).toHaveLength(1);
  });

  it('[K21] lets the listener hear a message after it was acted on', () => {
    let bufferedMs = -1;
    const player = new Playback({ format: PCM16 });
    const session = new Session({ stream: 1, uplink: PCM16, downlink: PCM16 }, player, {
      message: (message) => {
        if (message.type === 'clear') bufferedMs = player.status.bufferedMs;
      },
      violation: (sentence) => expect.unreachable(sentence),
      resendRingFull: () => expect.unreachable(),
    });
    session.opened(new ScriptedServer(), 0);
    session.received(welcome(), 0);
    const payload = pcm16(content(1, 0, 320));
    session.received(downlinkPacket({ generation: 1, sequence: 0, timestamp: 0, payload }), 0);
    session.received(serverText({ type: 'clear', generation: 1 }), 0);
    expect(bufferedMs).toBe(0);
  });

  it('[K22] sends ping after 25 s in which nothing was received or said, and ignores pong', () => {
    const bench = new Bench();
    bench.connect();
    bench.run(24_990);
    expect(bench.server.pings).toBe(0);
    bench.run(10);
    expect(bench.server.pings).toBe(1);
    bench.session.received('pong', bench.nowMs);
    bench.run(24_990);
    expect(bench.server.pings).toBe(1);
    bench.receive(echoOf(0));
    bench.run(24_990);
    expect(bench.server.pings).toBe(1);
    expect(bench.violations).toHaveLength(0);
  });
});
