// Writes the timeline: what happens in a conversation, as lines of the journal.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import { samplesToMs } from '../media/units.ts';
import { NOBODY, type Watch } from '../observation/watch.ts';
import type { Downlink, PlaybackPosition } from '../playout/downlink.ts';
import { TIMELINE_VERSION, type TimelineLine } from '../recording/timeline-line.ts';
import type { Hello, Report, ServerMessage, UtteranceEndReason } from '../wire/messages.ts';
import type { Heard } from './agent.ts';
import type { Journal } from './journal.ts';
import { LatencyTrace, type LatencyTraceSnapshot } from './latency-trace.ts';
import { generationNote, type Note, noteOf, playerOf } from './note.ts';
import type { Uplink } from './uplink.ts';

/** A client's word for where it is. */
type HeardCause = Extract<TimelineLine, { type: 'heard' }>['cause'];
type ClientPosition = PlaybackPosition & { readonly uplinkTimestamp: number | null };

/** What the timeline is of. */
interface ChronicleSubject {
  readonly conversation: string;
  readonly agent: string;
}

/** State of a chronicle. */
export interface ChronicleSnapshot {
  readonly hasBegun?: boolean | undefined;
  readonly stream?: number | null | undefined;
  readonly lastUtterance?: number | undefined;
  readonly latency?: LatencyTraceSnapshot | undefined;
}

/**
 * Hears what the client is told and what it says, and a little of what neither hears of. Nothing is written, and nothing
 * is allocated, when the conversation is neither recorded nor watched.
 */
export class Chronicle {
  readonly #isKept: boolean;
  readonly #journal: Journal;
  readonly #uplink: Uplink;
  readonly #downlink: Downlink;
  readonly #watch: Watch;
  readonly #latency = new LatencyTrace();
  readonly #subject: ChronicleSubject;
  #startedAtMs = 0;
  #eventMs = 0;
  #hasBegun = false;
  #stream: number | null = null;
  #lastUtterance = 0;

  constructor(
    isKept: boolean,
    subject: ChronicleSubject,
    journal: Journal,
    uplink: Uplink,
    downlink: Downlink,
    watch: Watch = NOBODY,
  ) {
    this.#watch = watch;
    this.#isKept = isKept;
    this.#subject = subject;
    this.#journal = journal;
    this.#uplink = uplink;
    this.#downlink = downlink;
  }

  enter(nowMs: number): void {
    this.#eventMs = nowMs;
  }

  /** The conversation began at this time of the events' clock. */
  startedAt(originMs: number): void {
    this.#startedAtMs = originMs;
  }

  /** A time of the events' clock, since the conversation began. */
  sinceBeginning(nowMs: number): number {
    return Math.max(this.#eventMs, nowMs - this.#startedAtMs);
  }

  /** A client was greeted; `awayMs` is null for the first. */
  connected(
    hello: Hello,
    client: { readonly connection: number; readonly epoch: number; readonly awayMs: number | null },
  ): void {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#note(this.#start);
    }
    const { stream, uplink, downlink } = hello;
    if (stream !== this.#stream) {
      this.#stream = stream;
      const baseSample = this.#uplink.heard.endPosition;
      this.#note({ type: 'stream', stream, ...uplink, baseSample });
    }
    this.#note({ type: 'connected', ...client, stream, downlink });
    if (hello.resume !== undefined) this.position('resume', hello.resume);
  }

  disconnected(connection: number): void {
    this.#note({ type: 'disconnected', connection });
  }

  restored(epoch: number): void {
    this.#note({ type: 'restored', epoch });
  }

  ended(reason: string): void {
    this.#note({ type: 'end', reason, endSample: this.#uplink.heard.endPosition });
  }

  gap(fromSample: number, lengthSamples: number): void {
    this.#note({ type: 'gap', fromSample, lengthSamples });
  }

  muted(fromTimestamp: number): void {
    this.#note({ type: 'mute', state: 'started', sample: this.#uplink.sampleAt(fromTimestamp) });
  }

  unmuted(): void {
    this.#note({ type: 'mute', state: 'ended', sample: null });
  }

  /** What was stored is not what should be. */
  storage(level: 'refused' | 'taken', reason: string): void {
    this.#note({ type: 'degraded', part: 'storage', level, reason });
  }

  /** Something about the agent that the client is not told. */
  agentNote(note: Extract<Note, { readonly type: 'tool' | 'usage' | 'transfer' }>): void {
    this.#note(note);
  }

  /** The agent has given speech. */
  said(utterance: number): void {
    this.#latency.said(utterance, this.#eventMs);
  }

