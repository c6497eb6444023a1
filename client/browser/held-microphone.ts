// The microphone's stream that a call holds, and lets go of in the end.

/** Hears that the stream it holds has ended by itself: unplugged, or taken away. */
export class HeldMicrophone {
  readonly #ended: () => void;
  #stream: MediaStream | null = null;
  #isOwn = false;

  constructor(ended: () => void) {
    this.#ended = ended;
  }

  get stream(): MediaStream | null {
    return this.#stream;
  }

  /** Holds this stream in place of the one before. `isOwn`: to be stopped, too; what the page brought is the page's to stop. */
  hold(stream: MediaStream, isOwn: boolean): void {
    if (this.#stream !== stream) this.letGo();
    this.#stream = stream;
    this.#isOwn = isOwn;
    stream.getAudioTracks()[0]?.addEventListener('ended', () => {
      if (this.#stream === stream) this.#ended();
    });
  }

  letGo(): void {
    const stream = this.#stream;
    this.#stream = null;
    if (!this.#isOwn) return;
    for (const track of stream?.getTracks() ?? []) track.stop();
  }
}
