// The microphone's side of a session: frames, the resend ring, and the sending of both.

import { ENGINE_RATE_HZ, frameBytes, frameSamples } from '../../core/media/payload-codec.ts';
import { msToSamples } from '../../core/media/units.ts';
import type { AudioFormat, ClientMessage } from '../../core/wire/messages.ts';
import { HEADER_BYTES } from '../../core/wire/packet.ts';
import { FrameCutter } from './frame-cutter.ts';
import type { LagMeter } from './lag-meter.ts';
import { PacketSender, type ResendAllowance } from './packet-sender.ts';
import { ResendRing } from './resend-ring.ts';
import type { Transport } from './transport.ts';

/** Audio kept for resending: the 30 s that a server may ask for, and a margin. */
export const KEPT_SECONDS = 40;

/** Whether the microphone is heard; media time goes on either way. */
type Microphone =
  | { readonly kind: 'open' }
  /** Silent from `position` on, in samples of the wire. */
  | { readonly kind: 'muted'; readonly position: number; readonly sinceMs: number };

const OPEN: Microphone = { kind: 'open' };

/** Where muting last began or ended, as the server is told. */
type MuteEdge = Extract<ClientMessage, { type: 'pause' | 'resume' }>;

/** Numbers frames at their source, connected or not; while connected, a frame leaves as soon as it is complete. */
export class Uplink {
  readonly #rateHz: number;
  readonly #ring: ResendRing;
  readonly #cutter: FrameCutter;
  readonly #sender: PacketSender;
  readonly #lag: LagMeter;
  #transport: Transport | null = null;
  #microphone: Microphone = OPEN;
  #muteEdge: MuteEdge | null = null;
  #isMuteEdgeDue = false;
  /** 16 kHz samples that the device gave while muted. */
  #mutedSamples = 0;
  #hasCaptured = false;
  #isOverwriting = false;

  /** Throws RangeError for a format that is not supported. */
  constructor(format: AudioFormat, firstSequence: number, lag: LagMeter) {
    const bytes = frameBytes(format);
    this.#rateHz = format.rateHz;
    this.#ring = new ResendRing({
      packetBytes: HEADER_BYTES + bytes,
      packets: (KEPT_SECONDS * 1000) / format.frameMs,
      firstSequence,
    });
    this.#cutter = new FrameCutter(format, this.#ring);
    this.#sender = new PacketSender(this.#ring, {
      bytes,
      samples: frameSamples(format),
      ms: format.frameMs,
    });
    this.#lag = lag;
  }

  /** Packets overwritten before they were acknowledged. */
  get packetsOverwritten(): number {
    return this.#ring.overwritten;
  }

  get packetsResent(): number {
    return this.#sender.packetsResent;
  }

  /** Packets kept for resending. */
  get packetsKept(): number {
    return this.#ring.length;
  }

  get nextDeadlineMs(): number {
    return this.#sender.nextDeadlineMs;
  }

  /** Media timestamp of the next sample, null before the first. */
  timestamp(nowMs: number): number | null {
    return this.#hasCaptured ? this.#position(nowMs) >>> 0 : null;
  }

  /**
   * Takes any number of 16 kHz samples; the array belongs to the caller again after the call. Returns true when the
   * ring has begun to overwrite, once until something is acknowledged.
   */
  capture(samples: Int16Array, nowMs: number): boolean {
    this.#hasCaptured = true;
    if (this.#microphone.kind === 'muted') {
      this.#mutedSamples += samples.length;
      return false;
    }
    const { overwritten } = this.#ring;
    for (let offset = 0; offset < samples.length; ) {
      offset += this.#cutter.take(samples, offset);
      if (!this.#cutter.isMidFrame) this.#sendNewest(nowMs);
    }
    if (this.#isOverwriting || this.#ring.overwritten === overwritten) return false;
    this.#isOverwriting = true;
    return true;
  }

  /** The microphone is silent from the end of the frame under way on. */
  mute(nowMs: number): void {
    if (this.#microphone.kind === 'muted') return;
    const { position, isMidFrame } = this.#cutter;
    this.#microphone = { kind: 'muted', position, sinceMs: nowMs };
    this.#mutedSamples = 0;
    this.#cutter.pad();
    if (isMidFrame) this.#sendNewest(nowMs);
    this.#setMuteEdge('pause');
  }

  /** Frames go on where media time is now: at what the device has counted, or at what has passed if it was off. */
  unmute(nowMs: number): void {
    if (this.#microphone.kind === 'open') return;
    this.#cutter.restartAt(Math.max(this.#cutter.position, this.#position(nowMs)));
    this.#microphone = OPEN;
    this.#setMuteEdge('resume');
  }

  /** Sends over this connection from now on: first everything from `from` on (or all) that is kept, then live frames. */
  connect(
    transport: Transport,
    from: number | null,
    allowance: ResendAllowance,
    nowMs: number,
  ): void {
    this.#transport = transport;
    // The edge before may have got lost with its connection, and saying it twice does no harm.
    this.#isMuteEdgeDue = this.#muteEdge !== null;
    this.#sender.connect(transport, from ?? this.#ring.oldest, allowance, nowMs);
    this.#sendMuteEdge();
  }

  disconnect(): void {
    this.#transport = null;
    this.#sender.disconnect();
    this.#lag.forgetSent();
  }

  /** Everything before this sequence number is on the server's disk. */
  acknowledge(before: number): void {
    this.#isOverwriting = false;
    this.#ring.forget(before);
  }

  tick(nowMs: number): void {
    this.#sender.tick(nowMs);
    this.#sendMuteEdge();
  }

  #sendNewest(nowMs: number): void {
    if (this.#sender.pushed(nowMs)) this.#lag.sent((this.#ring.next - 1) >>> 0, nowMs);
  }

  #setMuteEdge(type: MuteEdge['type']): void {
    this.#muteEdge = { type, timestamp: this.#cutter.position >>> 0 };
    this.#isMuteEdgeDue = true;
    this.#sendMuteEdge();
  }

  /** A pause goes behind the audio before it, which would else come after its own silence. */
  #sendMuteEdge(): void {
    if (!this.#isMuteEdgeDue || this.#transport === null || this.#muteEdge === null) return;
    if (this.#muteEdge.type === 'pause' && !this.#sender.isCaughtUp) return;
    this.#isMuteEdgeDue = false;
    this.#transport.send(JSON.stringify(this.#muteEdge));
  }

  #position(nowMs: number): number {
    const microphone = this.#microphone;
    if (microphone.kind === 'open') return this.#cutter.position;
    const countedSamples = Math.floor((this.#mutedSamples * this.#rateHz) / ENGINE_RATE_HZ);
    const passedSamples = msToSamples(nowMs - microphone.sinceMs, this.#rateHz);
    return microphone.position + Math.max(countedSamples, passedSamples);
  }
}
