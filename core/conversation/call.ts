// The course of a call: who is let in, greeted, refused or replaced, and how the call ends.

import { ENGINE_RATE_HZ, formatFault } from '../media/payload-codec.ts';
import { msToSamples } from '../media/units.ts';
import {
  BUNDLE_MAX_FRAMES,
  MESSAGE_MAX_BYTES,
  REPORTS_PER_SECOND,
  RESEND_BURST_BYTES,
  RESEND_BYTES_PER_SECOND,
  SENTENCE_MAX_CHARACTERS,
} from '../wire/limits.ts';
import { type Hello, PROTOCOL_VERSION } from '../wire/messages.ts';
import { type CallPhase, callDeadlineMs } from './call-phase.ts';
import { Connection } from './client-side.ts';
import type { ConversationConfig } from './config.ts';
import { type Fault, fault } from './fault.ts';
import type { ConversationParts } from './parts.ts';
import type { ClientLink } from './ports.ts';

/** The most that may lie in the buffer of a wire that is not reliable: nobody there plays slower, or tells much of it. */
const UNRELIABLE_LEAD_MS = 600;

/** Why the call ends, and where the caller goes on to. */
interface CallEnd {
  readonly reason: string;
  readonly transfer?: string | undefined;
}

/** Moves the call from phase to phase. */
export class Call {
  readonly #parts: ConversationParts;
  #config: ConversationConfig;
  #phase: CallPhase = { kind: 'waiting' };
  #agentOpened = false;
  /** What the last welcome said may still play. */
  #toldLowestLive = 0;

  constructor(parts: ConversationParts, config: ConversationConfig) {
    this.#parts = parts;
    this.#config = config;
  }

  configure(config: ConversationConfig): void {
    this.#config = config;
    this.#limitLead();
  }

  get phase(): CallPhase['kind'] {
    return this.#phase.kind;
  }

  /** The agent was opened and not yet closed. */
  get agentOpened(): boolean {
    return this.#agentOpened && this.#phase.kind !== 'ended';
  }

