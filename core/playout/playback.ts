// What playout is doing at the moment, and the moves that everything else is made of: advance, replay, settle.

import type { ConversationConfig } from '../conversation/config.ts';
import type { SpeechSpill } from '../conversation/ports.ts';
import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { msToSamples } from '../media/units.ts';
import type { ServerMessage } from '../wire/messages.ts';
import { ClearLedger } from './clear-ledger.ts';
import { type DownlinkListener, Endings, isHeardOut } from './endings.ts';
import { PauseFinder } from './pause-finder.ts';
import { type LinkState, NO_LINK, PLAYING, type PlaybackState } from './playback-state.ts';
import {
  type ClaimOutcome,
  creditHeard,
  linePosition,
  type PlaybackPosition,
  type Segment,
  segmentOf,
  sentEndPosition,
  trackPosition,
} from './segments.ts';
import { Sender } from './sender.ts';
import { SpeechQueue } from './speech-queue.ts';
import { UtteranceQueue } from './utterance-queue.ts';

/** The numbers of the configuration that concern playout. */
export type DownlinkConfig = Pick<
  ConversationConfig,
  | 'leadMs'
  | 'leadGrowthPct'
  | 'inFlightBytes'
  | 'playheadHoldMs'
  | 'queueSeconds'
  | 'clearedTimeoutMs'
  | 'releaseBackUpMs'
>;

/** A replay has at least this much content. */
const LEAST_REPLAY_MS = 20;

/** The parts of one downlink and its present state. */
export class Playback {
  readonly speech: SpeechQueue;
  readonly utterances: UtteranceQueue;
  readonly sender: Sender;
  readonly clears = new ClearLedger();
  readonly endings: Endings;
  state: PlaybackState = PLAYING;
  link: LinkState = NO_LINK;
  releases = 0;
  claimsClamped = 0;
  readonly #pauses: PauseFinder;
  readonly #listener: DownlinkListener;
  #releaseBackUpMs: number;

