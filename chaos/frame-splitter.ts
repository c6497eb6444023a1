// Cuts what a WebSocket client sends into its pieces: the upgrade request, then one message frame after another.

const HEAD_END = Buffer.from('\r\n\r\n');

/** A piece that may be sent on, or sent twice, as a whole. */
export interface Piece {
  readonly bytes: Buffer;
  /** A binary message in one frame (RFC 6455 §5.2, FIN and opcode 2). */
  readonly isBinary: boolean;
}

/** Bytes in, whole pieces out; what is not whole yet is kept. */
export class FrameSplitter {
  #rest = Buffer.alloc(0);
  #isUpgraded = false;

  push(bytes: Buffer): Piece[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const pieces: Piece[] = [];
    for (let length = this.#pieceLength(); length > 0; length = this.#pieceLength()) {
      const piece = this.#rest.subarray(0, length);
      pieces.push({ bytes: piece, isBinary: this.#isUpgraded && piece[0] === 0x82 });
      this.#rest = this.#rest.subarray(length);
      this.#isUpgraded = true;
    }
    return pieces;
  }

  /** Length of the next whole piece, 0 when there is none yet. */
  #pieceLength(): number {
    const length = this.#isUpgraded ? frameLength(this.#rest) : headLength(this.#rest);
    return length <= this.#rest.length ? length : 0;
  }
}

function headLength(bytes: Buffer): number {
  const end = bytes.indexOf(HEAD_END);
  return end < 0 ? 0 : end + HEAD_END.length;
}

/** Length of the frame that begins here, 0 while its header is not whole. */
function frameLength(bytes: Buffer): number {
  if (bytes.length < 2) return 0;
  const short = bytes[1]! & 0x7f;
  const maskBytes = (bytes[1]! & 0x80) === 0 ? 0 : 4;
  if (short < 126) return 2 + maskBytes + short;
  if (short === 126) return bytes.length < 4 ? 0 : 4 + maskBytes + bytes.readUInt16BE(2);
  return bytes.length < 10 ? 0 : 10 + maskBytes + Number(bytes.readBigUInt64BE(2));
}
