// The client's side of a run: session, player, and a sound device with a clock of its own.

import { Playback } from '../client/session/playback.ts';
import { Session } from '../client/session/session.ts';
import type { AudioFormat } from '../core/wire/messages.ts';
import type { Oracle } from './oracle/oracle.ts';
import type { VirtualWorld } from './virtual-world.ts';

const FORMAT: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };

const SAMPLES_PER_MS = 16;

/** A player that gives each content sample once, whatever is left. */
const RIGID = { format: FORMAT, lowWaterMs: 0, conceals: false };

export interface CallerOptions {
  /** What the microphone hears; zeros after its end. */
  readonly microphone: Int16Array;
  readonly deviceMs: number;
  readonly driftPpm: number;
  readonly isElastic: boolean;
}

/** What the caller asks of the network. */
export interface Network {
  /** Opens a socket after this long. */
  reconnect(afterMs: number): void;
}

export class Caller {
  readonly #time: VirtualWorld;
  readonly #options: CallerOptions;
  readonly #network: Network;
  readonly #oracle: Oracle;
  readonly #rate: number;
  readonly #device: Int16Array;
  #session: Session;
  #player: Playback;
  #streams = 0;
  #captured = 0;
  #periods = 0;

  constructor(time: VirtualWorld, options: CallerOptions, network: Network, oracle: Oracle) {
    this.#time = time;
    this.#options = options;
    this.#network = network;
    this.#oracle = oracle;
    this.#rate = 1 + options.driftPpm / 1e6;
    this.#device = new Int16Array(options.deviceMs * SAMPLES_PER_MS);
    this.#player = this.#newPlayer();
    this.#session = this.#newSession();
    time.at(0, () => this.#period());
  }

  /** The client's clock, which is its device's. */
  get #nowMs(): number {
    return this.#time.nowMs * this.#rate;
  }

  get status(): Playback['status'] {
    return this.#player.status;
  }

  get statistics(): Session['statistics'] {
    return this.#session.statistics;
  }

  /** A socket is open; `send` takes it to the service. */
  opened(send: (data: string | Uint8Array) => void): void {
    const transport = {
      send: (data: string | Uint8Array) => {
        if (typeof data === 'string') this.#oracle.fromClient(data);
        send(typeof data === 'string' ? data : data.slice());
      },
      close: () => {},
    };
    this.#session.opened(transport, this.#nowMs);
  }

  received(data: string | Uint8Array): void {
    if (typeof data === 'string') this.#oracle.fromService(data);
    else this.#oracle.packet(data);
    this.#session.received(data, this.#nowMs);
  }

  lost(code: number): void {
    const { action, afterMs } = this.#session.lost(code, this.#nowMs);
    if (action !== 'give-up') this.#network.reconnect(afterMs);
    else if (code !== REPLACED) this.#oracle.gaveUp(code);
  }

  /** The page is loaded anew. */
  reload(): void {
    this.#player = this.#newPlayer();
    this.#session = this.#newSession();
    this.#oracle.newPlayer();
  }

  interrupt(): void {
    this.#session.interrupt();
  }

  mute(): void {
    this.#session.mute(this.#nowMs);
  }

  unmute(): void {
    this.#session.unmute(this.#nowMs);
  }

  #newPlayer(): Playback {
    return new Playback(this.#options.isElastic ? { format: FORMAT } : RIGID);
  }

  #newSession(): Session {
    const stream = { stream: ++this.#streams, uplink: FORMAT, downlink: FORMAT };
    return new Session(stream, this.#player, {
      message: () => {},
      violation: (sentence) => this.#oracle.violation(sentence),
      resendRingFull: () => {},
    });
  }

  #period(): void {
    const { microphone, deviceMs } = this.#options;
    const device = this.#device;
    const played = this.#player.pull(device);
    this.#oracle.device(device, played, this.#player.status);
    const rest = microphone.subarray(this.#captured, this.#captured + device.length);
    device.fill(0);
    device.set(rest);
    this.#captured += device.length;
    this.#session.capture(device, this.#nowMs);
    this.#session.tick(this.#nowMs);
    this.#periods++;
    this.#time.at((this.#periods * deviceMs) / this.#rate, () => this.#period());
  }
}

/** A connection that a newer one has replaced. */
const REPLACED = 4409;