  /** When the call changes by itself; Infinity when only a message can change it. */
  get nextDeadlineMs(): number {
    const idleMs =
      this.#phase.kind === 'active' ? this.#parts.idle.nextDeadlineMs : Number.POSITIVE_INFINITY;
    return Math.min(this.#helloDeadlineMs, this.#endDeadlineMs, idleMs);
  }

  tick(nowMs: number): void {
    const { client } = this.#parts;
    if (nowMs >= this.#helloDeadlineMs)
      this.refuse(client.connection, fault('hello-timeout'), nowMs);
    if (this.#phase.kind === 'active' && this.#parts.idle.tick(nowMs)) this.#parts.durability.owe();
    if (nowMs < this.#endDeadlineMs) return;
    this.finish(this.#endReason, nowMs);
  }

  /** A new connection takes the place of any before. */
  connect(number: number, link: ClientLink, nowMs: number): void {
    const { client, statistics } = this.#parts;
    const connection = new Connection(number, link, nowMs);
    if (this.#phase.kind === 'ended') {
      connection.close('ended');
      return;
    }
    const superseded = client.connection;
    if (superseded !== null) {
      this.leave(nowMs);
      superseded.close('replaced');
    }
    statistics.connections++;
    client.accept(connection);
  }

  /** The client has said who it is and what it speaks. */
  hello(said: Hello, nowMs: number): Fault | null {
    const hello = { ...said, ...this.#parts.client.connection?.link.agree?.(said) };
    if (hello.version !== PROTOCOL_VERSION) {
      const sentence = `This service speaks version ${PROTOCOL_VERSION} of the protocol, not ${hello.version}.`;
      return fault('violation', sentence);
    }
    const formatSentence = formatFault(hello.uplink) ?? formatFault(hello.downlink);
    if (formatSentence !== null) return fault('unsupported-format', formatSentence);
    const { client, uplink, downlink, chronicle, statistics } = this.#parts;
    const { welcomed } = client;
    const awayMs = client.greet(nowMs);
    if (this.#phase.kind === 'waiting') this.#phase = { kind: 'active', sinceMs: nowMs };
    const isOtherStream = uplink.stream !== null && uplink.stream.identity.id !== hello.stream;
    uplink.open(hello.stream, hello.uplink, hello.wire !== 'unreliable', nowMs);
    this.#limitLead();
    downlink.detach(nowMs);
    this.#attach(hello, awayMs ?? 0, nowMs);
    // Only now it is known what may still play; a client that was welcomed before is so again only where that is less.
    if (!welcomed || downlink.lowestLiveGeneration !== this.#toldLowestLive) this.welcome();
    const connection = client.connection?.number ?? 0;
    chronicle.connected(hello, { connection, epoch: statistics.epoch, awayMs });
    if (!this.#agentOpened) this.#openAgent(nowMs);
    else if (isOtherStream && awayMs !== null) this.#tellUnrecorded(awayMs, nowMs);
    if (this.#phase.kind === 'draining') this.#postClosing(this.#phase, true);
    this.#parts.durability.owe();
    return null;
  }

  /** The last so many samples of the caller never came. */
  missed(lengthSamples: number, nowMs: number): void {
    const { agent, chronicle, uplink } = this.#parts;
    const fromSample = uplink.heard.endPosition - lengthSamples;
    chronicle.gap(fromSample, lengthSamples);
    if (this.agentOpened) agent.gap?.({ kind: 'lost', fromSample, lengthSamples }, nowMs);
  }

  /** Whatever was captured by a client that is gone will not come. */
  #tellUnrecorded(awayMs: number, nowMs: number): void {
    const { agent, uplink } = this.#parts;
    const lengthSamples = msToSamples(awayMs, ENGINE_RATE_HZ);
    const fromSample = uplink.heard.endPosition;
    agent.gap?.({ kind: 'unrecorded', fromSample, lengthSamples }, nowMs);
  }

  /** What was unheard when the client left goes on, begins again at its last pause, or is dropped: by how long it was away. */
  #attach({ downlink: format, canHold, resume }: Hello, awayMs: number, nowMs: number): void {
    const { downlink } = this.#parts;
    const { resumeGraceMs, unheardKeptMs } = this.#config;
    if (awayMs > resumeGraceMs) downlink.forgetPlayer();
    downlink.attach(format, canHold, resume, nowMs);
    if (awayMs > Math.max(resumeGraceMs, unheardKeptMs)) downlink.interrupt(nowMs);
  }

  /** Tells the client where the conversation stands. */
  welcome(): void {
    const { id, client, uplink, downlink, durability, statistics } = this.#parts;
    const { connection } = client;
    if (connection === null) return;
    const { stream } = uplink;
    this.#toldLowestLive = downlink.lowestLiveGeneration;
    client.post({
      type: 'welcome',
      version: PROTOCOL_VERSION,
      conversation: id,
      epoch: statistics.epoch,
      connection: connection.number,
      stored: stream === null ? null : durability.storedTo(stream.identity.id),
      processed: uplink.nextSequence,
      lowestLiveGeneration: this.#toldLowestLive,
      resumeToken: connection.link.resumeToken,
      resendBudget: { bytesPerSecond: RESEND_BYTES_PER_SECOND, burstBytes: RESEND_BURST_BYTES },
      limits: {
        messageBytes: MESSAGE_MAX_BYTES,
        bundleFrames: BUNDLE_MAX_FRAMES,
        reportsPerSecond: REPORTS_PER_SECOND,
      },
      leadMs: this.#config.leadMs,
    });
  }

  /** What the client knows is no longer what holds: one that is connected is told by another welcome, and says hello again. */
  beginEpoch(nowMs: number): void {
    const { client, downlink, durability, statistics, telemetry } = this.#parts;
    statistics.epoch++;
    downlink.detach(nowMs);
    telemetry.stop();
    client.askAgain(nowMs);
    if (client.asked) this.welcome();
    durability.owe();
  }

  /** Closes the connection that broke a rule; the conversation waits for a better one. */
  refuse(connection: Connection | null, reason: Fault | null, nowMs: number): void {
    if (connection === null || reason === null) return;
    this.#parts.statistics.violations++;
    connection.link.sendControl({ type: 'error', code: reason.name, sentence: reason.sentence });
    this.leave(nowMs);
    connection.close(reason.name);
  }

  /** Nobody is connected any more. */
  leave(nowMs: number): void {
    // Of a call that is over there is nothing left to leave.
    if (this.#phase.kind !== 'ended') this.#depart(nowMs);
    this.#parts.client.leave(nowMs);
  }

  #depart(nowMs: number): void {
    const { client, uplink, downlink, telemetry, chronicle, durability } = this.#parts;
    if (client.connection !== null) chronicle.disconnected(client.connection.number);
    uplink.away(nowMs);
    downlink.detach(nowMs);
    telemetry.stop();
    durability.owe();
  }

  /** Ends the call after the last word was heard; `transfer` is where the caller goes on to. */
  drain(reason: string, nowMs: number, transfer?: string): void {
    if (this.#phase.kind === 'draining' || this.#phase.kind === 'ended') return;
    this.#parts.turns.giveUpFloor(nowMs);
    this.#phase = { kind: 'draining', sinceMs: nowMs, reason, transfer };
    this.#postClosing(this.#phase, true);
    this.#parts.durability.owe();
  }

  /** Ends a call whose last word was heard. */
  finishDrained(nowMs: number): void {
    if (this.#phase.kind !== 'draining' || !this.#parts.downlink.idle) return;
    this.finish(this.#phase.reason, nowMs, this.#phase.transfer);
  }

  /** Ends the call at once. */
  finish(reason: string, nowMs: number, transfer?: string): void {
    if (this.#phase.kind === 'ended') return;
    const { agent, client, turns, chronicle, durability } = this.#parts;
    turns.endTurn(nowMs);
    this.#phase = { kind: 'ended', reason, transfer };
    this.#postClosing({ reason, transfer }, false);
    if (client.connection !== null) this.#depart(nowMs);
    if (this.#agentOpened) agent.close(reason);
    chronicle.ended(reason);
    durability.owe();
  }

  /** Closes the connection of a call that has ended, once that is stored and was told. */
  hangUp(nowMs: number): void {
    const { connection } = this.#parts.client;
    if (this.#phase.kind !== 'ended' || connection === null) return;
    this.leave(nowMs);
    connection.close('ended');
  }

  snapshot(): CallPhase {
    return this.#phase;
  }

  /** Takes a state; an agent that had been opened is opened again and given what it saved. */
  restore(
    phase: CallPhase | undefined,
    agent: { readonly state: unknown } | null,
    nowMs: number,
  ): void {
    this.#phase = phase ?? { kind: 'waiting' };
    this.#limitLead();
    if (agent === null) return;
    this.#openAgent(nowMs);
    this.#parts.agent.restore(agent.state, nowMs);
  }

  /** On a wire that is not reliable the lead does not grow. */
  #limitLead(): void {
    const { uplink, downlink } = this.#parts;
    const leadMs = Math.min(UNRELIABLE_LEAD_MS, this.#config.leadMs);
    const isReliable = uplink.stream?.identity.reliable !== false;
    downlink.configure(isReliable ? this.#config : { ...this.#config, leadMs, leadGrowthPct: 0 });
  }

  #openAgent(nowMs: number): void {
    const { agent, desk } = this.#parts;
    this.#agentOpened = true;
    agent.open(desk, nowMs);
  }

  #postClosing(end: CallEnd, afterLastWord: boolean): void {
    const reason = end.reason.slice(0, SENTENCE_MAX_CHARACTERS);
    const { transfer } = end;
    const further = transfer === undefined ? {} : { transfer };
    this.#parts.client.post({ type: 'closing', reason, afterLastWord, ...further });
  }

  get #endReason(): string {
    if (this.#phase.kind === 'draining') return this.#phase.reason;
    return this.#parts.client.here ? 'The call reached its maximum length.' : 'Nobody was there.';
  }

  get #helloDeadlineMs(): number {
    return this.#parts.client.helloOwedSinceMs + this.#config.helloTimeoutMs;
  }

  get #endDeadlineMs(): number {
    return callDeadlineMs(this.#phase, this.#parts.client.absentSinceMs, this.#config);
  }
}
