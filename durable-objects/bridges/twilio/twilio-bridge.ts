// A telephone call over Twilio Media Streams: to the engine a client, to Twilio the far end of a stream.

import { MESSAGE_MAX_BYTES, textFits } from '../../../core/wire/limits.ts';
import type { ServerMessage } from '../../../core/wire/messages.ts';
import { FLAG_LAST, HEADER_BYTES, PacketHeader, readHeader } from '../../../core/wire/packet.ts';
import { decodeBase64, encodeBase64 } from '../../agents/vendor/base64.ts';
import type { ClientsEngine, Link } from '../../runtime/link.ts';
import { EngineClient, type EngineClientState, newClientState } from '../engine-client.ts';
import { isSameText } from '../same-text.ts';
import { CallerAudio, type CallerAudioState, FRAME_SAMPLES } from './caller-audio.ts';
import { Keypad, type KeypadState } from './keypad.ts';
import { readTwilio, type StartMessage, type TwilioMessage } from './messages.ts';
import { newSpeakerState, Speaker, type SpeakerState } from './speaker.ts';

const FORMAT = { codec: 'mulaw', rateHz: 8000, frameMs: 20 } as const;

/** The engine wants at most five reports a second. */
const REPORT_INTERVAL_MS = 200;

/** The custom parameter that proves that a stream belongs to its conversation. */
export const TICKET_PARAMETER = 'ticket';

const WRONG_TICKET = {
  code: 4401,
  sentence: 'The stream does not carry the ticket of this conversation.',
};
const WRONG_FORMAT = {
  code: 4415,
  sentence: 'The stream must be audio/x-mulaw at 8000 Hz with one channel.',
};
const STARTED_TWICE = { code: 4400, sentence: 'The stream has started already.' };

/** What must outlive the memory: it is attached to the socket. */
export interface TwilioState {
  readonly connection: number;
  /** What the stream may prove itself with; none are left once it has. */
  tickets: readonly string[];
  /** Null until the stream has started. */
  streamSid: string | null;
  readonly client: EngineClientState;
  readonly caller: CallerAudioState;
  readonly speaker: SpeakerState;
  readonly keypad: KeypadState;
  reportedMs: number;
}

/** Twilio's end of the socket. Calls on one that is gone do nothing. */
export interface TwilioSocket {
  send(text: string): void;
  close(code: number, sentence: string): void;
  /** Finishes a close that Twilio has begun. */
  answerClose(code: number): void;
  /** Keeps a copy as long as the socket lives. */
  keep(state: TwilioState): void;
}

/** The state of a stream that was just opened; `stream` is random, 32 bits. */
export function newTwilioState(
  connection: number,
  stream: number,
  tickets: readonly string[],
): TwilioState {
  return {
    connection,
    tickets,
    streamSid: null,
    client: newClientState(stream),
    caller: { expected: null, lostFrames: 0 },
    speaker: newSpeakerState(),
    keypad: { keys: '', lastKeyMs: 0 },
    reportedMs: Number.NEGATIVE_INFINITY,
  };
}

/** Pure: it knows no socket and no clock. */
export class TwilioBridge implements Link {
  /** Twilio does not come back with a token. */
  readonly resumeToken = null;
  readonly #socket: TwilioSocket;
  readonly #state: TwilioState;
  readonly #client: EngineClient;
  readonly #caller: CallerAudio;
  readonly #speaker: Speaker;
  readonly #keypad: Keypad;
  readonly #header = new PacketHeader();
  /** Generations of clears that the engine awaits an answer to. */
  #cleared: number[] = [];
  #isAskedAgain = false;
  /** Something was cleared that nobody asks about. */
  #isDropped = false;