  /** The client has said where it is. */
  position(cause: HeardCause, position: ClientPosition, report?: Report): void {
    if (!this.#isTold) return;
    const { generation, playedSamples, uplinkTimestamp } = position;
    const stream = uplinkTimestamp === null ? null : this.#stream;
    const player = report === undefined ? {} : { player: playerOf(report) };
    this.#note({
      type: 'heard',
      cause,
      generation,
      playedSamples,
      stream,
      uplinkTimestamp: stream === null ? null : uplinkTimestamp,
      ...player,
    });
    this.#heard(position);
  }

  utteranceEnded(
    utterance: number,
    reason: UtteranceEndReason,
    heard: Heard,
    corrected: boolean,
  ): void {
    const { heardSamples, givenSamples, source } = heard;
    this.#note({
      type: 'utterance',
      state: 'ended',
      utterance,
      reason,
      heardSamples,
      givenSamples,
      source,
      corrected,
    });
  }

  /** The client is told something. */
  told(message: ServerMessage): void {
    if (!this.#isTold) return;
    switch (message.type) {
      case 'speech': {
        const { state, timestamp } = message;
        this.#note({ type: 'speech', state, sample: this.#uplink.sampleAt(timestamp) });
        break;
      }
      case 'turn':
        this.#turn(message);
        break;
      case 'utterance':
        if (message.state === 'started') this.#generation(message);
        break;
      default: {
        const note = noteOf(message);
        if (note !== null) this.#note(note);
        break;
      }
    }
  }

  /** How a timeline would begin that began now. */
  introduction(): string[] {
    const lines = [this.#lineOf(this.#start)];
    const stream = this.#uplink.stream?.identity;
    if (stream !== undefined) {
      const { id, format, basePosition: baseSample } = stream;
      lines.push(this.#lineOf({ type: 'stream', stream: id, ...format, baseSample }));
    }
    const segment = this.#downlink.newestSegment;
    if (segment !== null) lines.push(this.#lineOf(generationNote(segment)));
    return lines;
  }

  snapshot(): ChronicleSnapshot {
    return {
      hasBegun: this.#hasBegun,
      stream: this.#stream,
      lastUtterance: this.#lastUtterance,
      latency: this.#latency.snapshot(),
    };
  }

  restore(snapshot: ChronicleSnapshot): void {
    this.#hasBegun = snapshot.hasBegun ?? false;
    this.#stream = snapshot.stream ?? null;
    this.#lastUtterance = snapshot.lastUtterance ?? 0;
    this.#latency.restore(snapshot.latency ?? {});
  }

  #turn(message: Extract<ServerMessage, { type: 'turn' }>): void {
    const { turn } = message;
    if (message.state === 'dropped') {
      this.#note({ type: 'turn', state: 'dropped', turn });
      return;
    }
    const startSample = this.#uplink.sampleAt(message.startTimestamp);
    if (message.state === 'started') {
      const { continues } = message;
      this.#note({ type: 'turn', state: 'started', turn, startSample, continues });
      return;
    }
    const endSample = this.#uplink.sampleAt(message.endTimestamp);
    const { reason } = message;
    this.#note({ type: 'turn', state: 'ended', turn, startSample, endSample, reason });
    const { endPosition } = this.#uplink.heard;
    this.#latency.turnEnded(turn, endSample, endPosition, this.#eventMs);
  }

  /** A generation begins; the first of an utterance begins that as well. */
  #generation(message: Extract<ServerMessage, { type: 'utterance'; state: 'started' }>): void {
    const { utterance, generation, interruptible } = message;
    const segment = this.#downlink.segment(generation);
    if (segment === null) return;
    if (utterance > this.#lastUtterance) {
      this.#lastUtterance = utterance;
      const speechStart = segment.utterance.startPosition;
      this.#note({ type: 'utterance', state: 'started', utterance, speechStart, interruptible });
    }
    this.#note(generationNote(segment));
    this.#latency.sent(utterance, this.#eventMs);
  }

  #heard({ generation, playedSamples, uplinkTimestamp }: ClientPosition): void {
    const segment = this.#downlink.segment(generation);
    if (segment === null) return;
    const uplinkSample = uplinkTimestamp === null ? null : this.#uplink.sampleAt(uplinkTimestamp);
    const playedMs = samplesToMs(playedSamples * segment.ratio, ENGINE_RATE_HZ);
    const { number } = segment.utterance;
    const latency = this.#latency.heard(number, playedMs, uplinkSample, this.#eventMs);
    if (latency !== null) this.#note({ type: 'latency', ...latency });
  }

  #note(note: Note): void {
    if (!this.#isTold) return;
    const line = this.#lineOf(note);
    this.#journal.note(line);
    if (this.#watch.isOpen) this.#watch.line(line);
  }

  #lineOf(note: Note): string {
    return JSON.stringify({ ...note, atMs: this.#eventMs });
  }

  /** Somebody reads it, now or later. */
  get #isTold(): boolean {
    return this.#isKept || this.#watch.isOpen;
  }

  get #start(): Note {
    return {
      type: 'start',
      version: TIMELINE_VERSION,
      ...this.#subject,
      startedAtMs: this.#startedAtMs,
      rateHz: ENGINE_RATE_HZ,
    };
  }
}
