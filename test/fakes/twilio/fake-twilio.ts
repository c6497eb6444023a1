// Twilio's end of a media stream, in virtual time: it plays what it is sent, sends what a caller says, and objects to what no document allows.
// Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages

import * as v from 'valibot';

/** µ-law at 8 kHz: a byte for each sample. */
export const SAMPLES_PER_MS = 8;

/** One message for every 20 ms of the caller. */
const FRAME_MS = 20;
const FRAME_SAMPLES = FRAME_MS * SAMPLES_PER_MS;

/** The µ-law byte of silence. */
const SILENCE = 0xff;

const streamSid = v.pipe(v.string(), v.regex(/^MZ[0-9a-f]{32}$/));

/** Everything that may be sent to Twilio; no field more. */
const TO_TWILIO = v.variant('event', [
  v.strictObject({
    event: v.literal('media'),
    streamSid,
    media: v.strictObject({ payload: v.pipe(v.string(), v.minLength(1), v.base64()) }),
  }),
  v.strictObject({
    event: v.literal('mark'),
    streamSid,
    mark: v.strictObject({ name: v.pipe(v.string(), v.minLength(1)) }),
  }),
  v.strictObject({ event: v.literal('clear'), streamSid }),
]);

/** What a call is like; every part may be left out. */
export interface FakeTwilioOptions {
  /** What the caller says, µ-law at 8 kHz from the start of the stream; silence after its end. */
  readonly voice?: Uint8Array | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly streamSid?: string | undefined;
  /** slow: so long passes before what comes into an empty buffer begins to play. */
  readonly slowMs?: number | undefined;
  /** lossy: whether the frame with this number is lost on its way from the caller; its time passes all the same. */
  readonly loses?: ((frame: number) => boolean) | undefined;
  /** silent: from this time of the stream on nothing is sent any more. */
  readonly silentFromMs?: number | undefined;
  /** malformed: after every so many frames something comes that is no message of Twilio's. */
  readonly malformedEvery?: number | undefined;
  /** Whether `heard` is kept; a long call has millions of samples. */
  readonly keepsHeard?: boolean | undefined;
  /** dying: at this time of the stream the connection breaks. */
  readonly dieAtMs?: number | undefined;
}

/** The connection of the stream. */
export interface FakeTwilioLine {
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Breaks the connection without a word. */
  cut(): void;
}

/** What one clear found. */
export interface FakeClear {
  readonly atMs: number;
  /** Samples of media that had been played since the stream began. */
  readonly playedSamples: number;
  readonly droppedSamples: number;
}

type Queued =
  | { readonly kind: 'media'; readonly bytes: Uint8Array; offset: number }
  | { readonly kind: 'mark'; readonly name: string };

const MALFORMED = [
  '',
  '{',
  '[]',
  '{"event":7}',
  '{"event":"media"}',
  '{"event":"media","media":{"timestamp":"x","payload":"/w=="}}',
  '{"event":"media","media":{"timestamp":"20","payload":"%%%"}}',
  '{"event":"whisper","streamSid":"MZ1"}',
  '{"event":"mark","mark":{"name":"99:0:0"}}',
  '{"event":"mark","mark":{"name":"once upon a time"}}',
];

/** Times are milliseconds of any origin, the same in every call. */
export class FakeTwilio {
  /** What the other side did that the documents do not allow. */
  readonly violations: string[] = [];
  readonly clears: FakeClear[] = [];
  /** Everything that the caller's ear got, from the start of the stream on: silence where nothing was queued. */
  readonly heard: number[] = [];
  /** Samples of media played, and the most that waited to be. */
  playedSamples = 0;
  mostBufferedSamples = 0;
  /** The caller has left, and not the other side. */
  hasHungUp = false;
  readonly #options: FakeTwilioOptions;
  readonly #line: FakeTwilioLine;
  readonly #startMs: number;
  readonly #streamSid: string;
  /** Samples of time that have passed for the ear. */
  #earSamples = 0;
  readonly #frame = new Uint8Array(FRAME_SAMPLES);
  #queue: Queued[] = [];
  #bufferedSamples = 0;
  #playFromMs = 0;
  #frames = 0;
  #sequence = 1;
  #chunk = 1;
  #isOver = false;

