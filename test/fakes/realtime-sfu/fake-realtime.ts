// The Realtime SFU over TCP: its API on loopback, and adapters that dial whoever asked for them.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { FakeApi, type MadeTrack, type WantedTrack } from './fake-api.ts';
import { FakeEgress, type FakeEgressOptions } from './fake-egress.ts';
import { FakeIngest, type FakeIngestOptions } from './fake-ingest.ts';

export interface FakeRealtimeOptions {
  readonly appId: string;
  readonly secret: string;
  /** What the owner of the track with this name does. */
  readonly caller?: ((trackName: string) => FakeEgressOptions) | undefined;
  /** What becomes of the agent's track of this name, made for the n-th time from 0 on. */
  readonly agent?: ((trackName: string, ordinal: number) => FakeIngestOptions) | undefined;
  /** An `errorCode` for a track that cannot be had. */
  readonly fault?: ((track: WantedTrack) => string | null) | undefined;
}

/** A machine with deadlines. */
interface Timed {
  readonly nextDeadlineMs: number;
  tick(nowMs: number): void;
}

export class FakeRealtime {
  readonly api: FakeApi;
  readonly egresses = new Map<string, FakeEgress>();
  /** By name, in order. */
  readonly ingests = new Map<string, FakeIngest[]>();
  /** Where it was told to dial, by track. */
  readonly endpoints = new Map<string, string>();
  readonly #options: FakeRealtimeOptions;
  readonly #server = createServer();
  readonly #sockets = new Set<WebSocket>();
  readonly #timers = new Map<Timed, NodeJS.Timeout>();

  private constructor(options: FakeRealtimeOptions) {
    this.#options = options;
    this.api = new FakeApi({ ...options, make: (track) => this.#make(track) });
    this.#server.on('request', async (request, response) => {
      const body = await text(request);
      const { headers, url = '' } = request;
      const answer = await this.api.answer(url, headers.authorization ?? '', body);
      response.writeHead(answer.status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    });
  }

  /** Serves on loopback, at a port of the system's choice. */
  static async serve(options: FakeRealtimeOptions): Promise<FakeRealtime> {
    const fake = new FakeRealtime(options);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  /** For REALTIME_URL. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Nothing of it goes on. */
  async stop(): Promise<void> {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #make(track: WantedTrack): Promise<MadeTrack> {
    const errorCode = this.#options.fault?.(track) ?? null;
    if (errorCode !== null) return { errorCode };
    this.endpoints.set(track.trackName, track.endpoint);
    const socket = await this.#dial(track.endpoint);
    if (socket === null) return { errorCode: 'websocket_handshake_failed' };
    return track.location === 'remote' ? this.#send(track, socket) : this.#play(track, socket);
  }

  /** Sends a caller's audio, over one socket after the other. */
  #send({ trackName, endpoint }: WantedTrack, first: WebSocket): MadeTrack {
    const options = this.#options.caller?.(trackName) ?? {};
    const egress: FakeEgress = new FakeEgress(
      options,
      () => {
        void this.#dial(endpoint).then((socket) => {
          if (socket === null) egress.closed(performance.now());
          else use(socket);
          this.#rest(egress);
        });
      },
      performance.now(),
    );
    const use = (socket: WebSocket): void => {
      socket.on('close', () => {
        egress.closed(performance.now());
        this.#rest(egress);
      });
      egress.opened({ send: (message) => socket.send(message), cut: () => socket.terminate() });
    };
    this.egresses.set(trackName, egress);
    use(first);
    this.#rest(egress);
    return {
      get isOver() {
        return egress.isOver;
      },
      close: () => egress.end(),
    };
  }

  /** Plays what the agent says. */
  #play({ trackName }: WantedTrack, socket: WebSocket): MadeTrack {
    const known = this.ingests.get(trackName) ?? [];
    const options = this.#options.agent?.(trackName, known.length) ?? {};
    const ingest = new FakeIngest(options, () => socket.terminate(), performance.now());
    this.ingests.set(trackName, [...known, ingest]);
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer;
      ingest.receive(isBinary ? new Uint8Array(bytes) : String(bytes), performance.now());
      this.#rest(ingest);
    });
    socket.on('close', () => ingest.closed(performance.now()));
    this.#rest(ingest);
    return {
      get isOver() {
        return ingest.isOver;
      },
      close: () => socket.close(1000),
    };
  }

  async #dial(endpoint: string): Promise<WebSocket | null> {
    const socket = new WebSocket(endpoint);
    this.#sockets.add(socket);
    return new Promise((resolve) => {
      socket.on('open', () => resolve(socket));
      socket.on('error', () => resolve(null));
    });
  }

  #rest(machine: Timed): void {
    clearTimeout(this.#timers.get(machine));
    const delayMs = machine.nextDeadlineMs - performance.now();
    if (delayMs === Number.POSITIVE_INFINITY) return;
    const timer = setTimeout(
      () => {
        machine.tick(performance.now());
        this.#rest(machine);
      },
      Math.max(0, Math.ceil(delayMs)),
    );
    this.#timers.set(machine, timer);
  }
}
