// How a call is begun.

import type { NetworkConditions } from './network-conditions.ts';

export interface ConnectOptions {
  /** Origin of the service (https://…), or the whole address of the conversation's socket (wss://…/socket). */
  readonly service: string | URL;
  /** The conversation's id; not needed with the address of its socket. */
  readonly conversation?: string | undefined;
  /** A `talk` token of that conversation. */
  readonly token: string;
  readonly audio?: AudioOptions | undefined;
  /**
   * What audio is on the wire: `pcm16`, unless given, is exact and takes 256 kbit/s each way; `opus` takes a tenth, in
   * browsers with WebCodecs (in others it is PCM16 all the same).
   */
  readonly codec?: 'pcm16' | 'opus' | undefined;
  /** The microphone is silent but between `pressToTalk` and `releaseToTalk`, which are the edges of manual turns. */
  readonly pushToTalk?: boolean | undefined;
  /** How many ms a lost connection is tried again before the call is `lost`; 60,000 unless given. */
  readonly reconnectMs?: number | undefined;
  /** Keeps the resume token in `sessionStorage`, so that the same tab finds its call again after a reload. */
  readonly surviveReload?: boolean | undefined;
  /** Makes the network worse than it is. */
  readonly network?: NetworkConditions | undefined;
  /** Folder of this library's worklet and worker files, where a bundler has moved this module away from them. */
  readonly files?: string | URL | undefined;
  /** Aborting before the welcome rejects `connect`; after it, closes the call. */
  readonly signal?: AbortSignal | undefined;
}

export interface AudioOptions {
  /** Device id of the microphone, or a stream that is already had; the default microphone unless given. */
  readonly microphone?: string | MediaStream | undefined;
  /** Device id of the speaker, where the browser lets a page choose it. */
  readonly speaker?: string | undefined;
  /** Requested of the browser, true unless given; what it made of that is in the statistics. */
  readonly echoCancellation?: boolean | undefined;
  readonly noiseSuppression?: boolean | undefined;
  readonly autoGainControl?: boolean | undefined;
  /** Begins muted. */
  readonly muted?: boolean | undefined;
  /** A context of the page's own, which outlives the call; the call makes and closes one of its own unless given. */
  readonly context?: AudioContext | undefined;
  /** Where the agent's voice goes; the context's destination unless given. */
  readonly output?: AudioNode | undefined;
  /** Content wanted before an utterance starts, and below which speech is made to last longer (see `Playback`). */
  readonly startMs?: number | undefined;
  readonly lowWaterMs?: number | undefined;
}

export interface DeviceChoice {
  /** Device id, or a stream that is already had. */
  readonly microphone?: string | MediaStream | undefined;
  /** Device id, '' for the default speaker. */
  readonly speaker?: string | undefined;
}
