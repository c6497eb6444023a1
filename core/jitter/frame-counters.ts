// What has become of the frames of one stream that is played out, counted over its life.

/** Frames: received = played + duplicate + late + overrun + overlap + backlog. */
export interface FrameCounters {
  received: number;
  /** Played to their end. */
  played: number;
  duplicate: number;
  late: number;
  overrun: number;
  overlap: number;
  /** Frames that were given up; those of them that came after all are `late`, too. */
  lost: number;
}

/** Counters at the start of a stream. */
export function noFrames(): FrameCounters {
  return { received: 0, played: 0, duplicate: 0, late: 0, overrun: 0, overlap: 0, lost: 0 };
}
