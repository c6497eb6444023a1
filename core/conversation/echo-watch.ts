// Keeps the agent from hearing itself over an open speaker: the guard, and what it is told of the speaker.

import type { Downlink, PlaybackPosition } from '../playout/downlink.ts';
import { SpeakerTrack, type SpeakerTrackSnapshot } from '../playout/speaker-track.ts';
import { EchoGuard, type EchoGuardMode, type EchoGuardSnapshot } from '../voice/echo-guard.ts';
import type { WorkBudget } from '../voice/work-ledger.ts';
import type { Uplink } from './uplink.ts';

/** State of a watch. */
export interface EchoWatchSnapshot {
  readonly guard: EchoGuardSnapshot;
  readonly track: SpeakerTrackSnapshot;
}

/** Where a listener was, and the microphone's time then. */
type Where = PlaybackPosition & { readonly uplinkTimestamp: number | null };

export class EchoWatch {
  readonly guard: EchoGuard;
  readonly #track: SpeakerTrack;

  constructor(mode: EchoGuardMode, downlink: Downlink, budget: WorkBudget) {
    this.#track = new SpeakerTrack(downlink);
    this.guard = new EchoGuard(mode, this.#track, budget);
  }

  /** A report came. */
  reported(where: Where, uplink: Uplink): void {
    if (where.uplinkTimestamp === null) return;
    this.#track.reported(where, uplink.sampleAt(where.uplinkTimestamp));
  }

  /** The answer to a hold or a clear came. */
  stopped(where: Where, uplink: Uplink): void {
    if (where.uplinkTimestamp === null) return;
    this.#track.stopped(where, uplink.sampleAt(where.uplinkTimestamp));
  }

  snapshot(): EchoWatchSnapshot {
    return { guard: this.guard.snapshot(), track: this.#track.snapshot() };
  }

  restore(snapshot: EchoWatchSnapshot): void {
    this.guard.restore(snapshot.guard);
    this.#track.restore(snapshot.track);
  }
}
