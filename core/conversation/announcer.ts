// Says what the service was asked to have said: words through the agent, audio as utterances of its own.

import type { Downlink } from '../playout/downlink.ts';
import type { Agent } from './agent.ts';

/** Audio that may wait for the end of an utterance that the agent is still giving: 8.2 s. */
const MOST_WAITING_SAMPLES = 2 ** 17;

/** Utterances of its own that may be unheard at a time. */
const MOST_UNHEARD = 32;

/** What is to be said. */
export type Announcement =
  | { readonly kind: 'text'; readonly text: string; readonly interruptible: boolean }
  /** 16 kHz samples, kept until they are said. */
  | { readonly kind: 'audio'; readonly samples: Int16Array; readonly interruptible: boolean };

interface WaitingAudio {
  readonly samples: Int16Array;
  readonly interruptible: boolean;
}

/** State of an announcer. */
export interface AnnouncerSnapshot {
  readonly waiting?: readonly WaitingAudio[] | undefined;
  readonly unheard?: readonly number[] | undefined;
}

/** The agent's utterance is never cut for an announcement, and hears nothing of how one ends. */
export class Announcer {
  readonly #agent: Agent;
  readonly #downlink: Downlink;
  readonly #committed: () => void;
  #waiting: WaitingAudio[] = [];
  #unheard: number[] = [];

  /** `committed` is called when something was said that must not be said again: the state is to be stored. */
  constructor(agent: Agent, downlink: Downlink, committed: () => void) {
    this.#agent = agent;
    this.#downlink = downlink;
    this.#committed = committed;
  }

  /** Says it now, or after what the agent has already given. Null, or why it cannot be said, as a sentence. */
  say(announcement: Announcement, nowMs: number): string | null {
    switch (announcement.kind) {
      case 'text':
        return this.#sayText(announcement, nowMs);
      default:
        return this.#sayAudio(announcement);
    }
  }

  /** Says what waits, as soon as the agent has given all of its utterance. */
  rest(): void {
    while (this.#waiting.length > 0 && !this.#downlink.giving) this.#give(this.#waiting.shift()!);
    // One that the queue had no room for has no ending that is told.
    if (this.#unheard.length > 0 && this.#downlink.idle) this.#unheard.length = 0;
  }

  /** Whether an utterance that is over was an announcement. */
  owns(utterance: number): boolean {
    const at = this.#unheard.indexOf(utterance);
    if (at >= 0) this.#unheard.splice(at, 1);
    return at >= 0;
  }

  snapshot(): AnnouncerSnapshot {
    return { waiting: [...this.#waiting], unheard: [...this.#unheard] };
  }

  restore(snapshot: AnnouncerSnapshot): void {
    this.#waiting = [...(snapshot.waiting ?? [])];
    this.#unheard = [...(snapshot.unheard ?? [])];
  }

  #sayText(
    { text, interruptible }: Extract<Announcement, { kind: 'text' }>,
    nowMs: number,
  ): string | null {
    if (this.#agent.sayText === undefined) {
      return `The agent "${this.#agent.name}" says no words of others: send audio/wav.`;
    }
    this.#agent.sayText(text, { interruptible }, nowMs);
    this.#committed();
    return null;
  }

  #sayAudio({ samples, interruptible }: WaitingAudio): string | null {
    if (this.#unheard.length + this.#waiting.length >= MOST_UNHEARD) {
      return `No more than ${MOST_UNHEARD} announcements may be unheard.`;
    }
    if (!this.#downlink.giving) {
      return this.#give({ samples, interruptible });
    }
    let waitingSamples = samples.length;
    for (const each of this.#waiting) waitingSamples += each.samples.length;
    if (waitingSamples > MOST_WAITING_SAMPLES) {
      return 'The agent is speaking, and no more than 8 s of audio may wait for it.';
    }
    this.#waiting.push({ samples, interruptible });
    this.#committed();
    return null;
  }

  #give({ samples, interruptible }: WaitingAudio): string | null {
    const utterance = this.#downlink.begin(interruptible);
    this.#unheard.push(utterance);
    const outcome = this.#downlink.say(utterance, samples);
    this.#downlink.end(utterance);
    this.#committed();
    return outcome === 'accepted' ? null : 'More speech is unheard already than may wait.';
  }
}
