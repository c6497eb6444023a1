// The caller's audio on its way to the vendor: resampled, batched, and kept for as long as it may have to be sent again.

import * as v from 'valibot';
import { AGENT_RATE_HZ } from '../../../core/conversation/agent.ts';
import { Resampler } from '../../../core/media/resampler.ts';
import { TurnAudio } from '../turn-audio.ts';
import { encodeBase64 } from '../vendor/base64.ts';
import { type SendEvent, VENDOR_RATE_HZ } from './client-event.ts';
import { leastOf, vendorPcm } from './vendor-pcm.ts';

/** Longest turn that can be configured, with its pre-roll. */
const CAPACITY_SAMPLES = 61 * AGENT_RATE_HZ;
/** Audio that nobody waits for is forgotten down to the later number when there is more than the first. */
const MOST_KEPT_SAMPLES = 40 * AGENT_RATE_HZ;
const LEAST_KEPT_SAMPLES = 25 * AGENT_RATE_HZ;
/** Silence that was left out is told for as long as this, so that the vendor hears a turn's end. */
const MOST_SILENCE_SAMPLES = AGENT_RATE_HZ;
/** After a loss, so much of what had been sent is sent again: it may hold the beginning of a word. */
const RESENT_SAMPLES = AGENT_RATE_HZ;
/** Largest message: 1 s. */
const CHUNK_SAMPLES = AGENT_RATE_HZ;

const SAMPLES = v.custom<Int16Array>((value) => value instanceof Int16Array);

export const CALLER_AUDIO_SNAPSHOT = v.object({
  kept: v.object({ startSample: v.number(), samples: SAMPLES }),
  speechSample: v.nullable(v.number()),
});
type CallerAudioSnapshot = v.InferOutput<typeof CALLER_AUDIO_SNAPSHOT>;

export interface CallerAudioPorts {
  readonly send: SendEvent;
  /** Whether a session is there to take audio; what comes meanwhile is kept. */
  readonly canSend: () => boolean;
  /** Audio is sent in pieces of this length. */
  readonly batchSamples: number;
}

/** Positions are the caller's, in 16 kHz samples. */
export class CallerAudio {
  readonly #ports: CallerAudioPorts;
  readonly #kept = new TurnAudio(CAPACITY_SAMPLES);
  readonly #resampler = new Resampler(AGENT_RATE_HZ, VENDOR_RATE_HZ);
  #sentTo = 0;
  /** Samples given to the resampler, and got out of it, since the last commit. */
  #takenSamples = 0;
  #madeSamples = 0;
  /** Where the open turn begins; null when there is none. */
  #speechSample: number | null = null;
  /** Where the last turn ended. */
  #settledTo = 0;
  /** Position of the first sample that was sent in this session, as the vendor counts. */
  #originSample: number | null = null;

  constructor(ports: CallerAudioPorts) {
    this.#ports = ports;
  }

  /** Whether a turn has begun and not ended. */
  get isOpen(): boolean {
    return this.#speechSample !== null;
  }

  /** A turn begins; what came before it is of no use. */
  begin(startSample: number): void {
    this.#speechSample = startSample;
    this.#kept.dropBefore(startSample);
    this.#sentTo = startSample;
  }

