// A microphone that hears a recording and then silence, and remembers when each sample left the client.

/** Gives blocks of 16 kHz samples. Positions are samples since the first. */
export class VirtualMicrophone {
  readonly #voice: Int16Array;
  readonly #blockSamples: number;
  readonly #frameSamples: number;
  readonly #block: Int16Array;
  /** When each block was given to the session, which sends a frame with the block that completes it. */
  readonly #givenAtMs: number[] = [];

  /** `frameSamples` are those of a packet, at 16 kHz: a whole number of blocks. */
  constructor(voice: Int16Array, blockSamples: number, frameSamples: number) {
    this.#voice = voice;
    this.#blockSamples = blockSamples;
    this.#frameSamples = frameSamples;
    this.#block = new Int16Array(blockSamples);
  }

  /** Samples given so far. */
  get position(): number {
    return this.#givenAtMs.length * this.#blockSamples;
  }

  /** Whether the recording is over and silence has begun. */
  get isFinished(): boolean {
    return this.position >= this.#voice.length;
  }

  /** The next block, valid until the next call; it is given to the session now. */
  capture(nowMs: number): Int16Array {
    this.#block.fill(0);
    this.#block.set(this.#voice.subarray(this.position, this.position + this.#blockSamples));
    this.#givenAtMs.push(nowMs);
    return this.#block;
  }

  /** When the packet with the last sample before `position` left the client. */
  leftAtMs(position: number): number {
    const frames = Math.ceil(position / this.#frameSamples);
    const blocks = (frames * this.#frameSamples) / this.#blockSamples;
    return this.#givenAtMs[Math.min(blocks, this.#givenAtMs.length) - 1] ?? 0;
  }
}
