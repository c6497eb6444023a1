// The states of playout: whether a client is there, and whether its player is held.

import type { AudioFormat } from '../wire/messages.ts';
import type { PlaybackPosition } from './segments.ts';

export type LinkState =
  | { readonly kind: 'none' }
  | { readonly kind: 'attached'; readonly format: AudioFormat; readonly canHold: boolean }
  /**
   * `position`: line position that the client had reached when it was last there, as far as that is known. 'away': it may
   * come back with the buffer it had; 'gone': whoever comes has nothing.
   */
  | {
      readonly kind: 'away' | 'gone';
      readonly format: AudioFormat;
      readonly canHold: boolean;
      readonly position: number;
    };

export type PlaybackState =
  | { readonly kind: 'playing' }
  /** The player is silent and keeps its buffer. `exact`: it has said itself that it stands at `at`. */
  | { readonly kind: 'held'; readonly at: PlaybackPosition; readonly exact: boolean }
  /** The player has nothing of what is unheard; `position`: line position to go on from. `exact`: not an estimate. */
  | { readonly kind: 'paused'; readonly position: number; readonly exact: boolean };

export const PLAYING: PlaybackState = { kind: 'playing' };

export const NO_LINK: LinkState = { kind: 'none' };

/** Whether two clients' audio is the same on the wire, so that positions in it mean the same. */
export function isSameFormat(a: AudioFormat, b: AudioFormat): boolean {
  return a.codec === b.codec && a.rateHz === b.rateHz && a.frameMs === b.frameMs;
}
