// The capture worklet: hands the microphone to the transport worker, 10 ms at a time, past the page's own thread.

import { CaptureLine } from './capture-line.ts';
import { CAPTURE_PROCESSOR, type CaptureBlock, COLUMN_SAMPLES } from './worklet-messages.ts';

/** Frames that a context renders at once. */
const QUANTUM_FRAMES = 128;

/** Counts from when it has its port to the worker. With no microphone connected it captures silence: time goes on. */
class CaptureProcessor extends AudioWorkletProcessor {
  readonly #line = new CaptureLine(sampleRate, COLUMN_SAMPLES);
  /** One for all: a posted message is a copy. */
  readonly #block: CaptureBlock = {
    position: 0,
    startFrame: 0,
    samples: new Int16Array(COLUMN_SAMPLES),
  };
  #worker: MessagePort | null = null;

  constructor() {
    super();
    this.port.onmessage = ({ ports }) => {
      this.#block.startFrame = currentFrame;
      this.#worker = ports[0] ?? null;
    };
  }

  override process(inputs: readonly Float32Array[][]): boolean {
    if (this.#worker === null) return true;
    this.#line.capture(inputs[0]?.[0], QUANTUM_FRAMES);
    while (this.#line.hasBlock) {
      this.#block.position = this.#line.position;
      this.#line.takeBlock(this.#block.samples);
      this.#worker.postMessage(this.#block);
    }
    return true;
  }
}

registerProcessor(CAPTURE_PROCESSOR, CaptureProcessor);
