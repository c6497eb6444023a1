// Tells how each utterance ended, to the client and inwards, once.

import type { Heard } from '../conversation/agent.ts';
import type { UtteranceEndReason } from '../wire/messages.ts';
import type { Utterance } from './segments.ts';
import type { SenderListener } from './sender.ts';

/** Hears what playout wants. Calls may come from inside any method of Downlink; calling back into it is allowed. */
export interface DownlinkListener extends SenderListener {
  /** Called exactly once for every utterance (one that was refused for want of room excepted). */
  utteranceEnded(utterance: number, reason: UtteranceEndReason, heard: Heard): void;
  /** The client's exact answer came after an estimate was told: for statistics and timeline, not for the agent. */
  heardCorrected(utterance: number, heard: Heard): void;
}

/** Lifetime counters of endings; the names are those of the statistics. */
export interface EndingCounters {
  utterancesCompleted: number;
  utterancesInterrupted: number;
  utterancesCancelled: number;
}

export class Endings {
  readonly counters: EndingCounters = {
    utterancesCompleted: 0,
    utterancesInterrupted: 0,
    utterancesCancelled: 0,
  };
  readonly #listener: DownlinkListener;

  constructor(listener: DownlinkListener) {
    this.#listener = listener;
  }

  /** `heardPosition` lies on the line; `isConnected`: a client is there to be told. */
  tell(
    utterance: Utterance,
    heardPosition: number,
    source: Heard['source'],
    isConnected: boolean,
  ): void {
    const reason = reasonOf(utterance);
    this.#count(reason);
    const { number, generation, ratio, startPosition } = utterance;
    if (isConnected && generation !== null) {
      const heardSamples = Math.floor((heardPosition - startPosition) / ratio);
      this.#listener.sendControl({
        type: 'utterance',
        state: 'ended',
        utterance: number,
        generation,
        reason,
        heardSamples,
      });
    }
    this.#listener.utteranceEnded(number, reason, heardOf(utterance, heardPosition, source));
  }

  /** What was told as an estimate is now known. */
  correct(utterance: Utterance): void {
    this.#listener.heardCorrected(
      utterance.number,
      heardOf(utterance, utterance.heardPosition, 'reported'),
    );
  }

  restore(counters: Partial<EndingCounters>): void {
    Object.assign(this.counters, counters);
  }

  #count(reason: UtteranceEndReason): void {
    if (reason === 'completed') this.counters.utterancesCompleted++;
    else if (reason === 'interrupted') this.counters.utterancesInterrupted++;
    else this.counters.utterancesCancelled++;
  }
}

/** Whether the client has said that it heard all that was accepted. */
export function isHeardOut(utterance: Utterance): boolean {
  return utterance.heardPosition >= utterance.endPosition;
}

function reasonOf(utterance: Utterance): UtteranceEndReason {
  if (utterance.phase === 'cancelled') return 'cancelled';
  return utterance.phase === 'ended' && isHeardOut(utterance) ? 'completed' : 'interrupted';
}

function heardOf(utterance: Utterance, heardPosition: number, source: Heard['source']): Heard {
  const { number, startPosition, endPosition } = utterance;
  return {
    utterance: number,
    heardSamples: Math.min(heardPosition, endPosition) - startPosition,
    givenSamples: endPosition - startPosition,
    source: isHeardOut(utterance) ? 'reported' : source,
  };
}