  constructor(config: DownlinkConfig, listener: DownlinkListener, spill: SpeechSpill) {
    this.speech = new SpeechQueue(spill);
    this.#pauses = new PauseFinder(this.speech);
    this.utterances = new UtteranceQueue(this.speech, this.#pauses, config.queueSeconds);
    this.sender = new Sender(config, this.speech, this.utterances, listener);
    this.endings = new Endings(listener);
    this.#listener = listener;
    this.#releaseBackUpMs = config.releaseBackUpMs;
  }

  configure(config: DownlinkConfig): void {
    this.utterances.configure(config.queueSeconds);
    this.sender.pacer.configure(config);
    this.#releaseBackUpMs = config.releaseBackUpMs;
  }

  get isAttached(): boolean {
    return this.link.kind === 'attached';
  }

  /** Tells the client, if it is there. */
  send(message: ServerMessage): void {
    if (this.isAttached) this.#listener.sendControl(message);
  }

  /** Sends what is due, ends what is over; called at the end of every event. */
  advance(nowMs: number): void {
    do this.#pump(nowMs);
    while (this.#settleHead());
    if (this.state.kind !== 'playing' && !this.utterances.speaking) this.#dissolveHold();
    this.utterances.dropHeard();
  }

  /** When `advance` has something to send. */
  get nextDeadlineMs(): number {
    return this.isAttached && this.state.kind === 'playing' ? this.sender.deadlineMs : Infinity;
  }

  /** Whether `advance` has to have the state stored before it sends anything. */
  commitsFirst(nowMs: number): boolean {
    return this.isAttached && this.state.kind === 'playing' && this.sender.isDueUnstored(nowMs);
  }

  /** Takes a client's word for what it has heard of these segments. */
  credit(segments: readonly Segment[], position: PlaybackPosition): ClaimOutcome {
    return this.count(creditHeard(segments, position));
  }

  count(outcome: ClaimOutcome): ClaimOutcome {
    if (outcome === 'clamped') this.claimsClamped++;
    return outcome;
  }

  /** Line position that is being heard now, by the estimate. */
  estimatedPosition(nowMs: number): number {
    switch (this.state.kind) {
      case 'paused':
        return this.state.position;
      case 'held':
        return this.lineOf(this.state.at);
      case 'playing':
        return this.#lineOfTrack(this.sender.pacer.playedPosition(nowMs));
    }
  }

  /** Like `estimatedPosition`; speech whose arrival nothing has shown counts as unheard. */
  provenPosition(nowMs: number): number {
    const { state, sender } = this;
    if (state.kind === 'playing') {
      const track = sender.pacer.playhead.provenPosition(nowMs);
      return this.#lineOfTrack(Math.min(sender.pacer.sentPosition, track));
    }
    const position = this.estimatedPosition(nowMs);
    return state.exact ? position : this.confirmed(position);
  }

  /** No further than the client has said itself. */
  confirmed(position: number): number {
    return Math.min(position, this.utterances.head?.heardPosition ?? position);
  }

  /** The position in these terms that a client is at, by the estimate. */
  estimatedPlayback(nowMs: number): PlaybackPosition {
    const track = this.sender.pacer.playedPosition(nowMs);
    const segment = this.#segmentAt(track);
    if (segment === null) return { generation: this.sender.newestGeneration, playedSamples: 0 };
    return {
      generation: segment.generation,
      playedSamples: Math.floor((track - segment.trackStart) / segment.ratio),
    };
  }

  /** Line position of a client's position; before everything under way when it is in none of the segments. */
  lineOf({ generation, playedSamples }: PlaybackPosition): number {
    const segment = segmentOf(this.sender.segments, generation);
    return segment === null ? this.#startOfUnheard : linePosition(segment, playedSamples);
  }

  /** Track position of a client's position; before everything under way when it is in none of the segments. */
  trackOf({ generation, playedSamples }: PlaybackPosition): number {
    const segments = this.sender.segments;
    const segment = segmentOf(segments, generation);
    if (segment !== null) return trackPosition(segment, playedSamples);
    return segments[0]?.trackStart ?? this.sender.pacer.sentPosition;
  }

  /** From where a player that stopped at `position` in the oldest utterance goes on; not before `lowest`. */
  backUp(position: number, lowest: number): number {
    const head = this.utterances.head;
    if (head === null || (isHeardOut(head) && position >= head.endPosition)) return position;
    const furthest = head.heardPosition - msToSamples(this.#releaseBackUpMs, ENGINE_RATE_HZ);
    return this.#pauses.pauseBefore(position, Math.max(lowest, furthest, head.startPosition));
  }

  /**
   * The player has nothing: from the oldest utterance on, everything is sent anew, as new generations. That one goes on
   * at the last pause before `position`, and at least its last frame is heard, so that its end can be reported.
   */
  replayFrom(position: number): void {
    for (const utterance of this.utterances.waiting)
      utterance.fromPosition = utterance.startPosition;
    const head = this.utterances.head;
    if (head === null) return;
    const { startPosition, endPosition } = head;
    const from = this.backUp(
      Math.max(startPosition, Math.min(position, endPosition)),
      startPosition,
    );
    const latest = isHeardOut(head)
      ? endPosition
      : endPosition - msToSamples(LEAST_REPLAY_MS, ENGINE_RATE_HZ);
    head.fromPosition = Math.max(startPosition, Math.min(from, latest));
  }

  #pump(nowMs: number): void {
    if (this.isAttached && this.state.kind === 'playing') this.sender.pump(nowMs);
  }

  /** Ends the oldest utterance if it is over; returns whether it was. */
  #settleHead(): boolean {
    const head = this.utterances.head;
    if (head === null || head.phase === 'open' || !isHeardOut(head)) return false;
    if (head.segment !== null && !head.segment.finished) return false;
    this.utterances.take(1);
    this.sender.forget(head);
    this.endings.tell(head, head.heardPosition, 'reported', this.isAttached);
    return true;
  }

  /** All that was held has been heard after all: nothing is left to decide. */
  #dissolveHold(): void {
    if (this.state.kind === 'held') this.sendRelease(this.state.at);
    this.state = PLAYING;
    this.sender.pacer.rest();
  }

  sendRelease({ generation, playedSamples }: PlaybackPosition): void {
    this.releases++;
    this.send({ type: 'release', generation, fromSample: playedSamples });
  }

  #lineOfTrack(track: number): number {
    const segment = this.#segmentAt(track);
    if (segment === null) return this.#startOfUnheard;
    // The estimate falls between samples, a position never does.
    const played = Math.floor(track - segment.trackStart);
    return Math.min(sentEndPosition(segment), segment.startPosition + played);
  }

  get #startOfUnheard(): number {
    return this.utterances.head?.fromPosition ?? this.speech.endPosition;
  }

  #segmentAt(track: number): Segment | null {
    return this.sender.segments.findLast((segment) => segment.trackStart <= track) ?? null;
  }
}
