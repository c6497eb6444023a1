// The caller's audio on its way in: packets to 16 kHz samples, to voice activity, to edges of turns.

import type { PulledItem } from '../jitter/jitter-buffer.ts';
import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import type { SampleRing } from '../media/sample-ring.ts';
import { unreachable } from '../unreachable.ts';
import { SCORER_RATE_HZ, type ScorerFactory } from '../voice/scorer.ts';
import type { SpeechGate } from '../voice/speech-gate.ts';
import type { TurnTaking } from '../voice/turn-detector.ts';
import { VoiceActivity, type VoiceActivitySnapshot } from '../voice/voice-activity.ts';
import type { WorkLedger } from '../voice/work-ledger.ts';
import type { AudioFormat } from '../wire/messages.ts';
import type { PacketHeader } from '../wire/packet.ts';
import { AudioWatch, type AudioWatchSnapshot } from './audio-watch.ts';
import type { ConversationConfig } from './config.ts';
import { type Edge, EdgeQueue } from './edge-queue.ts';
import type { Journal } from './journal.ts';
import {
  LONGEST_FRAME_SAMPLES,
  type PacketCounters,
  type PacketOutcome,
  UplinkStream,
  type UplinkStreamSnapshot,
} from './uplink-stream.ts';
import { WorkSchedule, type WorkScheduleSnapshot } from './work-schedule.ts';

/** Lifetime counters; the names are those of the statistics. */
export interface UplinkCounters extends PacketCounters {
  gapSamples: number;
  gapEvents: number;
  silentSamples: number;
}

/** State of an uplink. */
export interface UplinkSnapshot {
  readonly stream?: UplinkStreamSnapshot | null | undefined;
  readonly watch?: AudioWatchSnapshot | undefined;
  readonly voice?: VoiceActivitySnapshot | undefined;
  readonly schedule?: WorkScheduleSnapshot | undefined;
  readonly counters?: Partial<UplinkCounters> | undefined;
}

/**
 * Everything between the wire and the edges. One frame is taken in at a time, `insert`, then `advance` until false, so
 * that whoever acts on an edge finds every part at the same sample. Positions are 16 kHz samples since the
 * conversation's first.
 */
export class Uplink {
  readonly voice: VoiceActivity;
  /** When windows that wait are scored, and how well. */
  readonly schedule: WorkSchedule;
  readonly counters: UplinkCounters = {
    packetsReceived: 0,
    packetsDiscarded: 0,
    overruns: 0,
    packetsDuplicated: 0,
    gapSamples: 0,
    gapEvents: 0,
    silentSamples: 0,
  };
  readonly #edges = new EdgeQueue();
  readonly #watch: AudioWatch;
  readonly #journal: Journal;
  readonly #frame = new Int16Array(LONGEST_FRAME_SAMPLES);
  #reorderWaitMs: number;
  #stream: UplinkStream | null = null;

  constructor(
    config: ConversationConfig,
    turnTaking: TurnTaking,
    createScorer: ScorerFactory,
    ledger: WorkLedger,
    journal: Journal,
    gate: SpeechGate,
  ) {
    this.#journal = journal;
    const listener = this.#edges;
    this.voice = new VoiceActivity({
      config,
      turnTaking,
      createScorer,
      listener,
      budget: ledger,
      gate,
    });
    this.schedule = new WorkSchedule(config, this.voice, ledger);
    this.#watch = new AudioWatch(config);
    this.#reorderWaitMs = config.reorderWaitMs;
  }

  /** The latest audio; zeros where it was silent or missing. */
  get heard(): SampleRing {
    return this.voice.heard;
  }

  /** The oldest edge not yet taken. */
  takeEdge(): Edge | undefined {
    return this.#edges.take();
  }

  /** The next uplink sequence number wanted, null before the first packet. */
  get nextSequence(): number | null {
    return this.#stream?.nextSequence ?? null;
  }

  /** The capture stream, null before the first client has come. */
  get stream(): UplinkStream | null {
    return this.#stream;
  }

  /** Rate of the packets' timestamps; that of the engine before the first packet. */
  get rateHz(): number {
    return this.#stream?.identity.format.rateHz ?? ENGINE_RATE_HZ;
  }

