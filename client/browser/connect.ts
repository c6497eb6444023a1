// Begins a call: microphone, worklets and worker at once, then the service.

import { AudioGraph, callFiles } from './audio-graph.ts';
import { BrowserCall } from './browser-call.ts';
import type { Call } from './call.ts';
import { CallError } from './call-error.ts';
import type { ConnectOptions } from './connect-options.ts';
import { openMicrophone } from './microphone.ts';
import { socketAddress } from './socket-address.ts';

/** Longest wait for a browser that does not say whether it lets a context sound. */
const AUDIO_MS = 300;

/**
 * Resolves when the service's welcome has come and the microphone is open; rejects with CallError. Call it from a click or
 * a key press: without one the browser may let nothing sound (event `audio`).
 */
export async function connect(options: ConnectOptions): Promise<Call> {
  const { audio = {}, signal } = options;
  const socket = socketAddress(options.service, options.conversation);
  if (signal?.aborted === true) throw aborted();
  const graph = new AudioGraph(audio);
  const files = callFiles(options.files);
  const worker = new Worker(files.worker);
  const microphone = microphoneStream(options);
  try {
    const ready = Promise.all([microphone, graph.load(files)]);
    const [stream] = await untilAborted(Promise.race([ready, failure(worker)]), signal);
    await Promise.race([graph.context.resume(), pause(AUDIO_MS)]);
    const call = new BrowserCall(worker, graph, socket, options);
    await call.begin(stream);
    return call;
  } catch (fault) {
    worker.terminate();
    await graph.close();
    if (typeof audio.microphone !== 'object') void microphone.then(stop, () => {});
    throw fault;
  }
}

function microphoneStream({ audio = {} }: ConnectOptions): Promise<MediaStream> {
  const { microphone } = audio;
  return typeof microphone === 'object'
    ? Promise.resolve(microphone)
    : openMicrophone(microphone, audio);
}

/** Rejects when the worker's file cannot be loaded. */
function failure(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    worker.onerror = () =>
      reject(new CallError('failure', 'The transport worker cannot be loaded: see "files".'));
  });
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Rejects when the signal does, whatever the work under way still does. */
function untilAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(aborted());
    signal.addEventListener('abort', abort);
    const forget = () => signal.removeEventListener('abort', abort);
    work.then(resolve, reject).finally(forget);
  });
}

function aborted(): CallError {
  return new CallError('aborted', 'The call was given up before it began.');
}
