// The stages of barge-in on the wire: hold and its answer, release, clear and its answer.

import type { Heard } from '../conversation/agent.ts';
import { generationDelta } from '../media/serial.ts';
import { unreachable } from '../unreachable.ts';
import type { ClearPhase, ClearRecord } from './clear-ledger.ts';
import type { Playback } from './playback.ts';
import { PLAYING } from './playback-state.ts';
import {
  linePosition,
  type PlaybackPosition,
  type Segment,
  segmentOf,
  type Utterance,
} from './segments.ts';

export class BargeIn {
  holds = 0;
  clears = 0;
  readonly #playback: Playback;
  #clearedTimeoutMs: number;
  /** Answers to `hold` that are still to come. */
  #heldOwed = 0;

  constructor(playback: Playback, clearedTimeoutMs: number) {
    this.#playback = playback;
    this.#clearedTimeoutMs = clearedTimeoutMs;
  }

  configure(clearedTimeoutMs: number): void {
    this.#clearedTimeoutMs = clearedTimeoutMs;
  }

  get heldOwed(): number {
    return this.#heldOwed;
  }

  restore(holds: number, clears: number, heldOwed: number): void {
    this.holds = holds;
    this.clears = clears;
    this.#heldOwed = heldOwed;
  }

  hold(nowMs: number): boolean {
    const playback = this.#playback;
    const { head, speaking } = playback.utterances;
    if (playback.state.kind !== 'playing' || !speaking || head?.interruptible === false)
      return false;
    this.holds++;
    const { link, sender } = playback;
    const position = playback.estimatedPosition(nowMs);
    if (sender.segments.length === 0) {
      playback.state = { kind: 'paused', position, exact: playback.clears.pausing === null };
    } else if (link.kind !== 'none' && link.canHold) {
      this.sendHold(playback.estimatedPlayback(nowMs));
    } else {
      playback.state = { kind: 'paused', position, exact: false };
      this.#sendClear(sender.withdraw(), [], position, { kind: 'pausing' });
    }
    return true;
  }

  /** The player is, or will be, silent from about here on. */
  sendHold(at: PlaybackPosition): void {
    const playback = this.#playback;
    const { sender } = playback;
    sender.pacer.playhead.stop(playback.trackOf(at));
    playback.state = { kind: 'held', at, exact: false };
    if (playback.isAttached) this.#heldOwed++;
    playback.send({ type: 'hold', generation: sender.newestGeneration });
  }

