// What has become of the frames of one stream, counted over its life.

/** Counters over the stream's life. Frames: received = delivered + duplicate + late + overrun + overlap + buffered. */
export interface JitterCounters {
  received: number;
  delivered: number;
  duplicate: number;
  late: number;
  overrun: number;
  overlap: number;
  /** Frames that were given up; those of them that came after all are `late`, too. */
  lost: number;
  gapEvents: number;
  /** In the stream's own media clock. */
  gapSamples: number;
  silentSamples: number;
}

/** Counters at the start of a stream. */
export function noCounts(): JitterCounters {
  return {
    received: 0,
    delivered: 0,
    duplicate: 0,
    late: 0,
    overrun: 0,
    overlap: 0,
    lost: 0,
    gapEvents: 0,
    gapSamples: 0,
    silentSamples: 0,
  };
}
