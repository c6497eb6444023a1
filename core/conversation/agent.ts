// The agent port: what a conversation tells an agent, and what an agent may ask of the conversation.

import type { TurnEndReason } from '../wire/messages.ts';

/** Rate of the caller's audio given to agents and of the speech they give back, in Hz. */
export const AGENT_RATE_HZ = 16_000;

/** A caller's turn has begun. Positions are 16 kHz samples since the conversation began to hear. */
export interface TurnStart {
  readonly turn: number;
  /** First sample, pre-roll included; never before the end of the turn before. */
  readonly startSample: number;
  /** The turn that this one goes on with, when a watchdog or the maximum length had ended that one; else null. */
  readonly continues: number | null;
}

/** A caller's turn has ended: its words lie in [startSample, endSample). */
export interface TurnEnd {
  readonly turn: number;
  readonly startSample: number;
  readonly endSample: number;
  readonly reason: TurnEndReason;
}

/** Caller audio that never came. */
export interface AudioGap {
  readonly kind: 'lost' | 'unrecorded';
  readonly fromSample: number;
  readonly lengthSamples: number;
}

/** What the caller has heard of an utterance, told once. */
export interface Heard {
  readonly utterance: number;
  /** Samples (at AGENT_RATE_HZ) of what the agent gave that reached the caller's ear. */
  readonly heardSamples: number;
  /** Samples that the agent had given. */
  readonly givenSamples: number;
  /** 'reported' by the client, or 'estimated' because its answer did not come in time. */
  readonly source: 'reported' | 'estimated';
}

/** Outcome of giving speech to the conversation. */
export type SayOutcome =
  | 'accepted'
  /** The hard cap is reached; the utterance is cancelled, nothing more of it is taken. */
  | 'full'
  /** The utterance is over: interrupted, cancelled, or ended by the agent itself. */
  | 'closed';

/**
 * What an agent may ask for. All calls are synchronous and may be made from inside the agent's own methods or,
 * by an agent that waits for something outside, in an event of its own (the shell runs `Conversation.outsideEvent`).
 */
export interface AgentHost {
  /** Opens an utterance and returns its number. An utterance still open is ended first. */
  begin(options: { readonly interruptible: boolean }): number;
  /** Gives speech, PCM at AGENT_RATE_HZ, any length, faster than real time if it likes; the array may be reused at once. */
  say(utterance: number, samples: Int16Array): SayOutcome;
  /** The agent has given all of this utterance. */
  end(utterance: number): void;
  /** Drops what is not yet heard of everything the agent said, as a caller's barge-in would. */
  interrupt(): void;
  /** Words of either party, for the client to show. */
  transcript(party: 'caller' | 'agent', text: string, final: boolean): void;
  /** Something failed; the caller's side is told the sentence. */
  fail(code: string, sentence: string): void;
  /** Ends the conversation after the last word was heard. */
  hangUp(reason: string): void;
  /**
   * Ends the conversation after the last word was heard, and hands the caller on: the client is told where to, and a
   * bridge that can does it. `destination` is a URI or number as the bridge understands it.
   */
  transfer(destination: string): void;
  /** What answering has cost since the last report, in the vendor's own units (`inputTokens`, `outputAudioMs` …): for the timeline, and summed up for statistics. */
  usage(report: UsageReport): void;
  /** A tool of the agent's has been called, has answered, or could not: for the timeline and for those who watch. */
  tool(name: string, state: ToolState): void;
}

/** Amounts by name; names are the vendor's, in camel case with their unit. Amounts that are not finite are left out. */
export type UsageReport = Readonly<Record<string, number>>;

export type ToolState = 'called' | 'answered' | 'failed' | 'cancelled';

/** How words that the service was asked to have said are to be said. */
export interface SayTextOptions {
  /** Whether the caller may cut them short. */
  readonly interruptible: boolean;
}

/**
 * An agent of one conversation. Every method returns at once; what takes time belongs to the agent and comes back
 * through the host. Calls come in the order of the caller's media time. Caller audio is given once and in order:
 * positions strictly increase.
 */
export interface Agent {
  readonly name: string;
  /**
   * `turns`, unless given: audio comes inside turns only, pre-roll included. `everything`: all that the caller's wire
   * carries comes as soon as it is there, for those who find turns by themselves; the engine's turns are told as well,
   * and each lies inside audio that has been given by the time its end is told. Long silence is left out: the position jumps.
   */
  readonly hears?: 'turns' | 'everything' | undefined;
  /** Called once, before anything else, also after a wake-up (then `restore` follows when a state was saved). */
  open(host: AgentHost, nowMs: number): void;
  turnStarted(start: TurnStart, nowMs: number): void;
  /** Samples [fromSample, fromSample + length) of the caller; the array is valid during the call only. */
  audio(fromSample: number, samples: Int16Array, nowMs: number): void;
  turnEnded(end: TurnEnd, nowMs: number): void;
  /**
   * Caller audio that was promised to nobody is gone. `lost`: zeros stand in its place. `unrecorded`: a caller who came back
   * with another capture stream was away for so long, which takes no place between the samples.
   */
  gap?(gap: AudioGap, nowMs: number): void;
  /** Typed by the caller. */
  text(text: string, nowMs: number): void;
  /** Everything unheard was dropped; called once for each utterance that was cut. */
  interrupted(heard: Heard, nowMs: number): void;
  /** The utterance was heard to its end. */
  completed(heard: Heard, nowMs: number): void;
  /** For `userIdleMs`, and again after every further one, nobody has spoken and nothing was played; `idleMs` since somebody last did. */
  userIdle?(idleMs: number, nowMs: number): void;
  /** The service wants these words said now. An agent without this method has the request refused. */
  sayText?(text: string, options: SayTextOptions, nowMs: number): void;
  /** Time at which `tick` wants to be called, Infinity for never. */
  readonly nextDeadlineMs: number;
  tick(nowMs: number): void;
  /**
   * A checkpoint was written that knows of everything that was told so far. An agent that speaks to somebody outside does
   * so here: what leaves now waits for the write to be confirmed. It asks nothing of its host. What was not yet sent by then belongs
   * into `save`, to be sent under the same key when the memory was lost.
   */
  stored?(nowMs: number): void;
  /** Everything needed to go on after the memory was lost, as a structured-cloneable value; null for nothing. */
  save(): unknown;
  /** Takes what `save` gave; anything else is ignored. */
  restore(state: unknown, nowMs: number): void;
  close(reason: string): void;
}
