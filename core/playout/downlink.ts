// The facade of playout: what the agent says goes in, paced packets and control messages come out, and it is known what was heard.

import type { SayOutcome } from '../conversation/agent.ts';
import type { SpeechSpill } from '../conversation/ports.ts';
import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { msToSamples } from '../media/units.ts';
import type { AudioFormat, Report } from '../wire/messages.ts';
import { Arrivals } from './arrivals.ts';
import { BargeIn } from './barge-in.ts';
import { type DownlinkSnapshot, restoreFrom, snapshotOf } from './downlink-snapshot.ts';
import type { DownlinkListener } from './endings.ts';
import { type DownlinkConfig, Playback } from './playback.ts';
import { type PlaybackPosition, type Segment, segmentOf } from './segments.ts';
import type { Resume } from './sender.ts';

export type { DownlinkConfig, DownlinkListener, DownlinkSnapshot, PlaybackPosition, Resume };

/** What pacing needs of a report. */
export type PlayerReport = Pick<Report, 'generation' | 'playedSamples' | 'underruns' | 'stretchMs'>;

/** A client that plays reports five times a second; so long without a report, and it is not listening. */
const GIVE_UP_MS = 30_000;

/** Output that a player may have given beyond content between two reports: a pause held as long as the playhead is. */
const MOST_STRETCH_MS = 3000;

/** Lifetime counters, with the names of ConversationStatistics. */
export interface DownlinkStatistics {
  readonly utterancesStarted: number;
  readonly utterancesCompleted: number;
  readonly utterancesInterrupted: number;
  readonly utterancesCancelled: number;
  readonly holds: number;
  readonly releases: number;
  readonly clears: number;
  readonly packetsSent: number;
  readonly claimsClamped: number;
}

/**
 * Speech of one conversation on its way to the caller's ear. Time passes only through `nowMs`, which never goes back.
 * Every event is followed by a `tick`, in which frames leave and what was heard out ends, so that the owner can store
 * its state first; only `hold`, `release` and `clear`, and the endings that a clear brings, come at once.
 * Nothing is allocated for a frame; memory is bounded by the speech line's 256 KiB, 256 utterances and 32 generations.
 */
export class Downlink {
  readonly #playback: Playback;
  readonly #bargeIn: BargeIn;
  readonly #arrivals: Arrivals;
  /** Underruns and stretch as the client counted them last. */
  #underruns = 0;
  #stretchMs = 0;

  constructor(config: DownlinkConfig, listener: DownlinkListener, spill: SpeechSpill) {
    this.#playback = new Playback(config, listener, spill);
    this.#bargeIn = new BargeIn(this.#playback, config.clearedTimeoutMs);
    this.#arrivals = new Arrivals(this.#playback, this.#bargeIn);
  }

  /** Opens an utterance and returns its number (from 1); one still open is ended first. */
  begin(interruptible: boolean): number {
    const { utterances, endings } = this.#playback;
    const number = utterances.begin(interruptible);
    if (utterances.refused === number) endings.counters.utterancesCancelled++;
    return number;
  }

  /** Gives 16 kHz samples of an utterance; the array may be reused at once. Taken whole or not at all. */
  say(utterance: number, samples: Int16Array): SayOutcome {
    return this.#playback.utterances.say(utterance, samples);
  }

  /** The agent has given all of this utterance. */
  end(utterance: number): void {
    this.#playback.utterances.end(utterance);
  }

  /** A client is there. Throws RangeError for a format that is not supported. */
  attach(format: AudioFormat, canHold: boolean, resume: Resume | undefined, nowMs: number): void {
    this.#arrivals.attach({ format, canHold, resume }, nowMs);
    this.#underruns = 0;
    this.#stretchMs = 0;
  }

  /** The client is gone; nothing is sent until the next comes. */
  detach(nowMs: number): void {
    this.#arrivals.detach(nowMs);
  }

  /** The client was away for too long: whoever comes is a new player, which begins at the last pause. */
  forgetPlayer(): void {
    this.#arrivals.forgetPlayer();
  }

  report(report: PlayerReport, nowMs: number): void {
    const playback = this.#playback;
    const { pacer, segments } = playback.sender;
    const ranDry = report.underruns > this.#underruns;
    this.#underruns = report.underruns;
    this.#followStretch(report.stretchMs);
    if (playback.credit(segments, report) === 'unknown') {
      playback.count(playback.clears.credit(report));
    } else if (playback.state.kind === 'playing') {
      pacer.reported(playback.trackOf(report), nowMs, ranDry);
    } else {
      this.#bargeIn.reported(report);
    }
  }

