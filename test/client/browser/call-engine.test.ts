// A call in its worker without a browser: scripted worklets, scripted sockets, a clock that the test moves.

import { describe, expect, it } from 'vitest';
import {
  type CallSocketListener,
  CLOSED_ABNORMALLY,
} from '../../../client/browser/call-connection.ts';
import { CallEngine, FORMAT } from '../../../client/browser/call-engine.ts';
import type { CallEvents } from '../../../client/browser/call-events.ts';
import type { CallNews, CallSetUp, WorkerStatistics } from '../../../client/browser/call-orders.ts';
import { EventHub } from '../../../client/browser/event-hub.ts';
import { outputLatency } from '../../../client/browser/output-latency.ts';
import { RemotePlayer } from '../../../client/browser/remote-player.ts';
import { SpeakerFeed } from '../../../client/browser/speaker-feed.ts';
import type { PlaybackNews, PlaybackOrder } from '../../../client/browser/worklet-messages.ts';
import type { PlayerAnswer } from '../../../client/session/player.ts';
import { CLOSE_CODES } from '../../../core/wire/close-codes.ts';
import type { ServerMessage } from '../../../core/wire/messages.ts';
import { FLAG_LAST } from '../../../core/wire/packet.ts';
import {
  content,
  downlinkPacket,
  PCM16,
  pcm16,
  ScriptedServer,
  serverText,
  type Welcome,
  welcome,
} from '../../support/scripted-server.ts';

const RATE_HZ = 48_000;

const SET_UP: CallSetUp = {
  socket: 'wss://voice.example/v1/conversations/c1/socket',
  token: 'first',
  codec: 'pcm16',
  rateHz: RATE_HZ,
  reconnectMs: 60_000,
  muted: false,
  pushToTalk: false,
  network: {},
};

/** The worklets at 48 kHz beside a worker; 10 ms at a time. */
class Bench {
  nowMs = 0;
  readonly news: CallNews[] = [];
  readonly servers: ScriptedServer[] = [];
  readonly listeners: CallSocketListener[] = [];
  readonly tokens: string[] = [];
  readonly heard: number[] = [];
  readonly engine: CallEngine;
  readonly #feed = new SpeakerFeed(RATE_HZ, 0, { format: PCM16, settleMs: 0, lowWaterMs: 0 });
  readonly #answer: PlayerAnswer = { kind: 'held', generation: 0, playedSamples: 0 };
  #position = 0;

  constructor(setUp: Partial<CallSetUp> = {}) {
    this.engine = new CallEngine(
      { ...SET_UP, ...setUp },
      {
        dial: (token, listener) => {
          const server = new ScriptedServer();
          this.tokens.push(token);
          this.servers.push(server);
          this.listeners.push(listener);
          return { send: (data) => server.send(data), close: () => {} };
        },
        wireFormat: () => FORMAT,
        now: () => this.nowMs,
        clockMs: () => 1_000_000 + this.nowMs,
        chance: () => 0.5,
        random32: () => 77,
        tell: (news) => this.news.push(structuredClone(news)),
        order: (order) => this.#order(structuredClone(order)),
      },
    );
    this.engine.start();
  }

  get server(): ScriptedServer {
    return this.servers.at(-1)!;
  }

  open(changes: Partial<Welcome> = {}): void {
    this.listeners.at(-1)!.opened();
    this.listeners.at(-1)!.received(welcome(changes));
  }

  hear(message: ServerMessage): void {
    this.listeners.at(-1)!.received(serverText(message));
  }

  close(code: number, reason = ''): void {
    this.listeners.at(-1)!.closed(code, reason);
  }

