// The SFU's adapter that sends a caller's audio, in virtual time: packets by the clock, whatever becomes of the socket.
// Source: https://developers.cloudflare.com/realtime/sfu/features/media-transport-adapters/websocket-adapter/

import { writeWirePacket } from './wire-packet.ts';

/** The SFU dials the same address again for so long. */
const REDIAL_WINDOW_MS = 15_000;

/** What comes while nobody listens is kept, up to this many packets; older ones are dropped. */
const BACKLOG_PACKETS = 10;

/** What a caller is like; every part may be left out. */
export interface FakeEgressOptions {
  /** What the caller says, mono at 48 kHz from the start on; silence after its end. */
  readonly voice?: Int16Array | undefined;
  /** Length of each packet, ms; 20 unless given. */
  readonly packetMs?: number | undefined;
  readonly firstSequence?: number | undefined;
  readonly firstTimestamp?: number | undefined;
  /** Timestamp units of a millisecond: 48 unless given. */
  readonly unitsPerMs?: number | undefined;
  /** Whether the packet with this number, from 0 on, never comes. */
  readonly loses?: ((packet: number) => boolean) | undefined;
  /** By how many packets this one comes later. */
  readonly delaysBy?: ((packet: number) => number) | undefined;
  /** Whether nothing is sent at this time because the caller is quiet; numbers do not count it, timestamps do. */
  readonly isQuiet?: ((atMs: number) => boolean) | undefined;
  /** After every so many packets something comes that is none. */
  readonly malformedEvery?: number | undefined;
  /** At these times the connection breaks. */
  readonly cutsAtMs?: readonly number[] | undefined;
  /** So long after it was lost the SFU dials again; Infinity for never. */
  readonly redialAfterMs?: number | undefined;
  /** What numbers and timestamps do at a re-dial. */
  readonly afterRedial?: 'continue' | 'begin-anew' | undefined;
}

/** The way to whoever was dialled. */
export interface FakeAdapterLine {
  send(message: Uint8Array): void;
  /** Breaks the connection. */
  cut(): void;
}

const MALFORMED = [[], [0x2a], [0x2a, 0x04, 1], [0x2a, 0x03, 1, 2, 3], [0xff, 0xff, 0xff]];

/** Times are milliseconds of any origin, the same in every call. */
export class FakeEgress {
  packetsSent = 0;
  dials = 1;
  /** The SFU has given up. */
  isOver = false;
  readonly startMs: number;
  readonly #options: FakeEgressOptions;
  readonly #dial: () => void;
  readonly #packetMs: number;
  readonly #mono: Int16Array;
  #line: FakeAdapterLine | null = null;
  #packets = 0;
  #sequence: number;
  #timestamp: number;
  #cuts = 0;
  #redialMs = Number.POSITIVE_INFINITY;
  #lostMs = 0;
  #backlog: Uint8Array[] = [];
  #delayed: { readonly after: number; readonly message: Uint8Array }[] = [];

  /** `dial` asks for another connection, which is given to `opened`. */
  constructor(options: FakeEgressOptions, dial: () => void, nowMs: number) {
    this.#options = options;
    this.#dial = dial;
    this.startMs = nowMs;
    this.#packetMs = options.packetMs ?? 20;
    this.#mono = new Int16Array(this.#packetMs * 48);
    this.#sequence = options.firstSequence ?? 0;
    this.#timestamp = options.firstTimestamp ?? 0;
  }

  /** A connection stands; what was kept for it goes first. */
  opened(line: FakeAdapterLine): void {
    this.#line = line;
    this.#redialMs = Number.POSITIVE_INFINITY;
    for (const message of this.#backlog.splice(0)) this.#send(message);
  }

  /** The connection is gone, or could not be had. */
  closed(nowMs: number): void {
    if (this.isOver) return;
    if (this.#line !== null) this.#lostMs = nowMs;
    this.#line = null;
    const { redialAfterMs = 1000, afterRedial } = this.#options;
    if (nowMs + redialAfterMs - this.#lostMs > REDIAL_WINDOW_MS) this.isOver = true;
    else this.#redialMs = nowMs + redialAfterMs;
    if (afterRedial !== 'begin-anew') return;
    this.#sequence = 0;
    this.#timestamp = 0x1234;
  }

  /** The adapter was closed over the API. */
  end(): void {
    this.isOver = true;
    this.#line?.cut();
  }

  /** When `tick` wants to be called. */
  get nextDeadlineMs(): number {
    if (this.isOver) return Number.POSITIVE_INFINITY;
    return Math.min(this.#packetAtMs, this.#cutMs, this.#redialMs);
  }

  tick(nowMs: number): void {
    if (this.isOver) return;
    if (nowMs >= this.#cutMs) {
      this.#cuts++;
      this.#line?.cut();
      if (this.#line !== null) this.closed(nowMs);
    }
    if (nowMs >= this.#redialMs) {
      this.#redialMs = Number.POSITIVE_INFINITY;
      this.dials++;
      this.#dial();
    }
    while (nowMs >= this.#packetAtMs) this.#make();
  }

  get #packetAtMs(): number {
    return this.startMs + (this.#packets + 1) * this.#packetMs;
  }

  get #cutMs(): number {
    return this.startMs + (this.#options.cutsAtMs?.[this.#cuts] ?? Number.POSITIVE_INFINITY);
  }

  #make(): void {
    const { voice, loses, delaysBy, isQuiet, malformedEvery, unitsPerMs = 48 } = this.#options;
    const packet = this.#packets++;
    const from = packet * this.#mono.length;
    const timestamp = this.#timestamp;
    this.#timestamp = (timestamp + this.#packetMs * unitsPerMs) >>> 0;
    if (isQuiet?.(packet * this.#packetMs) === true) return;
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) >>> 0;
    this.#mono.fill(0);
    this.#mono.set(voice?.subarray(from, from + this.#mono.length) ?? []);
    const message = writeWirePacket(sequence, timestamp, this.#mono);
    const late = delaysBy?.(packet) ?? 0;
    if (loses?.(packet) === true) return;
    if (late > 0) this.#delayed.push({ after: packet + late, message });
    else this.#post(message);
    for (const { message: due } of this.#delayed.filter(({ after }) => after <= packet))
      this.#post(due);
    this.#delayed = this.#delayed.filter(({ after }) => after > packet);
    if (malformedEvery === undefined || packet % malformedEvery !== malformedEvery - 1) return;
    this.#line?.send(Uint8Array.from(MALFORMED[Math.floor(packet / malformedEvery) % 5]!));
  }

  #post(message: Uint8Array): void {
    if (this.#line !== null) this.#send(message);
    else this.#backlog = [...this.#backlog, message].slice(-BACKLOG_PACKETS);
  }

  #send(message: Uint8Array): void {
    this.packetsSent++;
    this.#line!.send(message);
  }
}