  /** The array is copied. */
  add(fromSample: number, samples: Int16Array): void {
    const missing = fromSample - this.#kept.endSample;
    if (missing > MOST_SILENCE_SAMPLES) this.#leap(fromSample - MOST_SILENCE_SAMPLES);
    this.#kept.append(fromSample, samples);
    if (this.#kept.endSample - this.#sentTo >= this.#ports.batchSamples) this.resume();
    if (!this.isOpen) this.#forgetOld();
  }

  /** The turn is over: a copy of it, to be kept until it is answered. */
  end(endSample: number): Int16Array {
    const from = this.#speechSample ?? endSample;
    this.#speechSample = null;
    this.#settledTo = endSample;
    return this.#kept.between(from, Math.max(endSample, from)).slice();
  }

  /** The vendor hears speech since `ms` of this session's audio. */
  speechSince(ms: number): void {
    this.#speechSample = this.#sampleAt(ms);
  }

  /** The vendor has heard speech to the end; a copy of it. */
  endAt(ms: number): Int16Array {
    return this.end(this.#sampleAt(ms));
  }

  /** Sends what a session that is there has not got yet. */
  resume(): void {
    if (!this.#ports.canSend()) return;
    const { endSample } = this.#kept;
    if (endSample > this.#sentTo) this.#originSample ??= this.#sentTo;
    while (this.#sentTo < endSample) {
      const toSample = Math.min(endSample, this.#sentTo + CHUNK_SAMPLES);
      this.#append(this.#kept.between(this.#sentTo, toSample));
      this.#sentTo = toSample;
    }
  }

  /** Sends the turn's rest, with silence where the vendor would not take so little for a turn. */
  flush(): void {
    if (!this.#ports.canSend()) return;
    this.resume();
    const made = this.#convert(new Int16Array(this.#resampler.delaySamples));
    const rest = new Int16Array(leastOf(this.#takenSamples) - this.#madeSamples);
    rest.set(made.subarray(0, rest.length));
    this.#send(rest);
    this.#freshStream();
  }

  /** A new session: the open turn is sent again, and where audio is continuous, what nobody has heard. */
  restart(isContinuous: boolean): void {
    this.#freshStream();
    this.#originSample = null;
    const { startSample, samples } = this.#kept.snapshot();
    const unheard = Math.max(this.#sentTo - RESENT_SAMPLES, this.#settledTo);
    const from = this.#speechSample ?? (isContinuous ? unheard : startSample + samples.length);
    this.#sentTo = Math.max(from, startSample);
  }

  /** Sends a whole turn, as if it had just been spoken. */
  sendWhole(samples: Int16Array): void {
    const pcm = vendorPcm(samples);
    for (let from = 0; from < pcm.length; from += VENDOR_RATE_HZ) {
      this.#send(pcm.slice(from, from + VENDOR_RATE_HZ));
    }
  }

  snapshot(): CallerAudioSnapshot {
    const { startSample, samples } = this.#kept.snapshot();
    // Without an open turn, nothing of it would be said again.
    const kept = this.isOpen ? samples : new Int16Array(0);
    return { kept: { startSample, samples: kept }, speechSample: this.#speechSample };
  }

  restore(snapshot: CallerAudioSnapshot): void {
    this.#kept.restore(snapshot.kept);
    this.#speechSample = snapshot.speechSample;
    this.#sentTo = snapshot.kept.startSample;
  }

  /** Silence was left out before this position. */
  #leap(toSample: number): void {
    this.resume();
    if (this.#originSample !== null) this.#originSample += toSample - this.#kept.endSample;
    this.#kept.dropBefore(toSample);
    this.#sentTo = toSample;
    if (this.isOpen) this.#speechSample = toSample;
  }

  #sampleAt(ms: number): number {
    const origin = this.#originSample ?? this.#kept.endSample;
    return origin + Math.round((ms * AGENT_RATE_HZ) / 1000);
  }

  #forgetOld(): void {
    const { endSample } = this.#kept;
    if (this.#kept.between(0, endSample).length < MOST_KEPT_SAMPLES) return;
    this.#kept.dropBefore(endSample - LEAST_KEPT_SAMPLES);
    this.#sentTo = Math.max(this.#sentTo, endSample - LEAST_KEPT_SAMPLES);
  }

  #append(samples: Int16Array): void {
    this.#takenSamples += samples.length;
    const made = this.#convert(samples);
    this.#madeSamples += made.length;
    this.#send(made);
  }

  #convert(samples: Int16Array): Int16Array {
    const made = new Int16Array(this.#resampler.outputLimit(samples.length));
    const length = this.#resampler.convert(samples, 0, samples.length, made, 0);
    return made.subarray(0, length);
  }

  #send(samples: Int16Array): void {
    if (samples.length === 0) return;
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    this.#ports.send({ type: 'input_audio_buffer.append', audio: encodeBase64(bytes) });
  }

  #freshStream(): void {
    this.#resampler.reset();
    this.#takenSamples = 0;
    this.#madeSamples = 0;
  }
}
