// The engine of one conversation: client messages and time go in; frames, control messages and agent calls come out.

import { msToSamples } from '../media/units.ts';
import type { DownlinkListener } from '../playout/downlink.ts';
import { SCORER_RATE_HZ } from '../voice/scorer.ts';
import { Call } from './call.ts';
import type { ConversationConfig } from './config.ts';
import type { ConversationSnapshot } from './conversation-snapshot.ts';
import { type ConversationState, stateOf } from './conversation-state.ts';
import { DeferredWork } from './deferred-work.ts';
import {
  type ConversationOptions,
  type ConversationParts,
  configureParts,
  makeParts,
} from './parts.ts';
import type { ClientLink } from './ports.ts';
import { Reception } from './reception.ts';
import { collectLag, collectStatistics } from './statistics.ts';

/** Rounds of agent call, checkpoint and sending within one event; an agent that asks for more waits for the next. */
const SETTLE_ROUNDS = 4;

/**
 * One conversation. Every method is one event: `nowMs` is the clock at its head (any origin, whole milliseconds), and
 * when it returns all that follows from the event has been sent. Inside, time counts from the conversation's beginning.
 * Within an event the order is: state changes and agent calls, then the checkpoint where one is owed, then messages
 * and frames; only `hold`, `release` and `clear` leave before the checkpoint, because they must not wait for a write,
 * and the `error` or `closing` of a connection that is closed.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #parts: ConversationParts;
  readonly #call: Call;
  readonly #reception: Reception;
  readonly #deferred = new DeferredWork({
    checkpoint: () => {
      this.#checkpointOwed = true;
    },
  });
  #config: ConversationConfig;
  #originMs: number;
  #eventMs = 0;
  #deadlineMs: number;
  #checkpointOwed = false;
  /** Caller audio before this position is covered by a checkpoint. */
  #checkpointPosition = 0;

  /** The conversation begins at `nowMs`. */
  constructor(options: ConversationOptions, nowMs: number) {
    const oweCheckpoint = (): void => {
      this.#checkpointOwed = true;
    };
    this.#options = options;
    this.#config = options.config;
    this.#originMs = nowMs;
    this.#parts = makeParts(options, {
      oweCheckpoint,
      drain: (reason) => this.#call.drain(reason, this.#eventMs),
      downlink: this.#downlinkListener(),
    });
    this.#call = new Call(this.#parts, options.config, oweCheckpoint);
    this.#reception = new Reception(this.#parts, this.#call);
    this.#deadlineMs = this.#earliestDeadlineMs();
  }

  /** A socket was accepted for this conversation; its number is higher than any before, which it supersedes. */
  connect(number: number, link: ClientLink, nowMs: number): void {
    const now = this.#enter(nowMs);
    this.#call.connect(number, link, now);
    this.#settle(now);
  }

  /** A socket is gone; what it was waiting for is kept. */
  disconnect(number: number, nowMs: number): void {
    const now = this.#enter(nowMs);
    if (this.#parts.client.find(number) === null) return;
    this.#call.leave(now);
    this.#settle(now);
  }

  /** A binary message: one packet of isochron.v1. The bytes are copied. */
  receiveAudio(number: number, bytes: Uint8Array, nowMs: number): void {
    const now = this.#enter(nowMs);
    if (!this.#reception.takePacket(number, bytes, now)) return;
    this.#takeFrames(now);
    this.#settle(now);
  }

  /** A text message: one control message of isochron.v1. */
  receiveText(number: number, text: string, nowMs: number): void {
    const now = this.#enter(nowMs);
    if (!this.#reception.takeText(number, text, now)) return;
    this.#takeFrames(now);
    this.#settle(now);
  }

  /** Time has come; call it at `nextDeadlineMs` or later, and as often as one likes. */
  tick(nowMs: number): void {
    const now = this.#enter(nowMs);
    if (this.#call.phase === 'ended') return;
    // What the listener waits for goes first.
    this.#parts.downlink.tick(now);
    this.#parts.uplink.tick(now);
    this.#takeFrames(now);
    this.#call.tick(now);
    this.#settle(now);
  }

  /** When `tick` wants to be called, on the clock of the events; Infinity when only a message can change anything. */
  get nextDeadlineMs(): number {
    return this.#deadlineMs;
  }

  /** What the agent or the scorer waited for outside has come: `run` may call the agent's host, or give scores. */
  outsideEvent(run: (nowMs: number) => void, nowMs: number): void {
    const now = this.#enter(nowMs);
    if (this.#call.phase === 'ended') return;
    run(now);
    this.#takeFrames(now);
    this.#settle(now);
  }

  /** Changes numbers in mid-call; they hold from the next frame on. */
  configure(config: ConversationConfig, nowMs: number): void {
    const now = this.#enter(nowMs);
    this.#config = config;
    configureParts(this.#parts, config);
    this.#call.configure(config);
    this.#settle(now);
  }

  /** Ends the conversation: after the last word was heard, or at once. */
  end(afterLastWord: boolean, reason: string, nowMs: number): void {
    const now = this.#enter(nowMs);
    if (afterLastWord) this.#call.drain(reason, now);
    else this.#call.finish(reason, now);
    this.#settle(now);
  }

  /** The conversation as it stands. */
  state(nowMs: number): ConversationState {
    const now = this.#enter(nowMs);
    this.#updateStatistics(now);
    return stateOf(this.#parts, this.#call.phase);
  }

  /** A copy of everything that must survive. */
  snapshot(): ConversationSnapshot {
    const { client, uplink, downlink, agent, relay, floor, turns, telemetry } = this.#parts;
    return {
      version: 1,
      originMs: this.#originMs,
      eventMs: this.#eventMs,
      checkpointPosition: this.#checkpointPosition,
      deferred: this.#deferred.snapshot(),
      call: this.#call.snapshot(),
      client: client.snapshot(),
      agent: this.#call.agentOpened ? { state: agent.save() } : null,
      statistics: { ...this.#parts.statistics },
      turns: { ...turns.counters },
      uplink: uplink.snapshot(),
      downlink: downlink.snapshot(),
      relay: relay.snapshot(),
      floor: floor.snapshot(),
      telemetry: telemetry.snapshot(),
    };
  }

  /**
   * Takes the state of another conversation of the same options, right after construction, and goes on as if never
   * interrupted. `number` and `link` are the connection that it had; null when that did not survive.
   */
  restore(snapshot: ConversationSnapshot, number: number, link: ClientLink | null): void {
    const { client, uplink, downlink, relay, floor, turns, telemetry } = this.#parts;
    const eventMs = snapshot.eventMs ?? 0;
    this.#originMs = snapshot.originMs;
    this.#checkpointPosition = snapshot.checkpointPosition ?? 0;
    this.#deferred.restore(snapshot.deferred ?? {});
    this.#enter(snapshot.originMs + eventMs);
    Object.assign(this.#parts.statistics, snapshot.statistics);
    Object.assign(turns.counters, snapshot.turns);
    uplink.restore(snapshot.uplink ?? {});
    if (snapshot.downlink !== undefined) downlink.restore(snapshot.downlink);
    relay.restore(snapshot.relay ?? {});
    floor.restore(snapshot.floor);
    telemetry.restore(snapshot.telemetry ?? {});
    client.restore(snapshot.client ?? {}, number, link, eventMs);
    this.#call.restore(snapshot.call, snapshot.agent ?? null, eventMs);
    this.#deadlineMs = this.#earliestDeadlineMs();
  }

  /**
   * The memory was lost since the snapshot that was restored, and what happened in between with it: a new epoch.
   * A client that is still connected is told by a second `welcome`, and answers with `hello` and what is missing.
   */
  wake(nowMs: number): void {
    const now = this.#enter(nowMs);
    const { client, uplink, downlink, telemetry, statistics } = this.#parts;
    statistics.epoch++;
    if (client.connection === null) this.#call.leave(client.absentSinceMs ?? now);
    downlink.detach(now);
    uplink.awake(now);
    telemetry.stop();
    client.askAgain(now);
    if (client.asked) this.#call.welcome();
    this.#checkpointOwed = true;
    this.#settle(now);
  }

  #enter(nowMs: number): number {
    // A clock that was set back stands still until it is where it was.
    const now = Math.max(this.#eventMs, nowMs - this.#originMs);
    this.#eventMs = now;
    this.#options.ledger.enter(nowMs);
    this.#parts.desk.enter(now);
    return now;
  }

  /** Takes in every frame that is due, one by one, and acts on what was found after each. */
  #takeFrames(now: number): void {
    const { uplink, turns } = this.#parts;
    do {
      if (this.#call.phase === 'active') turns.frameDone(now);
      else turns.ignoreFrame();
    } while (uplink.advance(now));
    const { checkpointIntervalMs, deferredWorkMs } = this.#config;
    const uncovered = uplink.heard.endPosition - this.#checkpointPosition;
    if (uncovered >= msToSamples(checkpointIntervalMs, SCORER_RATE_HZ)) {
      this.#deferred.defer('checkpoint', now + deferredWorkMs);
    }
  }

  /** Ends an event. */
  #settle(now: number): void {
    const { client, uplink, downlink } = this.#parts;
    if (uplink.schedule.rest(now)) client.post(uplink.schedule.message);
    this.#deferred.run(!uplink.hears && !downlink.speaking, now);
    this.#followUp(now);
    this.#deadlineMs = this.#earliestDeadlineMs();
  }

  #earliestDeadlineMs(): number {
    if (this.#call.phase === 'ended') return Number.POSITIVE_INFINITY;
    const { uplink, downlink, telemetry, agent } = this.#parts;
    const agentMs = this.#call.agentOpened ? agent.nextDeadlineMs : Number.POSITIVE_INFINITY;
    const partsMs = Math.min(uplink.nextDeadlineMs, downlink.nextDeadlineMs, agentMs);
    const tellMs = Math.min(telemetry.nextDeadlineMs, this.#deferred.nextDeadlineMs);
    return this.#originMs + Math.min(partsMs, tellMs, this.#call.nextDeadlineMs);
  }

  /** Lets everything that follows from an event happen, in its order. */
  #followUp(now: number): void {
    const { agent, client, downlink, telemetry, uplink } = this.#parts;
    for (let round = 0; round < SETTLE_ROUNDS; round++) {
      if (this.#call.agentOpened && now >= agent.nextDeadlineMs) agent.tick(now);
      if (this.#checkpointOwed) this.#store();
      client.flush();
      downlink.tick(now);
      this.#call.finishDrained(now);
      if (!this.#checkpointOwed && !client.waiting) break;
    }
    if (!client.here) return;
    if (downlink.speaking) telemetry.active(now);
    if (telemetry.statsDue(now)) this.#updateStatistics(now);
    telemetry.tick(client, uplink.backlogMs, now);
  }

  #store(): void {
    this.#checkpointOwed = false;
    this.#deferred.cancel('checkpoint');
    this.#checkpointPosition = this.#parts.uplink.heard.endPosition;
    this.#options.checkpoint.checkpoint();
  }

  #downlinkListener(): DownlinkListener {
    return {
      beforeGeneration: () => this.#store(),
      sendAudio: (packet) => this.#parts.client.sendAudio(packet),
      sendControl: (message) => this.#parts.client.sendControl(message),
      utteranceEnded: (_utterance, reason, heard) => {
        const { agent } = this.#parts;
        this.#checkpointOwed = true;
        if (reason === 'completed') agent.completed(heard, this.#eventMs);
        else agent.interrupted(heard, this.#eventMs);
      },
      heardCorrected: () => {
        this.#checkpointOwed = true;
      },
    };
  }

  #updateStatistics(now: number): void {
    const { statistics, uplink, turns, downlink, lag } = this.#parts;
    collectStatistics(statistics, uplink, turns.counters, downlink.statistics);
    collectLag(statistics, lag.lagSummary);
    statistics.leadMs = downlink.leadMs(now);
  }
}