  held(position: PlaybackPosition): void {
    const playback = this.#playback;
    const { sender } = playback;
    const isLive = generationDelta(position.generation, sender.lowestLive) >= 0;
    if (!isLive) {
      playback.count(playback.clears.credit(position));
      // It answers an earlier hold, which the clear has ended; else nothing was heard since.
      if (playback.clears.answerOwed) return;
    }
    this.#heldOwed = Math.max(0, this.#heldOwed - 1);
    playback.credit(sender.segments, position);
    if (playback.state.kind !== 'held') return;
    playback.state = { kind: 'held', at: position, exact: this.#heldOwed === 0 };
    sender.pacer.playhead.rest(playback.trackOf(position));
  }

  /** A report while the player is held: until it answers, the best that is known. */
  reported(position: PlaybackPosition): void {
    const playback = this.#playback;
    if (playback.state.kind !== 'held' || playback.state.exact) return;
    if (playback.trackOf(position) <= playback.trackOf(playback.state.at)) return;
    playback.state = { kind: 'held', at: position, exact: false };
    playback.sender.pacer.playhead.rest(playback.trackOf(position));
  }

  release(nowMs: number): void {
    const playback = this.#playback;
    const { state } = playback;
    switch (state.kind) {
      case 'playing':
        return;
      case 'held':
        playback.state = PLAYING;
        this.#releaseKept(state.at, nowMs);
        return;
      case 'paused':
        playback.releases++;
        playback.replayFrom(playback.provenPosition(nowMs));
        playback.state = PLAYING;
        return;
      default:
        unreachable(state);
    }
  }

  /** Drops the oldest `count` utterances; those after them are played from their beginning. */
  interrupt(count: number, nowMs: number): void {
    const playback = this.#playback;
    const { state, sender, clears } = playback;
    const position = playback.estimatedPosition(nowMs);
    const isExact =
      state.kind === 'playing'
        ? sender.segments.length === 0 && clears.pausing === null
        : state.exact;
    const doomed = playback.utterances.take(count);
    const phase: ClearPhase = { kind: 'waiting', deadlineMs: nowMs + this.#clearedTimeoutMs };
    playback.state = PLAYING;
    const isAtClient = sender.segments.length > 0 || state.kind === 'held';
    const record = isAtClient
      ? this.#sendClear(sender.withdraw(), doomed, position, phase)
      : this.#addTo(clears.pausing, doomed, position, phase);
    playback.replayFrom(playback.utterances.head?.startPosition ?? 0);
    if (isExact) this.#tell(record, 'reported');
  }

  /** The answer to a clear. */
  cleared(position: PlaybackPosition): void {
    const record = this.#playback.clears.takeAnswered(position.generation);
    if (record !== null) this.#answered(record, position);
  }

  /** A client that comes back says by its position what became of every clear that it covers. */
  returned(position: PlaybackPosition): void {
    for (const record of this.#playback.clears.takeAllAnswered(position.generation)) {
      this.#answered(record, position);
    }
  }

  /** The client has gone, its answers with it. */
  disconnect(): void {
    this.#heldOwed = 0;
    this.#playback.clears.disconnect();
  }

  /** Tells the estimate where the answer has not come in time. */
  expire(nowMs: number): void {
    const { clears } = this.#playback;
    for (let record = clears.expired(nowMs); record !== null; record = clears.expired(nowMs)) {
      this.#tell(record, 'estimated');
    }
  }

  #releaseKept(at: PlaybackPosition, nowMs: number): void {
    const playback = this.#playback;
    const segment = segmentOf(playback.sender.segments, at.generation);
    const from = segment === null ? at : this.#backedUp(segment, at);
    playback.sendRelease(from);
    playback.sender.pacer.playhead.start(playback.trackOf(from), nowMs);
  }

  #backedUp(segment: Segment, at: PlaybackPosition): PlaybackPosition {
    const from = this.#playback.backUp(
      linePosition(segment, at.playedSamples),
      segment.startPosition,
    );
    const content = Math.floor((from - segment.startPosition) / segment.ratio);
    return { generation: at.generation, playedSamples: Math.min(at.playedSamples, content) };
  }

  #sendClear(
    segments: readonly Segment[],
    doomed: readonly Utterance[],
    estimatePosition: number,
    phase: ClearPhase,
  ): ClearRecord {
    const playback = this.#playback;
    const generation = playback.sender.newestGeneration;
    this.clears++;
    this.#heldOwed = 0;
    const record: ClearRecord = {
      generation,
      segments,
      doomed,
      estimatePosition,
      phase,
      answerOwed: playback.isAttached,
    };
    playback.clears.add(record);
    playback.send({ type: 'clear', generation });
    return record;
  }

  /** Nothing is at the client; where a clear has stood in for the hold, its answer is the answer. */
  #addTo(
    pausing: ClearRecord | null,
    doomed: readonly Utterance[],
    estimatePosition: number,
    phase: ClearPhase,
  ): ClearRecord {
    const { clears, sender } = this.#playback;
    if (pausing !== null) {
      pausing.doomed = doomed;
      pausing.phase = phase;
      return pausing;
    }
    const generation = sender.newestGeneration;
    const record: ClearRecord = {
      generation,
      segments: [],
      doomed,
      estimatePosition,
      phase,
      answerOwed: false,
    };
    clears.add(record);
    return record;
  }

  #answered(record: ClearRecord, position: PlaybackPosition): void {
    const playback = this.#playback;
    playback.credit(record.segments, position);
    const { phase } = record;
    switch (phase.kind) {
      case 'waiting':
        this.#tell(record, 'reported');
        return;
      case 'told':
        record.doomed.forEach((utterance, index) => {
          if (utterance.heardPosition !== phase.heardPositions[index])
            playback.endings.correct(utterance);
        });
        return;
      case 'pausing':
        if (playback.state.kind === 'paused' && !playback.state.exact) {
          const exact = playback.clears.pausing === null;
          playback.state = {
            kind: 'paused',
            position: stoppedAt(record.segments, position),
            exact,
          };
        }
        return;
      default:
        unreachable(phase);
    }
  }

  #tell(record: ClearRecord, source: Heard['source']): void {
    const { endings, isAttached } = this.#playback;
    const heardPositions = record.doomed.map((utterance) =>
      heardPosition(record, utterance, source),
    );
    record.phase = { kind: 'told', heardPositions };
    record.doomed.forEach((utterance, index) => {
      endings.tell(utterance, heardPositions[index]!, source, isAttached);
    });
  }
}

function heardPosition(record: ClearRecord, utterance: Utterance, source: Heard['source']): number {
  if (source === 'reported') return utterance.heardPosition;
  return Math.max(
    utterance.heardPosition,
    Math.min(record.estimatePosition, utterance.endPosition),
  );
}

/** Line position at which a cleared player fell silent. */
function stoppedAt(segments: readonly Segment[], position: PlaybackPosition): number {
  const segment = segmentOf(segments, position.generation);
  return segment === null
    ? segments[0]!.startPosition
    : linePosition(segment, position.playedSamples);
}
