// What the worklets and the transport worker say to each other over the ports between them.

import type { PlaybackStatus, PlayerAnswer } from '../session/player.ts';
import type { PlaybackState } from './call-statistics.ts';

/** Names under which the processors are registered. */
export const CAPTURE_PROCESSOR = 'isochron-capture';
export const PLAYBACK_PROCESSOR = 'isochron-playback';

/** Samples of one capture block and of one playback column at 16 kHz: 10 ms. */
export const COLUMN_SAMPLES = 160;

/** Capture worklet → worker: the next COLUMN_SAMPLES of the microphone at 16 kHz. */
export interface CaptureBlock {
  /** Samples captured before these. */
  position: number;
  /** The context's frame with which capturing began: position 0. */
  startFrame: number;
  readonly samples: Int16Array;
}

/** Playback worklet → worker: COLUMN_SAMPLES have been handed to the device; `status` is the player's after them. */
export interface PlaybackColumnNews {
  readonly type: 'column';
  /** The context's frame at which the first of them left, with fractions. */
  frame: number;
  low: number;
  high: number;
  state: PlaybackState;
  readonly status: PlaybackStatus;
}

/** Playback worklet → worker: a hold or a clear has been carried out. */
export interface PlaybackAnswerNews {
  readonly type: 'answer';
  readonly answer: PlayerAnswer;
}

export type PlaybackNews = PlaybackColumnNews | PlaybackAnswerNews;

/** Worker → playback worklet: a packet as it came, or what the service wants done with the buffer. */
export type PlaybackOrder =
  | Uint8Array
  | { readonly type: 'hold'; readonly generation: number }
  | { readonly type: 'release'; readonly generation: number; readonly fromSample: number }
  | { readonly type: 'clear'; readonly generation: number }
  | { readonly type: 'dropBelow'; readonly generation: number };

/** Page → worklet, with the port to the worker: begin. */
export interface PlaybackSetUp {
  readonly startMs: number | undefined;
  readonly lowWaterMs: number | undefined;
}
