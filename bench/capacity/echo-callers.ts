// Clients of the bare echo: as many as there are conversations, each sending a packet of 20 ms of audio in real time.

import { once } from 'node:events';
import { BlockClock } from '../../client/node/block-clock.ts';
import { DurationHistogram } from '../../core/conversation/duration-histogram.ts';
import { HEADER_BYTES } from '../../core/wire/packet.ts';

/** What a packet of PCM16 at 16 kHz has. */
const PACKET_BYTES = HEADER_BYTES + 640;
const BLOCKS_PER_PACKET = 2;

export class EchoCallers {
  /** Round trips of all packets. */
  readonly roundTripsMs = new DurationHistogram();
  readonly #sockets: WebSocket[] = [];
  readonly #clocks: BlockClock[] = [];
  #packetsEchoed = 0;

  get packetsEchoed(): number {
    return this.#packetsEchoed;
  }

  /** Opens `count` sockets to objects of their own and begins to send. */
  async start(url: URL, count: number): Promise<void> {
    for (let caller = 0; caller < count; caller++) {
      const socket = new WebSocket(`ws://${url.host}/${caller}`);
      socket.binaryType = 'arraybuffer';
      await once(socket, 'open');
      this.#sockets.push(socket);
      this.#clocks.push(this.#speak(socket));
    }
  }

  stop(): void {
    for (const clock of this.#clocks) clock.stop();
    for (const socket of this.#sockets) socket.close();
  }

  #speak(socket: WebSocket): BlockClock {
    const packet = new Uint8Array(PACKET_BYTES);
    const sentAt = new DataView(packet.buffer);
    let blocks = 0;
    const clock = new BlockClock(
      () => performance.now(),
      () => {
        if (++blocks % BLOCKS_PER_PACKET !== 0) return;
        sentAt.setFloat64(HEADER_BYTES, performance.now());
        socket.send(packet);
      },
    );
    socket.addEventListener('message', ({ data }) => {
      this.#packetsEchoed++;
      const sentAtMs = new DataView(data as ArrayBuffer).getFloat64(HEADER_BYTES);
      this.roundTripsMs.add(performance.now() - sentAtMs);
    });
    clock.start(performance.now());
    return clock;
  }
}
