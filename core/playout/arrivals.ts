// A client comes or goes: what it still has is not sent again, and a new player gets everything unheard.

import { generationDelta } from '../media/serial.ts';
import type { AudioFormat } from '../wire/messages.ts';
import type { BargeIn } from './barge-in.ts';
import type { Playback } from './playback.ts';
import { isSameFormat } from './playback-state.ts';
import type { Resume } from './sender.ts';

/** Who has arrived. */
export interface Arrival {
  readonly format: AudioFormat;
  readonly canHold: boolean;
  readonly resume: Resume | undefined;
}

export class Arrivals {
  readonly #playback: Playback;
  readonly #bargeIn: BargeIn;

  constructor(playback: Playback, bargeIn: BargeIn) {
    this.#playback = playback;
    this.#bargeIn = bargeIn;
  }

  attach(arrival: Arrival, nowMs: number): void {
    const playback = this.#playback;
    this.detach(nowMs);
    const { format, canHold, resume } = arrival;
    const isSamePlayer = resume !== undefined && this.#isContinued(arrival, resume);
    const position = isSamePlayer ? 0 : this.#lastPosition(resume);
    playback.link = { kind: 'attached', format, canHold };
    playback.sender.format(format);
    if (isSamePlayer) this.#continue(resume, nowMs);
    else this.#startAnew(position);
    // Numbers from before a loss of memory would be taken for those of the new generations.
    if (!isSamePlayer && resume !== undefined) playback.sender.numberFrom(resume.nextSequence);
  }

  detach(nowMs: number): void {
    const playback = this.#playback;
    const { link } = playback;
    if (link.kind !== 'attached') return;
    const { format, canHold } = link;
    playback.link = { kind: 'away', format, canHold, position: playback.provenPosition(nowMs) };
    this.#bargeIn.disconnect();
  }

  /** The player that is away will not be continued. */
  forgetPlayer(): void {
    const { link } = this.#playback;
    if (link.kind === 'away') this.#playback.link = { ...link, kind: 'gone' };
  }

  /** Whether it is the player that was here before, with the buffer it had. */
  #isContinued({ format, canHold }: Arrival, resume: Resume): boolean {
    const { link, sender } = this.#playback;
    if (link.kind !== 'away' || link.canHold !== canHold || !isSameFormat(link.format, format))
      return false;
    // Who has heard nothing names the generation that will be the next.
    const hasNothing = resume.receivedSamples === 0;
    const isKnown = hasNothing || generationDelta(resume.generation, sender.newestGeneration) <= 0;
    if (!isKnown) this.#playback.claimsClamped++;
    return isKnown;
  }

  #continue(resume: Resume, nowMs: number): void {
    const playback = this.#playback;
    const { sender } = playback;
    if (!sender.resumeAt(resume)) playback.claimsClamped++;
    this.#bargeIn.returned(resume);
    playback.credit(sender.segments, resume);
    if (playback.state.kind === 'held') {
      sender.pacer.playhead.rest(playback.trackOf(resume));
      this.#bargeIn.sendHold(resume);
      return;
    }
    // It may have missed a release; where it was not held this changes nothing.
    const { generation, playedSamples } = resume;
    playback.send({ type: 'release', generation, fromSample: playedSamples });
    if (sender.segments.length > 0) sender.pacer.playhead.resume(playback.trackOf(resume), nowMs);
    else sender.pacer.rest();
  }

  #startAnew(position: number): void {
    const playback = this.#playback;
    playback.sender.withdraw();
    playback.clears.forgetAnswers();
    if (playback.state.kind === 'playing') playback.replayFrom(position);
    else playback.state = { kind: 'paused', position, exact: false };
  }

  /** Where the player was that is gone: as it says itself, or as far as is known. */
  #lastPosition(resume: Resume | undefined): number {
    const playback = this.#playback;
    const { link, sender, utterances } = playback;
    if (resume !== undefined) {
      // After a loss of memory it has more than is known to have been sent.
      if (!sender.resumeAt(resume)) playback.claimsClamped++;
      if (playback.credit(sender.segments, resume) !== 'unknown') return playback.lineOf(resume);
    }
    return link.kind === 'away' || link.kind === 'gone'
      ? link.position
      : (utterances.head?.startPosition ?? 0);
  }
}
