// The browser's own Opus (W3C WebCodecs), at the rate that it has everywhere, 48 kHz.

import { ENGINE_RATE_HZ } from '../../../core/media/payload-codec.ts';
import { Resampler } from '../../../core/media/resampler.ts';
import type { SpeechCodecs, SpeechDecoder, SpeechEncoder } from './speech-codecs.ts';

const CODEC_HZ = 48_000;
const RATIO = CODEC_HZ / ENGINE_RATE_HZ;

/** Bits per second of the microphone's speech: as many as the service sends back. */
const BITRATE = 24_000;

const DECODER: AudioDecoderConfig = { codec: 'opus', sampleRate: CODEC_HZ, numberOfChannels: 1 };

/** `frameDuration` is in µs, as the registration for Opus has it (W3C WebCodecs Opus Registration §5). */
function encoderConfig(frameMs: number): AudioEncoderConfig {
  const opus = { frameDuration: frameMs * 1000, application: 'voip', signal: 'voice' } as const;
  return { codec: 'opus', sampleRate: CODEC_HZ, numberOfChannels: 1, bitrate: BITRATE, opus };
}

/** Whether this browser encodes and decodes Opus in a worker. */
export async function hasOpus(frameMs: number): Promise<boolean> {
  if (typeof AudioEncoder === 'undefined' || typeof AudioDecoder === 'undefined') return false;
  try {
    const encoder = await AudioEncoder.isConfigSupported(encoderConfig(frameMs));
    const decoder = await AudioDecoder.isConfigSupported(DECODER);
    return encoder.supported === true && decoder.supported === true;
  } catch {
    return false;
  }
}

/** `failed` is told of a codec that has given up; it is closed then. */
export function webCodecs(failed: (fault: DOMException) => void): SpeechCodecs {
  return {
    encoder: (frameSamples, output) => encoder(frameSamples, output, failed),
    decoder: (output) => decoder(output, failed),
  };
}

function encoder(
  frameSamples: number,
  output: (packet: Uint8Array) => void,
  failed: (fault: DOMException) => void,
): SpeechEncoder {
  const codec = new AudioEncoder({
    output: (chunk) => {
      const packet = new Uint8Array(chunk.byteLength);
      chunk.copyTo(packet);
      output(packet);
    },
    error: failed,
  });
  codec.configure(encoderConfig((frameSamples * 1000) / ENGINE_RATE_HZ));
  const resampler = new Resampler(ENGINE_RATE_HZ, CODEC_HZ);
  const raised = new Int16Array(frameSamples * RATIO);
  // Its delay is filled with zeros, so that a frame in is a frame out.
  resampler.convert(new Int16Array(resampler.delaySamples), 0, resampler.delaySamples, raised, 0);
  let timestamp = 0;
  return {
    encode(frame) {
      resampler.convert(frame, 0, frame.length, raised, 0);
      const data = new AudioData({
        format: 's16',
        sampleRate: CODEC_HZ,
        numberOfFrames: raised.length,
        numberOfChannels: 1,
        timestamp,
        data: raised,
      });
      codec.encode(data);
      data.close();
      timestamp += (raised.length * 1_000_000) / CODEC_HZ;
    },
    close: () => {
      if (codec.state !== 'closed') codec.close();
    },
  };
}

function decoder(
  output: (samples: Int16Array) => void,
  failed: (fault: DOMException) => void,
): SpeechDecoder {
  const resampler = new Resampler(CODEC_HZ, ENGINE_RATE_HZ);
  const codec = new AudioDecoder({
    output: (data) => {
      const decoded = new Float32Array(data.numberOfFrames);
      data.copyTo(decoded, { planeIndex: 0, format: 'f32-planar' });
      data.close();
      for (let index = 0; index < decoded.length; index++) decoded[index]! *= 32_768;
      const samples = new Int16Array(resampler.outputLimit(decoded.length));
      output(samples.subarray(0, resampler.convert(decoded, 0, decoded.length, samples, 0)));
    },
    error: failed,
  });
  codec.configure(DECODER);
  let timestamp = 0;
  return {
    decode(packet) {
      // Each Opus packet can be decoded after any other.
      codec.decode(new EncodedAudioChunk({ type: 'key', timestamp, data: packet }));
      timestamp += 20_000;
    },
    flush: () => codec.flush(),
    close: () => {
      if (codec.state !== 'closed') codec.close();
    },
  };
}
