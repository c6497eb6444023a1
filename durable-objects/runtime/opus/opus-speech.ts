// What of a connection is Opus: made when its client says hello, and again when it comes out of hibernation.

import * as v from 'valibot';
import type { WireFormats } from '../../../core/conversation/ports.ts';
import { ENGINE_RATE_HZ } from '../../../core/media/payload-codec.ts';
import type { AudioFormat } from '../../../core/wire/messages.ts';
import { isolateLedger } from '../isolate-ledger.ts';
import { isolateOpus } from './isolate-opus.ts';
import { OpusDownlink } from './opus-downlink.ts';
import { OpusUplink } from './opus-uplink.ts';

const FRAME_MS = v.optional(v.picklist([10, 20, 40, 60]));

/** Duration of an Opus frame in each direction; absent where another codec is spoken. */
export const OPUS_SPEECH = v.object({ uplinkFrameMs: FRAME_MS, downlinkFrameMs: FRAME_MS });
type Spoken = v.InferOutput<typeof OPUS_SPEECH>;

/** Translates between the Opus of one connection and the PCM16 of its engine. */
export class OpusSpeech {
  readonly spoken: Spoken;
  readonly #uplink: OpusUplink | null;
  readonly #downlink: OpusDownlink | null;

  /** Throws RangeError when the memory for codecs is full. */
  constructor(spoken: Spoken) {
    this.spoken = spoken;
    const { uplinkFrameMs, downlinkFrameMs } = spoken;
    const charge = (units: number): void => isolateLedger().charge(units);
    this.#uplink =
      uplinkFrameMs === undefined
        ? null
        : new OpusUplink(pcm16(uplinkFrameMs), isolateOpus().decoder(), charge);
    this.#downlink =
      downlinkFrameMs === undefined
        ? null
        : new OpusDownlink(pcm16(downlinkFrameMs), isolateOpus().encoder(), charge);
  }

  /** For the formats of a hello; null when nothing of them is Opus. */
  static of({ uplink, downlink }: WireFormats): OpusSpeech | null {
    if (!isOpus(uplink) && !isOpus(downlink)) return null;
    return new OpusSpeech({
      uplinkFrameMs: isOpus(uplink) ? uplink.frameMs : undefined,
      downlinkFrameMs: isOpus(downlink) ? downlink.frameMs : undefined,
    });
  }

  /** The formats with PCM16 in place of Opus. */
  static translated({ uplink, downlink }: WireFormats): WireFormats {
    return {
      uplink: isOpus(uplink) ? pcm16(uplink.frameMs) : uplink,
      downlink: isOpus(downlink) ? pcm16(downlink.frameMs) : downlink,
    };
  }

  toEngine(packet: Uint8Array): Uint8Array {
    return this.#uplink === null ? packet : this.#uplink.toEngine(packet);
  }

  toClient(packet: Uint8Array): Uint8Array {
    return this.#downlink === null ? packet : this.#downlink.toClient(packet);
  }
}

/** With timestamps of another rate it is left to the engine, which refuses it in a sentence. */
function isOpus({ codec, rateHz }: AudioFormat): boolean {
  return codec === 'opus' && rateHz === ENGINE_RATE_HZ;
}

function pcm16(frameMs: AudioFormat['frameMs']): AudioFormat {
  return { codec: 'pcm16', rateHz: ENGINE_RATE_HZ, frameMs };
}
