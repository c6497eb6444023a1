// The port of a session towards the sound device's side: where downlink audio goes and how far it has been heard.

/** A player's position and counters; one record that its player keeps up to date in place. */
export interface PlaybackStatus {
  /** Playback segment that is (or was last) playing; before the first sample, the one that will. */
  readonly generation: number;
  /** Content samples of that generation played so far, at the downlink rate. */
  readonly playedSamples: number;
  /** Content samples of that generation that arrived in order, played or still buffered, at the downlink rate. */
  readonly receivedSamples: number;
  /** Downlink sequence number expected next, 0 before the first packet. */
  readonly nextSequence: number;
  /** True once a packet has been accepted. */
  readonly started: boolean;
  /** True while an utterance is being played and not on hold. */
  readonly playing: boolean;
  /** Content received and not yet played. */
  readonly bufferedMs: number;
  /** Output inserted (positive) or removed (negative) by time stretching since the stream began. */
  readonly stretchMs: number;
  /** Output not derived from received audio, inside utterances, since the stream began. */
  readonly concealedMs: number;
  /** Device pulls inside an utterance that found no audio, for all or a part of their samples; time on hold excluded. */
  readonly underruns: number;
  /** Packets refused because the buffer was full. */
  readonly overruns: number;
  /** Packets that came again. */
  readonly packetsDuplicated: number;
  /** Packets of a cleared generation. */
  readonly packetsCleared: number;
  /** Packets that could not be read. */
  readonly packetsInvalid: number;
  /** Time between a sample's leaving the player and its sound, as the device says (W3C AudioContext.outputLatency). */
  readonly outputLatencyMs: number;
}

/** Answer of a player to `hold` or `clear`: silent since this position. */
export interface PlayerAnswer {
  kind: 'held' | 'cleared';
  generation: number;
  playedSamples: number;
}

/**
 * Plays downlink audio. The real one is `Playback`; where it lives in another thread, a proxy stands in and hears
 * of its status and answers by messages, which is why answers are collected instead of returned.
 */
export interface Player {
  readonly status: PlaybackStatus;
  /** Takes a binary packet; the bytes are valid during the call only. */
  receive(packet: Uint8Array): PacketOutcome;
  /** Fades out and keeps the buffer; answered by `held`. */
  hold(generation: number): void;
  /** Plays on from this content sample, at the downlink rate. */
  release(generation: number, fromSample: number): void;
  /** Drops this generation and all before it for ever; answered by `cleared`. */
  clear(generation: number): void;
  /** Drops every generation before this one, without an answer. */
  dropBelow(generation: number): void;
  /** Writes the next answer that is due into `answer` and returns true, or returns false when there is none. */
  takeAnswer(answer: PlayerAnswer): boolean;
}

/** What became of a downlink packet. */
export type PacketOutcome = 'accepted' | 'duplicate' | 'cleared' | 'overrun' | 'invalid';
