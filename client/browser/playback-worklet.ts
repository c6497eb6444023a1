// The playback worklet: the project's own player beside the device, fed and questioned by the transport worker.

import { ENGINE_RATE_HZ } from '../../core/media/payload-codec.ts';
import type { AudioFormat } from '../../core/wire/messages.ts';
import type { PlayerAnswer } from '../session/player.ts';
import { SpeakerFeed } from './speaker-feed.ts';
import {
  PLAYBACK_PROCESSOR,
  type PlaybackAnswerNews,
  type PlaybackOrder,
  type PlaybackSetUp,
} from './worklet-messages.ts';

const FORMAT: AudioFormat = { codec: 'pcm16', rateHz: ENGINE_RATE_HZ, frameMs: 20 };

class PlaybackProcessor extends AudioWorkletProcessor {
  readonly #answer: PlayerAnswer = { kind: 'held', generation: 0, playedSamples: 0 };
  /** One for all: a posted message is a copy. */
  readonly #answerNews: PlaybackAnswerNews = { type: 'answer', answer: this.#answer };
  #feed: SpeakerFeed | null = null;
  #worker: MessagePort | null = null;

  constructor() {
    super();
    this.port.onmessage = ({ data, ports }: MessageEvent<PlaybackSetUp>) => {
      this.#feed = new SpeakerFeed(sampleRate, currentFrame, { format: FORMAT, ...data });
      this.#worker = ports[0] ?? null;
      if (this.#worker !== null) this.#worker.onmessage = ({ data: order }) => this.#obey(order);
    };
  }

  override process(_: readonly Float32Array[][], outputs: readonly Float32Array[][]): boolean {
    const feed = this.#feed;
    const channel = outputs[0]?.[0];
    if (feed === null || channel === undefined) return true;
    feed.render(channel);
    this.#tellAnswers(feed);
    while (feed.hasColumn) {
      this.#worker?.postMessage(feed.takeColumn());
      feed.nextColumn();
    }
    return true;
  }

  #obey(order: PlaybackOrder): void {
    const feed = this.#feed;
    if (feed === null) return;
    if (order instanceof Uint8Array) feed.receive(order);
    else if (order.type === 'hold') feed.hold(order.generation);
    else if (order.type === 'release') feed.release(order.generation, order.fromSample);
    else if (order.type === 'clear') feed.clear(order.generation);
    else feed.dropBelow(order.generation);
    this.#tellAnswers(feed);
  }

  #tellAnswers(feed: SpeakerFeed): void {
    while (feed.takeAnswer(this.#answer)) this.#worker?.postMessage(this.#answerNews);
  }
}

registerProcessor(PLAYBACK_PROCESSOR, PlaybackProcessor);