  /** Duration of audio that waits for a missing packet or for its score. */
  get backlogMs(): number {
    return (this.#stream?.backlogMs ?? 0) + this.voice.backlogMs;
  }

  /** The caller speaks, or may be found to have spoken when all is scored. */
  get hears(): boolean {
    return this.voice.busy || this.voice.waitingWindows > 0;
  }

  get muted(): boolean {
    return this.#watch.muted;
  }

  /** A client is here with this stream: the same one goes on where it was, another one begins where the last ended. */
  open(id: number, format: AudioFormat, reliable: boolean, nowMs: number): void {
    this.#watch.here(nowMs);
    if (this.#stream?.is(id, format)) return;
    if (this.#stream !== null) this.voice.restart();
    this.voice.narrowband = format.rateHz < SCORER_RATE_HZ;
    this.#watch.unmute(nowMs);
    const identity = { id, format, reliable, basePosition: this.heard.endPosition };
    this.#stream = new UplinkStream(identity, this.#reorderWaitMs, this.counters, this.#journal);
  }

  /** The client is gone; a turn waits for it for `resumeGraceMs`. */
  away(nowMs: number): void {
    this.#watch.away(nowMs);
  }

  /** The memory was lost for a while: no watchdog counts the time of the absence. */
  awake(nowMs: number): void {
    this.#watch.audio(nowMs);
  }

  /** Takes the frames of one packet; the payload is copied. */
  insert(header: PacketHeader, bytes: Uint8Array, nowMs: number): PacketOutcome | 'no-stream' {
    if (this.#stream === null) return 'no-stream';
    this.#watch.audio(nowMs);
    const outcome = this.#stream.insert(header, bytes, nowMs);
    if (outcome === 'taken') this.schedule.arrived(this.sampleAt(header.timestamp), nowMs);
    return outcome;
  }

  /** Scores the next window that waits, or takes in the next frame, silence or gap that is due; false when there is none. */
  advance(nowMs: number): boolean {
    if (this.voice.work()) return true;
    const stream = this.#stream;
    const item = stream?.pull(nowMs) ?? null;
    if (stream === null || item === null) return false;
    switch (item.kind) {
      case 'audio':
        this.#takeAudio(stream, item);
        break;
      case 'silence':
        this.#takeSilence(stream, stream.positionOf(item.position + item.spanSamples));
        break;
      case 'gap':
        this.#takeGap(stream, stream.positionOf(item.position + item.spanSamples));
        break;
      default:
        unreachable(item.kind);
    }
    return true;
  }

  /** Mute from a wire timestamp on: what follows is silence, and no watchdog waits for audio. */
  pause(timestamp: number, nowMs: number): void {
    this.#watch.mute(this.sampleAt(timestamp), nowMs);
  }

  /** The end of a mute; how long the silence was follows from the next packet's timestamp. */
  resume(nowMs: number): void {
    this.#watch.unmute(nowMs);
  }

  /** A manual edge at a wire timestamp; false when turns are automatic. */
  manual(state: 'started' | 'ended', timestamp: number): boolean {
    return this.voice.manual(state, this.sampleAt(timestamp));
  }

  /**
   * Watchdogs, and the silence of a muted caller, which ends a turn like any other. What was said before waits for its
   * scores, and so do they.
   */
  tick(nowMs: number): void {
    if (!this.voice.busy || this.voice.waitingWindows > 0) return;
    if (nowMs >= this.#watch.turnDeadlineMs) {
      this.voice.endTurn(this.#watch.gone ? 'client-gone' : 'no-audio');
    }
    const { silenceEndSample } = this.#watch;
    if (silenceEndSample !== null && nowMs >= this.#watch.silenceDeadlineMs && this.#stream) {
      this.#takeSilence(this.#stream, silenceEndSample);
    }
  }

  get nextDeadlineMs(): number {
    const stream = this.#stream;
    const reorderMs = stream === null ? Number.POSITIVE_INFINITY : stream.nextDeadlineMs;
    const dueMs = Math.min(reorderMs, this.schedule.nextDeadlineMs);
    if (!this.voice.busy || this.voice.waitingWindows > 0) return dueMs;
    return Math.min(dueMs, this.#watch.turnDeadlineMs, this.#silenceDeadlineMs);
  }

  /** The conversation position of a wire timestamp. */
  sampleAt(timestamp: number): number {
    return this.#stream?.sampleAt(timestamp) ?? this.heard.endPosition;
  }

  /** The wire timestamp of a conversation position. */
  timestampAt(sample: number): number {
    return this.#stream?.timestampAt(sample) ?? 0;
  }

  configure(config: ConversationConfig): void {
    this.voice.configure(config);
    this.schedule.configure(config);
    this.#watch.configure(config);
    this.#reorderWaitMs = config.reorderWaitMs;
  }

  snapshot(): UplinkSnapshot {
    return {
      stream: this.#stream?.snapshot() ?? null,
      watch: this.#watch.snapshot(),
      voice: this.voice.snapshot(),
      schedule: this.schedule.snapshot(),
      counters: { ...this.counters },
    };
  }

  restore(snapshot: UplinkSnapshot): void {
    Object.assign(this.counters, snapshot.counters);
    this.#watch.restore(snapshot.watch ?? {});
    this.schedule.restore(snapshot.schedule ?? {});
    if (snapshot.voice !== undefined) this.voice.restore(snapshot.voice);
    if (!snapshot.stream) return;
    this.#stream = UplinkStream.restored(
      snapshot.stream,
      this.#reorderWaitMs,
      this.counters,
      this.#journal,
    );
  }

  /** Silence that was taken once does not fall due again. */
  get #silenceDeadlineMs(): number {
    const taken = (this.#watch.silenceEndSample ?? 0) <= this.heard.endPosition;
    return taken ? Number.POSITIVE_INFINITY : this.#watch.silenceDeadlineMs;
  }

  #takeAudio(stream: UplinkStream, item: PulledItem): void {
    const position = stream.positionOf(item.position);
    const written = stream.decoder.decode(
      item.bytes,
      item.offset,
      item.lengthBytes,
      this.#frame,
      0,
    );
    // A client that is back a little early, by its own clock, finds the silence of its mute already taken.
    const taken = Math.min(written, Math.max(0, this.heard.endPosition - position));
    this.voice.audio(this.#frame, taken, written - taken);
  }

  #takeSilence(stream: UplinkStream, toSample: number): void {
    const length = toSample - this.heard.endPosition;
    if (length <= 0) return;
    const ringing = stream.decoder.silence(length / stream.decoder.ratio, this.#frame, 0);
    this.voice.audio(this.#frame, 0, ringing);
    this.voice.silence(length - ringing);
    this.counters.silentSamples += length;
  }

  #takeGap(stream: UplinkStream, toSample: number): void {
    const length = toSample - this.heard.endPosition;
    if (length <= 0) return;
    stream.decoder.silence(length / stream.decoder.ratio, this.#frame, 0);
    this.voice.gap(length);
    this.counters.gapSamples += length;
    this.counters.gapEvents++;
  }
}