  constructor(options: FakeTwilioOptions, line: FakeTwilioLine, nowMs: number) {
    this.#options = options;
    this.#line = line;
    this.#startMs = nowMs;
    this.#streamSid = options.streamSid ?? `MZ${'0123456789abcdef'.repeat(2)}`;
    this.#line.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }));
    this.#tell('start', {
      start: {
        accountSid: `AC${'0'.repeat(32)}`,
        streamSid: this.#streamSid,
        callSid: `CA${'0'.repeat(32)}`,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: options.parameters ?? {},
      },
    });
  }

  /** A message to Twilio. */
  receive(data: string | Uint8Array, nowMs: number): void {
    if (this.#isOver) return;
    this.#play(nowMs);
    const message = typeof data === 'string' ? parsed(data) : null;
    const read = v.safeParse(TO_TWILIO, message);
    if (!read.success || read.output.streamSid !== this.#streamSid) {
      const why = read.success ? 'another stream is named' : read.issues[0].message;
      this.violations.push(`${why}: ${String(data).slice(0, 100)}`);
      return;
    }
    if (read.output.event === 'media') this.#queueMedia(read.output.media.payload, nowMs);
    else if (read.output.event === 'mark')
      this.#queue.push({ kind: 'mark', name: read.output.mark.name });
    else this.#clear(nowMs);
    this.#play(nowMs);
  }

  /** The other side has ended the stream. */
  closed(nowMs: number): void {
    this.#play(nowMs);
    this.#isOver = true;
  }

  /** The caller hangs up. */
  hangUp(nowMs: number): void {
    if (this.#isOver) return;
    this.#play(nowMs);
    this.#tell('stop', {
      stop: { accountSid: `AC${'0'.repeat(32)}`, callSid: `CA${'0'.repeat(32)}` },
    });
    this.#isOver = true;
    this.hasHungUp = true;
    this.#line.close(1000, '');
  }

  /** The caller presses a key. */
  press(digit: string): void {
    if (!this.#isOver) this.#tell('dtmf', { dtmf: { track: 'inbound_track', digit } });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** When `tick` wants to be called. */
  get nextDeadlineMs(): number {
    if (this.#isOver) return Number.POSITIVE_INFINITY;
    const frameMs = this.#startMs + (this.#frames + 1) * FRAME_MS;
    return Math.min(
      frameMs,
      this.#markMs,
      this.#startMs + (this.#options.dieAtMs ?? Number.POSITIVE_INFINITY),
    );
  }

  tick(nowMs: number): void {
    if (this.#isOver) return;
    const { dieAtMs = Number.POSITIVE_INFINITY } = this.#options;
    if (nowMs - this.#startMs >= dieAtMs) {
      this.#isOver = true;
      this.#line.cut();
      return;
    }
    this.#play(nowMs);
    while (nowMs - this.#startMs >= (this.#frames + 1) * FRAME_MS) this.#sendFrame();
  }

  /** When the first mark is due. */
  get #markMs(): number {
    let samples = 0;
    for (const each of this.#queue) {
      if (each.kind === 'mark') {
        const fromMs = Math.max(
          this.#startMs + this.#earSamples / SAMPLES_PER_MS,
          this.#playFromMs,
        );
        return fromMs + samples / SAMPLES_PER_MS;
      }
      samples += each.bytes.length - each.offset;
    }
    return Number.POSITIVE_INFINITY;
  }

  #queueMedia(payload: string, nowMs: number): void {
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    if (this.#bufferedSamples === 0) this.#playFromMs = nowMs + (this.#options.slowMs ?? 0);
    this.#queue.push({ kind: 'media', bytes, offset: 0 });
    this.#bufferedSamples += bytes.length;
    this.mostBufferedSamples = Math.max(this.mostBufferedSamples, this.#bufferedSamples);
  }

  /** Everything unplayed is dropped, and every mark comes back. */
  #clear(nowMs: number): void {
    const { playedSamples } = this;
    this.clears.push({
      atMs: nowMs - this.#startMs,
      playedSamples,
      droppedSamples: this.#bufferedSamples,
    });
    const marks = this.#queue.flatMap((each) => (each.kind === 'mark' ? [each.name] : []));
    this.#queue = [];
    this.#bufferedSamples = 0;
    for (const name of marks) this.#tell('mark', { mark: { name } });
  }

  /** Brings the caller's ear up to this time. */
  #play(nowMs: number): void {
    const until = Math.floor((nowMs - this.#startMs) * SAMPLES_PER_MS);
    const from = Math.ceil((this.#playFromMs - this.#startMs) * SAMPLES_PER_MS);
    this.#takeMarks();
    while (this.#earSamples < until) {
      const head = this.#queue[0];
      if (head?.kind === 'media' && this.#earSamples >= from) this.#playSample(head);
      else this.#hearSilence(head === undefined ? until : Math.min(until, from));
    }
  }

  #hearSilence(until: number): void {
    if (this.#options.keepsHeard === false) this.#earSamples = until;
    while (this.#earSamples < until) this.#hear(SILENCE);
  }

  #hear(byte: number): void {
    this.#earSamples++;
    if (this.#options.keepsHeard !== false) this.heard.push(byte);
  }

  #playSample(head: Extract<Queued, { kind: 'media' }>): void {
    this.#hear(head.bytes[head.offset++]!);
    this.playedSamples++;
    this.#bufferedSamples--;
    if (head.offset < head.bytes.length) return;
    this.#queue.shift();
    this.#takeMarks();
  }

  /** Marks with nothing before them come back. */
  #takeMarks(): void {
    for (let head = this.#queue[0]; head?.kind === 'mark'; head = this.#queue[0]) {
      this.#queue.shift();
      this.#tell('mark', { mark: { name: head.name } });
    }
  }

  #sendFrame(): void {
    const { voice, loses, malformedEvery } = this.#options;
    const frame = this.#frames++;
    if (malformedEvery !== undefined && frame % malformedEvery === malformedEvery - 1) {
      this.#sendText(MALFORMED[((frame / malformedEvery) % MALFORMED.length) | 0]!);
    }
    if (loses?.(frame) === true) return;
    this.#frame.fill(SILENCE);
    this.#frame.set(voice?.subarray(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES) ?? []);
    const payload = btoa(String.fromCharCode(...this.#frame));
    this.#tell('media', {
      media: {
        track: 'inbound',
        chunk: String(this.#chunk++),
        timestamp: String(frame * FRAME_MS),
        payload,
      },
    });
  }

  /** All numbers are strings. */
  #tell(event: string, content: object): void {
    this.#sendText(
      JSON.stringify({
        event,
        sequenceNumber: String(this.#sequence++),
        ...content,
        streamSid: this.#streamSid,
      }),
    );
  }

  #sendText(text: string): void {
    const { silentFromMs = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#frames * FRAME_MS <= silentFromMs) this.#line.send(text);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