  /** The sound device runs for so long. */
  run(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs += 10;
      const samples = new Int16Array(160).fill(1000);
      this.engine.captured({ position: this.#position, startFrame: 0, samples });
      this.#position += 160;
      for (let quantum = 0; quantum < 4; quantum++) {
        const into = new Float32Array(120);
        this.#feed.render(into);
        this.heard.push(...into);
      }
      this.#tellPlayback();
    }
  }

  events<Name extends keyof CallEvents>(name: Name): CallEvents[Name][] {
    return this.news.flatMap((news) =>
      news.type === 'event' && news.event.name === name
        ? [news.event.event as CallEvents[Name]]
        : [],
    );
  }

  get statistics(): WorkerStatistics[] {
    return this.news.flatMap((news) => (news.type === 'statistics' ? [news.statistics] : []));
  }

  get errors(): (string | number | null)[][] {
    return this.news.flatMap((news) =>
      news.type === 'error' ? [[news.code, news.closeCode]] : [],
    );
  }

  #tellPlayback(): void {
    this.#tellAnswers();
    while (this.#feed.hasColumn) {
      this.engine.played(structuredClone(this.#feed.takeColumn()) as PlaybackNews);
      this.#feed.nextColumn();
    }
  }

  #tellAnswers(): void {
    while (this.#feed.takeAnswer(this.#answer))
      this.engine.played({ type: 'answer', answer: { ...this.#answer } });
  }

  #order(order: PlaybackOrder): void {
    if (order instanceof Uint8Array) this.#feed.receive(order);
    else if (order.type === 'hold') this.#feed.hold(order.generation);
    else if (order.type === 'release') this.#feed.release(order.generation, order.fromSample);
    else if (order.type === 'clear') this.#feed.clear(order.generation);
    else this.#feed.dropBelow(order.generation);
  }
}

/** What has come of an utterance of so many ms, in packets from `from` on. */
function speak(bench: Bench, ms: number, from = 0, until = ms): void {
  for (let at = from * 16; at < until * 16; at += 320) {
    const flags = at + 320 >= ms * 16 ? FLAG_LAST : 0;
    const payload = pcm16(content(1, at, 320));
    const packet = downlinkPacket({
      generation: 1,
      sequence: at / 320,
      timestamp: at,
      flags,
      payload,
    });
    bench.listeners.at(-1)!.received(packet.buffer as ArrayBuffer);
  }
}

const STARTED: ServerMessage = {
  type: 'utterance',
  state: 'started',
  utterance: 1,
  generation: 1,
  interruptible: true,
};

describe('a call in its worker', () => {
  it('[Y10] tells what the service says as events on one axis of sound', () => {
    const bench = new Bench();
    bench.open();
    bench.run(500);
    bench.hear({ type: 'speech', state: 'started', timestamp: 4800 });
    bench.hear({ type: 'turn', state: 'started', turn: 1, startTimestamp: 1600, continues: null });
    bench.run(100);
    const ended = { startTimestamp: 1600, endTimestamp: 8000, reason: 'silence' } as const;
    bench.hear({ type: 'turn', state: 'ended', turn: 1, ...ended });
    bench.hear({ type: 'transcript', party: 'caller', text: 'Hello', final: true });
    bench.hear(STARTED);
    speak(bench, 200);
    bench.run(400);
    expect(bench.events('connection')).toEqual([{ state: 'live', atMs: 0, conversation: 'c1' }]);
    expect(bench.events('turn')).toEqual([
      { state: 'started', atMs: 500, turn: 1, startMs: 100, continues: null },
      { state: 'ended', atMs: 600, turn: 1, startMs: 100, endMs: 500, reason: 'silence' },
    ]);
    expect(bench.events('transcript')).toEqual([
      { atMs: 600, party: 'caller', text: 'Hello', final: true },
    ]);
    expect(bench.events('speaking')).toEqual([
      { party: 'caller', speaking: true, atMs: 500, soundMs: 300 },
      { party: 'agent', speaking: true, atMs: 610, soundMs: 600 },
      { party: 'agent', speaking: false, atMs: 810, soundMs: 800 },
    ]);
    expect(bench.events('agent')).toEqual([
      { state: 'started', atMs: 600, utterance: 1, generation: 1, interruptible: true },
      { state: 'audible', atMs: 600, utterance: 1, generation: 1 },
    ]);
  });

  it('[Y10] tells the stages of a barge-in, and answers them with the position that was heard', () => {
    const bench = new Bench();
    bench.open();
    speak(bench, 1000);
    bench.run(300);
    bench.hear({ type: 'hold', generation: 1 });
    bench.run(100);
    bench.hear({ type: 'release', generation: 1, fromSample: 4800 });
    bench.run(100);
    bench.hear({ type: 'clear', generation: 1 });
    bench.run(50);
    expect(bench.events('interruption').map(({ stage }) => stage)).toEqual([
      'hold',
      'release',
      'clear',
    ]);
    const [held] = bench.server.ofType('held');
    // What the device has been given, and 10 ms of fade.
    expect(held!.playedSamples).toBeGreaterThanOrEqual(4800 + 160);
    expect(held!.playedSamples).toBeLessThan(4800 + 330);
    expect(bench.server.ofType('cleared')).toHaveLength(1);
    expect(bench.heard.slice(-480).every((sample) => sample === 0)).toBe(true);
  });

  it('[Y16] tells statistics ten times a second: columns of 10 ms without a hole, and every counter', () => {
    const bench = new Bench();
    bench.open();
    bench.run(100);
    speak(bench, 300);
    bench.run(900);
    expect(bench.statistics).toHaveLength(10);
    const uplink = bench.statistics.flatMap((each) => each.uplink.columns);
    const playback = bench.statistics.flatMap((each) => each.playback.columns);
    expect(uplink.map(({ atMs }) => atMs)).toEqual(uplink.map((_, at) => at * 10));
    expect(playback.map(({ atMs }) => atMs)).toEqual(playback.map((_, at) => at * 10));
    expect(playback.filter(({ state }) => state === 'playing').length).toBeGreaterThanOrEqual(30);
    expect(playback.at(-1)!.contentMs).toBe(300);
    const last = bench.statistics.at(-1)!;
    expect(last).toMatchObject({
      uplink: { muted: false, gaps: 0, packetsOverwritten: 0 },
      playback: { generation: 1, playedMs: 300, underruns: 0, targetLeadMs: 600 },
      network: { connections: 1, violations: 0 },
    });
    expect(last.uplink.levelDb).toBeCloseTo(20 * Math.log10(1000 / 32_768), 3);
    expect(last.pageTimeMs).toBe(1_000_000 + bench.nowMs);
  });

  it('[Y16] reports by the sound device alone: five a second while something plays, with its latency', () => {
    const bench = new Bench();
    bench.open();
    bench.engine.obey({ type: 'latency', outputLatencyMs: 35 });
    speak(bench, 2000);
    bench.run(2000);
    const reports = bench.server.ofType('report');
    expect(reports.length).toBeGreaterThanOrEqual(9);
    expect(reports.length).toBeLessThanOrEqual(11);
    expect(reports.at(-1)!.outputLatencyMs).toBe(35);
    expect(
      reports.every(
        ({ playedSamples }, at) => at === 0 || playedSamples > reports[at - 1]!.playedSamples,
      ),
    ).toBe(true);
  });

  it('[Y9] goes on over a connection that was cut: frames are resent, and content is heard once', () => {
    const bench = new Bench();
    bench.open();
    bench.run(100);
    speak(bench, 600, 0, 400);
    bench.run(100);
    bench.engine.obey({ type: 'cut', forMs: 100 });
    bench.run(600);
    expect(bench.events('connection')[1]).toMatchObject({
      state: 'lost',
      attempt: 1,
      closeCode: 1006,
    });
    expect(bench.servers.length).toBeGreaterThan(1);
    bench.open({ stored: 5 });
    speak(bench, 600, 200);
    bench.run(600);
    expect(bench.events('connection').at(-1)!.state).toBe('live');
    const resume = bench.server.ofType('hello')[0]!.resume!;
    expect(resume).toMatchObject({ generation: 1, receivedSamples: 6400, nextSequence: 20 });
    expect(bench.server.frames(640).slice(0, 3)).toEqual([5, 6, 7]);
    const { playback } = bench.statistics.at(-1)!;
    expect(playback).toMatchObject({ playedMs: 600, overruns: 0 });
    expect(playback.packetsDuplicated).toBe(10);
  });

  it('[Y10] connects again with the resume token, and not after what cannot be helped', () => {
    const bench = new Bench();
    bench.open({ resumeToken: 'second' });
    bench.close(CLOSED_ABNORMALLY);
    bench.run(300);
    expect(bench.tokens).toEqual(['first', 'second']);
    bench.open({ resumeToken: 'third' });
    bench.close(CLOSE_CODES.replaced.code);
    bench.run(20_000);
    expect(bench.tokens).toHaveLength(2);
    expect(bench.errors).toEqual([['replaced', CLOSE_CODES.replaced.code]]);
    expect(bench.events('connection').at(-1)!.state).toBe('closed');
    expect(bench.news.at(-1)).toEqual({ type: 'closed' });
  });

  it.each([
    ['ended', CLOSE_CODES.ended.code],
    ['refused', CLOSE_CODES.unauthorized.code],
    ['refused', CLOSE_CODES.forbidden.code],
  ])('[Y10] ends with "%s" when the service closes with %i', (code, closeCode) => {
    const bench = new Bench();
    bench.open();
    bench.close(closeCode);
    expect(bench.errors).toEqual([[code, closeCode]]);
    expect(bench.news.at(-1)).toEqual({ type: 'closed' });
  });

  it('[Y10] gives up a service that cannot be had: before the call after 10 s, during it after "reconnectMs"', () => {
    const never = new Bench();
    never.close(CLOSED_ABNORMALLY);
    never.run(10_100);
    expect(never.errors).toEqual([['unreachable', null]]);
    const lost = new Bench({ reconnectMs: 3000 });
    lost.open();
    for (let tries = 0; tries < 40 && lost.errors.length === 0; tries++) {
      lost.close(CLOSED_ABNORMALLY);
      lost.run(1100);
    }
    expect(lost.errors).toEqual([['lost', CLOSED_ABNORMALLY]]);
    expect(lost.nowMs).toBeLessThan(6000);
  });

  it('[Y10] passes on that something went wrong in the service, and goes on', () => {
    const bench = new Bench();
    bench.open();
    bench.hear({ type: 'error', code: 'agent-failed', sentence: 'The agent failed.' });
    expect(bench.errors).toEqual([['service', null]]);
    expect(bench.news.at(-1)).toMatchObject({ type: 'message', message: { code: 'agent-failed' } });
  });

  it('[Y13] mutes as a pause, and shows it in the columns', () => {
    const bench = new Bench({ muted: true });
    bench.open();
    bench.run(200);
    expect(bench.server.packets).toHaveLength(0);
    bench.engine.obey({ type: 'mute', muted: false });
    bench.run(200);
    expect(bench.server.packets.length).toBeGreaterThanOrEqual(9);
    bench.engine.obey({ type: 'mute', muted: true });
    bench.run(100);
    expect(bench.server.ofType('pause')).toHaveLength(2);
    expect(bench.server.ofType('resume')).toHaveLength(1);
    const muted = bench.statistics.flatMap((each) =>
      each.uplink.columns.map((column) => column.muted),
    );
    expect(muted.filter((is) => !is)).toHaveLength(20);
    expect(bench.news.flatMap((news) => (news.type === 'muted' ? [news.muted] : []))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('[Y13] opens the microphone between the edges of a turn when talking is by a button', () => {
    const bench = new Bench({ pushToTalk: true });
    bench.open();
    bench.run(200);
    bench.engine.obey({ type: 'talk', pressed: true });
    bench.run(300);
    bench.engine.obey({ type: 'talk', pressed: false });
    bench.run(200);
    const turns = bench.server.ofType('turn');
    expect(turns.map(({ state }) => state)).toEqual(['started', 'ended']);
    expect(turns[0]!.timestamp).toBe(3200);
    expect(turns[1]!.timestamp).toBe(8000);
    expect(bench.server.packets[0]!.timestamp).toBe(3200);
    expect(bench.server.packets).toHaveLength(15);
  });

  it('[Y22] says good-bye, and is over when the service has closed or half a second later', () => {
    const bench = new Bench();
    bench.open();
    bench.engine.obey({ type: 'close', reason: 'done' });
    expect(bench.server.ofType('bye')).toEqual([{ type: 'bye', reason: 'done' }]);
    expect(bench.news.some(({ type }) => type === 'closed')).toBe(false);
    bench.close(1000);
    expect(bench.news.at(-1)).toEqual({ type: 'closed' });
    const silent = new Bench();
    silent.open();
    silent.engine.obey({ type: 'close', reason: 'done' });
    silent.run(510);
    expect(silent.news.at(-1)).toEqual({ type: 'closed' });
    expect(silent.errors).toEqual([]);
  });
});

describe('the stand-in for the player', () => {
  it('[Y7] passes orders on, and knows what the worklet told last, its own latency kept', () => {
    const orders: PlaybackOrder[] = [];
    const player = new RemotePlayer((order) => orders.push(order));
    player.outputLatencyMs = 20;
    const packet = Uint8Array.of(1);
    expect(player.receive(packet)).toBe('accepted');
    player.hold(1);
    player.release(1, 5);
    player.clear(1);
    player.dropBelow(2);
    expect(orders).toEqual([
      packet,
      { type: 'hold', generation: 1 },
      { type: 'release', generation: 1, fromSample: 5 },
      { type: 'clear', generation: 1 },
      { type: 'dropBelow', generation: 2 },
    ]);
    const status = { ...player.status, generation: 3, playedSamples: 80, outputLatencyMs: 0 };
    player.hear({ type: 'column', frame: 0, low: 0, high: 0, state: 'playing', status });
    expect(player.status).toEqual({ ...status, outputLatencyMs: 20 });
    const answers = [
      { kind: 'held', generation: 1, playedSamples: 7 },
      { kind: 'cleared', generation: 1, playedSamples: 9 },
    ] as const;
    for (const answer of answers) player.hear({ type: 'answer', answer });
    const taken: PlayerAnswer = { kind: 'held', generation: 0, playedSamples: 0 };
    for (const answer of answers) {
      expect(player.takeAnswer(taken)).toBe(true);
      expect(taken).toEqual(answer);
    }
    expect(player.takeAnswer(taken)).toBe(false);
  });
});

describe('the page’s side of a call', () => {
  it('[Y17] hears every listener, also beside one that throws, until it is taken away', () => {
    const faults: unknown[] = [];
    const hub = new EventHub((fault) => faults.push(fault));
    const heard: string[] = [];
    hub.on('audio', () => {
      throw new Error('of the page');
    });
    const off = hub.on('audio', ({ state }) => heard.push(state));
    hub.tell('audio', { state: 'blocked' });
    off();
    hub.tell('audio', { state: 'running' });
    expect(heard).toEqual(['blocked']);
    expect(faults).toHaveLength(2);
  });

  it('[Y18] takes the output latency from what the browser has, and says which', () => {
    expect(outputLatency({ outputLatency: 0.03, baseLatency: 0.01 })).toEqual({
      latencyMs: 30,
      source: 'outputLatency',
    });
    expect(outputLatency({ outputLatency: 0, baseLatency: 0.01 }).source).toBe('baseLatency');
    expect(outputLatency({ baseLatency: 0.01 })).toEqual({ latencyMs: 10, source: 'baseLatency' });
    expect(outputLatency({})).toEqual({ latencyMs: 40, source: 'assumed' });
  });
});