  constructor(state: TwilioState, socket: TwilioSocket) {
    this.#socket = socket;
    this.#state = state;
    const { connection } = state;
    this.#client = new EngineClient(
      { connection, format: FORMAT, frameBytes: FRAME_SAMPLES, client: 'twilio' },
      state.client,
    );
    this.#caller = new CallerAudio(state.caller);
    this.#speaker = new Speaker(state.speaker, (text) => socket.send(text));
    this.#keypad = new Keypad(state.keypad);
  }

  get connection(): number {
    return this.#state.connection;
  }

  received(text: string | Uint8Array, engine: ClientsEngine, nowMs: number): void {
    const isReadable = typeof text === 'string' && textFits(text, MESSAGE_MAX_BYTES);
    const message = isReadable ? readTwilio(text) : null;
    if (message === null) this.#client.unknown(engine, nowMs);
    else this.#dispatch(message, engine, nowMs);
  }

  /** A socket that is lost is not a caller who has left: Twilio asks what to do next, and may come back. */
  left(engine: ClientsEngine, nowMs: number): void {
    engine.disconnect(this.connection, nowMs);
  }

  answerClose(code: number): void {
    this.#socket.answerClose(code);
  }

  answer(engine: ClientsEngine, nowMs: number): void {
    if (this.#state.streamSid === null) return;
    this.#answerClears(engine, nowMs);
    if (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      this.#client.hello(engine, this.#speaker.contents(nowMs), nowMs);
      this.#answerClears(engine, nowMs);
    }
    const typed = this.#keypad.take(nowMs);
    if (typed !== null) {
      this.#client.text(engine, typed, nowMs);
      this.#answerClears(engine, nowMs);
    }
    this.#speaker.pump(this.#state.streamSid, nowMs);
    this.#socket.keep(this.#state);
  }

  sendAudio(packet: Uint8Array): void {
    if (readHeader(packet, this.#header) !== 'ok') return;
    const { generation, timestamp, sequence, flags } = this.#header;
    const payload = packet.subarray(HEADER_BYTES);
    this.#speaker.take(
      {
        generation,
        firstSample: timestamp,
        samples: payload.length,
        payload: encodeBase64(payload),
        isLast: (flags & FLAG_LAST) !== 0,
      },
      sequence,
    );
  }

  /** Only a clear leaves at once; the rest waits for the end of the event. */
  sendControl(message: ServerMessage): void {
    const { streamSid } = this.#state;
    if (streamSid === null) return;
    if (message.type === 'welcome') {
      this.#isAskedAgain ||= this.#client.welcomed(message);
      // It was told elsewhere that nothing below is to play any more.
      if (this.#speaker.hasBelow(message.lowestLiveGeneration)) {
        this.#isDropped = true;
        this.#speaker.clear(streamSid, (message.lowestLiveGeneration - 1) & 0xffff);
      }
    }
    if (message.type !== 'clear') return;
    this.#cleared.push(message.generation);
    this.#speaker.clear(streamSid, message.generation);
  }

  close(code: number, sentence: string): void {
    this.#socket.close(code, sentence);
  }

  #dispatch(message: TwilioMessage, engine: ClientsEngine, nowMs: number): void {
    if (message.event === 'connected') return;
    if (message.event === 'start') {
      this.#start(message.start, engine, nowMs);
      return;
    }
    // Before it has started, a stream has nothing to say.
    if (this.#state.streamSid === null) return;
    switch (message.event) {
      case 'media':
        this.#takeMedia(message.media, engine, nowMs);
        return;
      case 'mark':
        this.#takeMark(message.mark.name, engine, nowMs);
        return;
      case 'dtmf':
        this.#keypad.pressed(message.dtmf.digit, nowMs);
        return;
      case 'stop':
        this.#client.bye(engine, 'The caller hung up.', nowMs);
    }
  }

  #start(
    { streamSid, mediaFormat, customParameters }: StartMessage,
    engine: ClientsEngine,
    nowMs: number,
  ): void {
    const { encoding, sampleRate, channels } = mediaFormat;
    const ticket = customParameters[TICKET_PARAMETER] ?? '';
    if (this.#state.streamSid !== null) this.#refuse(STARTED_TWICE, engine, nowMs);
    else if (!this.#state.tickets.some((each) => isSameText(each, ticket)))
      this.#refuse(WRONG_TICKET, engine, nowMs);
    else if (encoding !== 'audio/x-mulaw' || sampleRate !== 8000 || channels !== 1)
      this.#refuse(WRONG_FORMAT, engine, nowMs);
    else {
      this.#state.streamSid = streamSid;
      this.#state.tickets = [];
      this.#client.hello(engine, null, nowMs);
    }
  }

  #takeMedia(
    media: Extract<TwilioMessage, { event: 'media' }>['media'],
    engine: ClientsEngine,
    nowMs: number,
  ): void {
    if (media.track !== undefined && media.track !== 'inbound') return;
    const payload = decodeBase64(media.payload);
    if (payload === null) {
      this.#client.unknown(engine, nowMs);
      return;
    }
    this.#caller.take(media.timestamp, payload, (frame, lostFrames) =>
      this.#client.frame(engine, frame, lostFrames, nowMs),
    );
  }

  #takeMark(name: string, engine: ClientsEngine, nowMs: number): void {
    if (!this.#speaker.marked(name, nowMs)) return;
    const isDue = nowMs - this.#state.reportedMs >= REPORT_INTERVAL_MS || this.#speaker.isDry;
    const position = this.#speaker.position(nowMs);
    if (!isDue || position === null) return;
    this.#state.reportedMs = nowMs;
    const { underruns, roundTripMs } = this.#state.speaker;
    const bufferedMs = this.#speaker.bufferedMs(nowMs);
    this.#client.report(engine, position, { bufferedMs, underruns, roundTripMs }, nowMs);
  }

  /** The first clear says how far the listener came; after it nothing is there that another could cut. */
  #answerClears(engine: ClientsEngine, nowMs: number): void {
    if (this.#isDropped) this.#speaker.settleClear(nowMs);
    this.#isDropped = false;
    while (this.#cleared.length > 0) {
      const cleared = this.#cleared;
      this.#cleared = [];
      let at = this.#speaker.settleClear(nowMs);
      for (const generation of cleared) {
        this.#client.cleared(engine, at ?? { generation, playedSamples: 0 }, nowMs);
        at = null;
      }
    }
  }

  #refuse(
    { code, sentence }: { readonly code: number; readonly sentence: string },
    engine: ClientsEngine,
    nowMs: number,
  ): void {
    this.#socket.close(code, sentence);
    engine.disconnect(this.connection, nowMs);
  }
}
