// Dials as another does, and speaks Opus over the connection: the session above knows PCM16 only.

import { ENGINE_RATE_HZ } from '../../../core/media/payload-codec.ts';
import { msToSamples } from '../../../core/media/units.ts';
import type { AudioFormat } from '../../../core/wire/messages.ts';
import type { Dial } from '../call-connection.ts';
import { OpusReceiver } from './opus-receiver.ts';
import { OpusSender } from './opus-sender.ts';
import type { SpeechCodecs } from './speech-codecs.ts';

/** A connection in which packets are Opus of `frameMs` on the wire; each has codecs of its own. */
export function opusDial(dial: Dial, frameMs: AudioFormat['frameMs'], codecs: SpeechCodecs): Dial {
  const frameSamples = msToSamples(frameMs, ENGINE_RATE_HZ);
  return (token, listener) => {
    const receiver = new OpusReceiver(frameSamples, codecs, (packet) =>
      listener.received(packet.slice().buffer),
    );
    const socket = dial(token, {
      opened: () => listener.opened(),
      // What is said beside the audio does not wait for a decoder.
      received: (data) => {
        if (typeof data === 'string') listener.received(data);
        else receiver.take(new Uint8Array(data));
      },
      closed: (code, reason) => {
        sender.close();
        receiver.close();
        listener.closed(code, reason);
      },
    });
    const sender = new OpusSender(frameSamples, codecs, (data) => socket.send(data));
    return {
      send: (data) => sender.send(data),
      close: (code, reason) => {
        sender.close();
        receiver.close();
        socket.close(code, reason);
      },
    };
  };
}
