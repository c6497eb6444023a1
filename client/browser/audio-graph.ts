// The Web Audio side of a call: context, worklets, the microphone's way in and the agent's way out.

import { CallError } from './call-error.ts';
import type { AudioOptions } from './connect-options.ts';
import { CAPTURE_PROCESSOR, PLAYBACK_PROCESSOR, type PlaybackSetUp } from './worklet-messages.ts';

/** Where the files of the worklets and the worker are. */
export interface CallFiles {
  readonly capture: URL;
  readonly playback: URL;
  readonly worker: URL;
}

/** The files beside this module, or in a folder of the page's choice. */
export function callFiles(folder: string | URL | undefined): CallFiles {
  if (folder === undefined) {
    // Written out, because bundlers look for exactly this.
    return {
      capture: new URL('./capture-worklet.js', import.meta.url),
      playback: new URL('./playback-worklet.js', import.meta.url),
      worker: new URL('./transport-worker.js', import.meta.url),
    };
  }
  const base = new URL(String(folder).replace(/\/?$/, '/'), document.baseURI);
  return {
    capture: new URL('capture-worklet.js', base),
    playback: new URL('playback-worklet.js', base),
    worker: new URL('transport-worker.js', base),
  };
}

/** Both worklets run from `open` to `close`; the microphone in front of them may change. */
export class AudioGraph {
  readonly context: AudioContext;
  readonly #options: AudioOptions;
  readonly #ownsContext: boolean;
  #capture: AudioWorkletNode | null = null;
  #playback: AudioWorkletNode | null = null;
  #source: MediaStreamAudioSourceNode | null = null;

  /** To be made in the gesture that begins the call: a context made later may have to wait for another one. */
  constructor(options: AudioOptions) {
    if (typeof AudioWorkletNode === 'undefined')
      throw new CallError(
        'unsupported',
        'This browser has no audio worklets, or the page is not secure.',
      );
    this.#options = options;
    this.#ownsContext = options.context === undefined;
    this.context = options.context ?? new AudioContext({ latencyHint: 'interactive' });
  }

  /** Loads both worklets. Rejects with CallError. */
  async load(files: CallFiles): Promise<void> {
    const { audioWorklet } = this.context;
    try {
      await Promise.all([
        audioWorklet.addModule(files.capture),
        audioWorklet.addModule(files.playback),
      ]);
    } catch (cause) {
      throw new CallError('failure', `The worklets cannot be loaded from ${files.capture.href}.`, {
        cause,
      });
    }
  }

  /** Starts both worklets, each with its port to the worker. */
  start(capturePort: MessagePort, playbackPort: MessagePort): void {
    const { context } = this;
    const mono = { channelCount: 1, channelCountMode: 'explicit' } as const;
    this.#capture = new AudioWorkletNode(context, CAPTURE_PROCESSOR, {
      ...mono,
      numberOfInputs: 1,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    this.#playback = new AudioWorkletNode(context, PLAYBACK_PROCESSOR, {
      ...mono,
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    const { startMs, lowWaterMs } = this.#options;
    const setUp: PlaybackSetUp = { startMs, lowWaterMs };
    this.#capture.port.postMessage(null, [capturePort]);
    this.#playback.port.postMessage(setUp, [playbackPort]);
    // Its output is silence: some browsers run only what leads to a destination.
    this.#capture.connect(context.destination);
    this.#playback.connect(this.#options.output ?? context.destination);
  }

  /** The capture worklet hears this stream from now on, and silence in between; no sample is counted twice. */
  listenTo(stream: MediaStream | null): void {
    if (this.#capture === null) return;
    this.#source?.disconnect();
    this.#source = stream === null ? null : this.context.createMediaStreamSource(stream);
    this.#source?.connect(this.#capture);
  }

  /** Rejects with CallError where the speaker cannot be chosen. */
  async speakThrough(deviceId: string): Promise<void> {
    const { context } = this;
    if (!('setSinkId' in context) || typeof context.setSinkId !== 'function')
      throw new CallError(
        'speaker-refused',
        'This browser does not let a page choose the speaker.',
      );
    try {
      await context.setSinkId(deviceId);
    } catch (cause) {
      throw new CallError('speaker-refused', 'The speaker cannot be used.', { cause });
    }
  }

  async close(): Promise<void> {
    this.#source?.disconnect();
    this.#capture?.disconnect();
    this.#playback?.disconnect();
    // Closing twice is refused by some browsers, and is no fault.
    if (this.#ownsContext) await this.context.close().catch(() => {});
  }
}
