// What a call tells ten times a second: enough to draw it, and to say why it sounded as it did.

import type { LagCause } from '../session/lag-meter.ts';

/**
 * Everything since the statistics before. All `…AtMs` are on one axis: ms of sound since the first captured sample, by
 * the sound device's clock. The service's uplink timestamps lie on it, too; the events of a call have them converted.
 */
export interface CallStatistics {
  /** Where the axis is now. */
  readonly atMs: number;
  /** The same instant by the page's `performance.now()`, for a picture that scrolls evenly between two statistics. */
  readonly pageTimeMs: number;
  readonly uplink: UplinkStatistics;
  readonly playback: PlaybackStatistics;
  readonly network: NetworkStatistics;
  readonly devices: DeviceStatistics;
}

/** The microphone's side. Counters count from the beginning of the call. */
export interface UplinkStatistics {
  /** 10 ms each, in order and without a hole: what the microphone gave since the statistics before. */
  readonly columns: readonly UplinkColumn[];
  /** Root mean square of the last 100 ms, in dB of full scale; −120 for silence. */
  readonly levelDb: number;
  readonly muted: boolean;
  /** Times and samples (16 kHz) that the capture worklet was not given by its device. */
  readonly gaps: number;
  readonly gapSamples: number;
  /** Packets kept until the service has them on disk. */
  readonly packetsKept: number;
  readonly packetsResent: number;
  /** Packets overwritten before they were stored: an outage then loses them. */
  readonly packetsOverwritten: number;
}

/** The lowest and highest sample of 10 ms, −1 … 1. */
export interface SoundColumn {
  /** Where the column begins. */
  readonly atMs: number;
  readonly low: number;
  readonly high: number;
}

export interface UplinkColumn extends SoundColumn {
  /** Captured, and sent as silence. */
  readonly muted: boolean;
}

/**
 * `silent`: nothing is to be heard. `playing`: speech, or a pause of it. `held`: on hold, the buffer is kept.
 * `starved`: inside an utterance with nothing there, an underrun.
 */
export type PlaybackState = 'silent' | 'playing' | 'held' | 'starved';

export interface PlaybackColumn extends SoundColumn {
  /** When the column left the worklet; it sounds `outputLatencyMs` later. */
  readonly atMs: number;
  readonly state: PlaybackState;
  /** The playback segment heard, and the content of it played at the column's end, in ms. */
  readonly generation: number;
  readonly contentMs: number;
  /** Content received and not yet played at the column's end. */
  readonly bufferedMs: number;
}

/** The speaker's side. Counters count from the beginning of the call. */
export interface PlaybackStatistics {
  readonly columns: readonly PlaybackColumn[];
  /** The segment that is or was last heard; what of it was played, and what has arrived, in ms of content. */
  readonly generation: number;
  readonly playedMs: number;
  readonly receivedMs: number;
  readonly playing: boolean;
  /** The lead at this end: content received and not yet played. */
  readonly bufferedMs: number;
  /** The lead that the service aims for, from its welcome. */
  readonly targetLeadMs: number;
  /** Pulls (128 frames of the device) inside an utterance that found too little. */
  readonly underruns: number;
  /** Packets refused because the buffer was full. */
  readonly overruns: number;
  readonly concealedMs: number;
  /** Output beyond the content it stood for. */
  readonly stretchMs: number;
  /** Packets that came again, and those of a cleared generation. */
  readonly packetsDuplicated: number;
  readonly packetsCleared: number;
}

export interface NetworkStatistics {
  readonly connections: number;
  /** The latest round trip to the engine, null before the first. */
  readonly roundTripMs: number | null;
  /** The latest rise of the round trip over its minimum, 0 before the first, and where it came from (null below 10 ms). */
  readonly lagMs: number;
  readonly lagCause: LagCause | null;
  /** All rises of the call, and those with a cause. */
  readonly lag: DurationSummary;
  readonly lagByCause: Readonly<Record<LagCause, DurationSummary>>;
  /** Messages with which the service broke the protocol, and those that this version does not know. */
  readonly violations: number;
  readonly unknownMessages: number;
}

/** Durations in ms; quantiles are at most 5 % too high. */
export interface DurationSummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What a browser does with the microphone, as it says itself; null where it does not say. */
export interface CaptureSettings {
  /** Name of the microphone, '' where the browser keeps it to itself. */
  readonly label: string;
  readonly echoCancellation: boolean | null;
  readonly noiseSuppression: boolean | null;
  readonly autoGainControl: boolean | null;
}

/** Where `outputLatencyMs` is from: the browser's own word, its buffer alone, or an assumption of this library. */
export type OutputLatencySource = 'outputLatency' | 'baseLatency' | 'assumed';

export interface DeviceStatistics {
  /** Rate of the audio context, in Hz: that of both worklets. */
  readonly rateHz: number;
  readonly capture: CaptureSettings;
  /** Sound that the resamplers of capture and playback wait for: their group delays. */
  readonly captureDelayMs: number;
  readonly playbackDelayMs: number;
  /** From the player to the ear: the device's latency and `playbackDelayMs`. */
  readonly outputLatencyMs: number;
  readonly outputLatencySource: OutputLatencySource;
}
