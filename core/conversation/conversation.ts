// The engine of one conversation: client messages and time go in; frames, control messages and agent calls come out.

import type { Announcement } from './announcer.ts';
import { Call } from './call.ts';
import type { ConversationConfig } from './config.ts';
import { type ConversationSnapshot, restoreFrom, snapshotOf } from './conversation-snapshot.ts';
import { type ConversationState, refreshStatistics, stateOf } from './conversation-state.ts';
import { downlinkOutlet } from './downlink-outlet.ts';
import { durabilityOutlet } from './durability-outlet.ts';
import {
  type ConversationOptions,
  type ConversationParts,
  configureParts,
  makeParts,
} from './parts.ts';
import type { ClientLink } from './ports.ts';
import { Reception } from './reception.ts';

/** Rounds of agent call, checkpoint and sending within one event; an agent that asks for more waits for the next. */
const SETTLE_ROUNDS = 4;

const NOBODY_LISTENS = 'Nobody listens: the call has not begun, or has ended.';

/**
 * One conversation. Every method is one event: `nowMs` is the clock at its head (any origin, whole milliseconds), and
 * when it returns all that follows from the event has been sent. Inside, time counts from the conversation's beginning.
 * Within an event the order is: state changes and agent calls, then the checkpoint where one is owed, then messages
 * and frames; only `hold`, `release` and `clear` leave before the checkpoint, because they must not wait for a write,
 * and the `error` of a connection that is closed. While the storage refuses the checkpoint, what rests on it waits.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #parts: ConversationParts;
  readonly #call: Call;
  readonly #reception: Reception;
  #originMs: number;
  #eventMs = 0;
  #deadlineMs = Number.POSITIVE_INFINITY;
  /** Nothing has happened since the state was stored, except that packets may have left. */
  #isStored = true;
  /** Packets that had left by then. */
  #storedPackets = 0;

  /** The conversation begins at `nowMs`. */
  constructor(options: ConversationOptions, nowMs: number) {
    this.#options = options;
    this.#originMs = nowMs;
    this.#parts = makeParts(options, {
      durability: durabilityOutlet(
        () => this.#parts,
        () => this.#call,
        () => this.#eventMs,
        () => this.#stored(),
      ),
      drain: (reason, transfer) => this.#call.drain(reason, this.#eventMs, transfer),
      downlink: downlinkOutlet(
        () => this.#parts,
        () => this.#eventMs,
      ),
    });
    this.#call = new Call(this.#parts, options.config);
    this.#parts.chronicle.startedAt(nowMs);
    this.#reception = new Reception(this.#parts, this.#call);
    this.#findDeadline();
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
    if (this.#call.phase === 'ended') {
      this.#finishEvent(now);
      return;
    }
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

  /** Says something for the service. Null, or why it cannot be said, as a sentence. */
  say(announcement: Announcement, nowMs: number): string | null {
    const now = this.#enter(nowMs);
    const isActive = this.#call.phase === 'active';
    const refusal = isActive ? this.#parts.announcer.say(announcement, now) : NOBODY_LISTENS;
    this.#settle(now);
    return refusal;
  }

  /** The conversation as it stands. */
  state(nowMs: number): ConversationState {
    const now = this.#enter(nowMs);
    refreshStatistics(this.#parts, now);
    return stateOf(this.#parts, this.#call.snapshot());
  }

  /** A copy of everything that must survive. */
  snapshot(): ConversationSnapshot {
    return snapshotOf(this.#parts, this.#call, this.#originMs, this.#eventMs);
  }

  /**
   * Takes the state of another conversation of the same options, right after construction, and goes on as if never
   * interrupted. `number` and `link` are the connection that it had; null when that did not survive.
   */
  restore(snapshot: ConversationSnapshot, number: number, link: ClientLink | null): void {
    this.#originMs = snapshot.originMs;
    this.#parts.chronicle.startedAt(snapshot.originMs);
    this.#enter(snapshot.originMs + (snapshot.eventMs ?? 0));
    restoreFrom(snapshot, this.#parts, this.#call, { number, link });
    this.#findDeadline();
  }

  /**
   * The memory was lost since the snapshot that was restored, and what happened in between with it: a new epoch.
   * A client that is still connected is told by a second `welcome`, and answers with `hello` and what is missing.
   */
  wake(nowMs: number): void {
    const now = this.#enter(nowMs);
    const { client, uplink } = this.#parts;
    if (client.connection === null) this.#call.leave(client.absentSinceMs ?? now);
    uplink.awake(now);
    this.#call.beginEpoch(now);
    this.#parts.chronicle.restored(this.#parts.statistics.epoch);
    this.#settle(now);
  }

  /** The checkpoint with this number, and all before it, are on disk: the client may forget what they cover. */
  confirmed(ticket: number, nowMs: number): void {
    const now = this.#enter(nowMs);
    const { client, durability, uplink } = this.#parts;
    const id = uplink.stream?.identity.id ?? null;
    const isNews = durability.confirm(ticket, id);
    // What the journal had no room for while nothing could be written is asked for once more.
    const isLacking = client.here && uplink.stream?.lacksHeard === true;
    if (!isNews && !isLacking) return;
    const storedTo = id === null ? null : durability.storedTo(id);
    if (storedTo !== null) client.post({ type: 'ack', sequence: storedTo });
    if (isLacking) this.#call.beginEpoch(now);
    this.#settle(now);
  }

  /** Stores the conversation as it is, because its memory may be lost without notice from now on; not what is stored already. */
  store(nowMs: number): void {
    const { packetsSent } = this.#parts.downlink.statistics;
    if (this.#isStored && packetsSent === this.#storedPackets) return;
    this.#enter(nowMs);
    this.#parts.durability.store(false);
  }

  /** The storage refuses what has happened, and nobody was told of it. */
  get withholds(): boolean {
    return this.#parts.durability.withheld;
  }

  /** When audio that was taken must be on disk, on the clock of the events; Infinity when all is. */
  get flushDeadlineMs(): number {
    return this.#originMs + this.#parts.durability.flushDeadlineMs;
  }

  #enter(nowMs: number): number {
    // A clock that was set back stands still until it is where it was.
    const now = Math.max(this.#eventMs, nowMs - this.#originMs);
    this.#eventMs = now;
    this.#isStored = false;
    this.#options.ledger.enter(nowMs);
    this.#parts.desk.enter(now);
    this.#parts.durability.enter(now);
    this.#parts.chronicle.enter(now);
    return now;
  }

  /** Takes in every frame that is due, one by one, and acts on what was found after each. */
  #takeFrames(now: number): void {
    const { uplink, turns } = this.#parts;
    let { gapSamples } = uplink.counters;
    do {
      if (uplink.counters.gapSamples > gapSamples) {
        this.#call.missed(uplink.counters.gapSamples - gapSamples, now);
        gapSamples = uplink.counters.gapSamples;
      }
      if (this.#call.phase === 'active') turns.frameDone(now);
      else turns.ignoreFrame();
    } while (uplink.advance(now));
  }

  /** Ends an event. */
  #settle(now: number): void {
    const { announcer, client, uplink, downlink, durability } = this.#parts;
    announcer.rest();
    if (uplink.schedule.rest(now)) client.post(uplink.schedule.message);
    durability.flush(!uplink.hears && !downlink.speaking);
    this.#finishEvent(now);
  }

  #finishEvent(now: number): void {
    this.#followUp(now);
    this.#findDeadline();
  }

  /** Returns nothing, because a fraction that a function returns is allocated where the call is not inlined. */
  #findDeadline(): void {
    const { uplink, downlink, telemetry, agent, durability } = this.#parts;
    if (this.#call.phase === 'ended') {
      this.#deadlineMs = this.#originMs + durability.owedDeadlineMs;
      return;
    }
    const agentMs = this.#call.agentOpened ? agent.nextDeadlineMs : Number.POSITIVE_INFINITY;
    const speechMs = this.#isHeldBack ? Number.POSITIVE_INFINITY : downlink.nextDeadlineMs;
    const partsMs = Math.min(uplink.nextDeadlineMs, speechMs, agentMs);
    const tellMs = Math.min(telemetry.nextDeadlineMs, durability.nextDeadlineMs);
    this.#deadlineMs = this.#originMs + Math.min(partsMs, tellMs, this.#call.nextDeadlineMs);
  }

  /** Lets everything that follows from an event happen, in its order. */
  #followUp(now: number): void {
    const { agent, client, downlink, durability, telemetry, uplink } = this.#parts;
    for (let round = 0; round < SETTLE_ROUNDS; round++) {
      if (this.#call.agentOpened && now >= agent.nextDeadlineMs) agent.tick(now);
      // Where the next packet has the state stored anyway, what is owed is stored with it.
      if (durability.owed && !downlink.commitsFirst(now)) durability.store(true);
      if (!durability.owed) this.#tell(now);
      if (!(durability.withheld && client.owesWelcome)) downlink.tick(now);
      this.#call.finishDrained(now);
      if (durability.withheld || (!durability.owed && !client.waiting)) break;
    }
    if (!client.here) return;
    if (downlink.speaking) telemetry.active(now);
    if (telemetry.statsDue(now)) refreshStatistics(this.#parts, now);
    telemetry.tick(client, uplink.backlogMs, now);
  }

  #stored(): void {
    this.#isStored = true;
    this.#storedPackets = this.#parts.downlink.statistics.packetsSent;
  }

  /** What may be known: everything that has happened is stored. */
  #tell(now: number): void {
    this.#parts.client.flush();
    this.#call.hangUp(now);
  }

  /** The next packet waits for a storage that refuses the state it rests on, or for a welcome that does. */
  get #isHeldBack(): boolean {
    const { client, downlink, durability } = this.#parts;
    return durability.withheld && (client.owesWelcome || downlink.commitsFirst(this.#eventMs));
  }
}
