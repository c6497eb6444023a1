// The codecs that Opus on a connection needs: the browser's own in a call, others in tests.

/** Encodes 16 kHz frames of one length; `output` is called once for each, in order, some time later. */
export interface SpeechEncoder {
  encode(frame: Int16Array): void;
  close(): void;
}

/** Decodes a stream of Opus packets to 16 kHz samples; `output` is called some time later, with what there is. */
export interface SpeechDecoder {
  decode(packet: Uint8Array): void;
  /** Resolves when all that was given has come out. */
  flush(): Promise<void>;
  close(): void;
}

export interface SpeechCodecs {
  encoder(frameSamples: number, output: (packet: Uint8Array) => void): SpeechEncoder;
  decoder(output: (samples: Int16Array) => void): SpeechDecoder;
}
