// A reader of the wire's packets that shares no code with the service.

const HEADER_BYTES = 12;
const LAST = 2;

/** One packet of the downlink: PCM16 at 16 kHz. */
export class PacketView {
  generation = 0;
  sequence = 0;
  timestamp = 0;
  isLast = false;
  /** The payload's samples; the first `length` of the array. */
  readonly samples = new Int16Array(4096);
  length = 0;

  read(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.isLast = (bytes[1]! & LAST) !== 0;
    this.generation = view.getUint16(2, true);
    this.sequence = view.getUint32(4, true);
    this.timestamp = view.getUint32(8, true);
    this.length = (bytes.byteLength - HEADER_BYTES) / 2;
    for (let index = 0; index < this.length; index++)
      this.samples[index] = view.getInt16(HEADER_BYTES + 2 * index, true);
  }
}
