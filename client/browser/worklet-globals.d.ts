// The globals of an AudioWorkletGlobalScope (Web Audio API §1.32.4), which TypeScript's DOM library does not have.

/** Rate of the context, in Hz, and the frame at which the block being rendered begins. */
declare const sampleRate: number;
declare const currentFrame: number;

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean;
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