  /** A player that took output back is only sooner, which its position shows; more than it can have given is not believed. */
  #followStretch(stretchMs: number): void {
    const addedMs = stretchMs - this.#stretchMs;
    this.#stretchMs = stretchMs;
    if (addedMs <= 0 || addedMs > MOST_STRETCH_MS) return;
    this.#playback.sender.pacer.stretched(msToSamples(addedMs, ENGINE_RATE_HZ));
  }

  /** The client's answer to `hold`. */
  held(position: PlaybackPosition): void {
    this.#bargeIn.held(position);
  }

  /** The client's answer to `clear`. */
  cleared(position: PlaybackPosition): void {
    this.#bargeIn.cleared(position);
  }

  /** Silences the client for the time being. False when there is nothing to hold: not speaking, held already, or not interruptible. */
  hold(nowMs: number): boolean {
    return this.#bargeIn.hold(nowMs);
  }

  /** Plays on; without a hold it does nothing. */
  release(nowMs: number): void {
    this.#bargeIn.release(nowMs);
  }

  /**
   * Drops what is unheard, and ends a hold. The agent can drop everything; the caller cannot drop an utterance that is
   * not interruptible, nor what comes after it.
   */
  interrupt(nowMs: number, by: 'caller' | 'agent' = 'agent'): void {
    const { waiting } = this.#playback.utterances;
    const spared = by === 'caller' ? waiting.findIndex(({ interruptible }) => !interruptible) : -1;
    const count = spared < 0 ? waiting.length : spared;
    if (count === 0) this.#bargeIn.release(nowMs);
    else this.#bargeIn.interrupt(count, nowMs);
  }

  /** Sends what is due and tells what is over. */
  tick(nowMs: number): void {
    if (nowMs >= this.#giveUpMs) this.interrupt(nowMs);
    this.#bargeIn.expire(nowMs);
    this.#playback.advance(nowMs);
  }

  /** Time at which `tick` wants to be called, Infinity for never. */
  get nextDeadlineMs(): number {
    return Math.min(
      this.#playback.nextDeadlineMs,
      this.#playback.clears.nextDeadlineMs,
      this.#giveUpMs,
    );
  }

  /** When a client that plays and does not report is taken not to listen. */
  get #giveUpMs(): number {
    const { isAttached, state, sender } = this.#playback;
    const isPlaying = isAttached && state.kind === 'playing' && this.speaking;
    return isPlaying ? sender.pacer.playhead.silentSinceMs + GIVE_UP_MS : Infinity;
  }

  /** Whether the next `tick` calls `commit` before it sends anything. */
  commitsFirst(nowMs: number): boolean {
    return this.#playback.commitsFirst(nowMs);
  }

  /** The state was stored: what rests on it may be sent, and what it does not need may go. */
  stored(): void {
    this.#playback.speech.stored();
    this.#playback.utterances.stored();
  }

  /** True from an utterance's first sample until the client has reported its end played, or it was dropped. */
  get speaking(): boolean {
    return this.#playback.utterances.speaking;
  }

  /** The newest utterance is not ended yet: the next would end it. */
  get giving(): boolean {
    return this.#playback.utterances.waiting.at(-1)?.phase === 'open';
  }

  /** No utterance open, queued or unheard, and no answer that an agent waits for. */
  get idle(): boolean {
    return this.#playback.utterances.head === null && !this.#playback.clears.waiting;
  }

  /** Content of a lower generation (16-bit serial order) never plays. */
  get lowestLiveGeneration(): number {
    return this.#playback.sender.lowestLive;
  }

  /** The player is held, or was cleared instead. */
  get holding(): boolean {
    return this.#playback.state.kind !== 'playing';
  }

  /** The segment that carries a generation, null when it is not under way. */
  segment(generation: number): Segment | null {
    return segmentOf(this.#playback.sender.segments, generation);
  }

  /** The segment that was sent last, null when nothing is under way. */
  get newestSegment(): Segment | null {
    return this.#playback.sender.segments.at(-1) ?? null;
  }

  /** Copies `length` samples of the speech line from `position` on; returns how many there were. */
  copySpeech(position: number, into: Int16Array, length: number): number {
    return this.#playback.speech.copyTo(position, into, 0, length);
  }

  /** Content sent and, by the estimate, not yet played. */
  leadMs(nowMs: number): number {
    return this.#playback.sender.pacer.leadMs(nowMs);
  }

  /** New numbers, from now on. */
  configure(config: DownlinkConfig): void {
    this.#playback.configure(config);
    this.#bargeIn.configure(config.clearedTimeoutMs);
  }

  get statistics(): DownlinkStatistics {
    return {
      utterancesStarted: this.#playback.utterances.count,
      ...this.#playback.endings.counters,
      holds: this.#bargeIn.holds,
      releases: this.#playback.releases,
      clears: this.#bargeIn.clears,
      packetsSent: this.#playback.sender.packetsSent,
      claimsClamped: this.#playback.claimsClamped,
    };
  }

  snapshot(): DownlinkSnapshot {
    return {
      ...snapshotOf(this.#playback, this.#bargeIn),
      underruns: this.#underruns,
      stretchMs: this.#stretchMs,
    };
  }

  /** Takes the state of a snapshot; to be called on a new Downlink, with the spill of the old one. */
  restore(snapshot: DownlinkSnapshot): void {
    restoreFrom(snapshot, this.#playback, this.#bargeIn);
    this.#underruns = snapshot.underruns ?? 0;
    this.#stretchMs = snapshot.stretchMs ?? 0;
  }
}
