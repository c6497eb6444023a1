// Decides when the next frame leaves: when the estimated playhead is a lead away from it, never "20 ms after the last one".

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { msToSamples, samplesToMs } from '../media/units.ts';
import { Playhead, type PlayheadSnapshot } from './playhead.ts';

/** A lead of 600 ms becomes 1.5 s: it outlasts the stalls of a mobile network, and costs 48 KB of PCM. */
const MOST_GROWTH = 2.5;

/** The numbers of the configuration that pacing needs. */
export interface PacerConfig {
  /** The lead at the beginning of a run. */
  readonly leadMs: number;
  /** It grows by this share of what was played, to MOST_GROWTH times `leadMs`. */
  readonly leadGrowthPct: number;
  readonly inFlightBytes: number;
  readonly playheadHoldMs: number;
}

export interface PacerSnapshot {
  readonly sentPosition?: number | undefined;
  readonly runPosition?: number | undefined;
  readonly playhead?: PlayheadSnapshot | undefined;
}

/**
 * Works on the track: 16 kHz samples in the order in which they were sent, padding included. Deadlines follow from the
 * playhead alone, so a late tick owes all that is due by then and no lateness is carried on.
 */
export class Pacer {
  readonly playhead: Playhead;
  #config: PacerConfig;
  #packetBytes = 1;
  #frameSpan = 1;
  #leadSamples = 0;
  #mostLeadSamples = 0;
  #sentPosition = 0;
  /** Where the run began. */
  #runPosition = 0;

  constructor(config: PacerConfig) {
    this.#config = config;
    this.playhead = new Playhead(config.playheadHoldMs);
    this.#limit();
  }

  configure(config: PacerConfig): void {
    this.#config = config;
    this.playhead.configure(config.playheadHoldMs);
    this.#limit();
  }

  /** Packets of `packetBytes` carry frames of `frameSpan` track samples. */
  format(packetBytes: number, frameSpan: number): void {
    this.#packetBytes = packetBytes;
    this.#frameSpan = frameSpan;
    this.#limit();
  }

  /** Track position after everything sent. */
  get sentPosition(): number {
    return this.#sentPosition;
  }

  /** When the next frame may leave: 0 for at once, Infinity while only a report can tell. */
  get deadlineMs(): number {
    return this.playhead.timeAtMs(this.#sentPosition - this.#leadAt(this.#sentPosition));
  }

  /** Estimated track position of the playhead; what was not sent cannot have been played. */
  playedPosition(nowMs: number): number {
    return Math.min(this.#sentPosition, this.playhead.position(nowMs));
  }

  /** The client said that it has given so much output beyond content since it said so last: it is that much behind. */
  stretched(samples: number): void {
    this.playhead.delay(samples);
  }

  /** Content sent and, by the estimate, not yet played. */
  leadMs(nowMs: number): number {
    return samplesToMs(this.#sentPosition - this.playedPosition(nowMs), ENGINE_RATE_HZ);
  }

  /** A frame leaves. A player that had run dry is assumed to begin with it. */
  sent(spanSamples: number, nowMs: number): void {
    if (this.playhead.position(nowMs) >= this.#sentPosition) {
      this.#runPosition = this.#sentPosition;
      this.playhead.start(this.#sentPosition, nowMs);
    }
    this.#sentPosition += spanSamples;
  }

  /** The client was here. One that has played all that was sent rests until more comes. */
  reported(position: number, nowMs: number, ranDry: boolean): void {
    if (position >= this.#sentPosition) this.playhead.rest(this.#sentPosition);
    else this.playhead.report(position, nowMs, ranDry);
  }

  /** What lies after this position never arrived. */
  rewind(position: number): void {
    this.#sentPosition = position;
    this.#runPosition = Math.min(this.#runPosition, position);
  }

  /** The player has nothing left: what was sent is played or dropped. */
  rest(): void {
    this.playhead.rest(this.#sentPosition);
  }

  snapshot(): PacerSnapshot {
    return {
      sentPosition: this.#sentPosition,
      runPosition: this.#runPosition,
      playhead: this.playhead.snapshot(),
    };
  }

  restore({ sentPosition = 0, runPosition = 0, playhead = {} }: PacerSnapshot): void {
    this.#sentPosition = sentPosition;
    this.#runPosition = runPosition;
    this.playhead.restore(playhead);
  }

  /**
   * How far from the playhead the frame at this position leaves. With a lead of L + g · played after so much was played,
   * the position is L + (1 + g) · played after the run's beginning, so the lead there is (L + g · position) / (1 + g).
   * Example: of 600 ms and 25 % it is 600 ms at 600 ms, 1.5 s from 5.1 s on.
   */
  #leadAt(position: number): number {
    const growth = this.#config.leadGrowthPct / 100;
    const grown = (this.#leadSamples + growth * (position - this.#runPosition)) / (1 + growth);
    return Math.min(this.#mostLeadSamples, Math.max(this.#leadSamples, grown));
  }

  /**
   * The leads, cut so that the packets under way, the one half played included, fit into the cap on bytes. Example: 65,536
   * bytes are 100 packets of 652; with the next one 99 frames away from the playhead, just 100 are under way.
   */
  #limit(): void {
    const { inFlightBytes, leadMs } = this.#config;
    const packets = Math.floor(inFlightBytes / this.#packetBytes);
    const capSamples = Math.max(0, packets - 1) * this.#frameSpan;
    const leadSamples = msToSamples(leadMs, ENGINE_RATE_HZ);
    this.#leadSamples = Math.min(leadSamples, capSamples);
    this.#mostLeadSamples = Math.min(Math.round(MOST_GROWTH * leadSamples), capSamples);
  }
}
