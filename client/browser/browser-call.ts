// A call in the page: orders go to the worker, news become events, devices come and go.

import { TEXT_MAX_CHARACTERS } from '../../core/wire/limits.ts';
import type { AudioGraph } from './audio-graph.ts';
import type { Call } from './call.ts';
import { CallError } from './call-error.ts';
import type { CallEvents } from './call-events.ts';
import type { CallNews, CallOrder, CallSetUp, WorkerStatistics } from './call-orders.ts';
import type { DeviceStatistics } from './call-statistics.ts';
import type { ConnectOptions, DeviceChoice } from './connect-options.ts';
import { resamplerDelaysMs } from './device-delays.ts';
import { EventHub } from './event-hub.ts';
import { HeldMicrophone } from './held-microphone.ts';
import { captureSettings, openMicrophone } from './microphone.ts';
import type { NetworkConditions } from './network-conditions.ts';
import { outputLatency } from './output-latency.ts';
import { keepCall } from './unfinished-call.ts';

/** A change of the output latency below this is not worth a message. */
const LATENCY_STEP_MS = 1;

/** Made for one call, with its worker already running. */
export class BrowserCall implements Call {
  readonly #hub = new EventHub((fault) => reportError(fault));
  readonly #microphone = new HeldMicrophone(() => void this.#microphoneLost());
  readonly #worker: Worker;
  readonly #graph: AudioGraph;
  readonly #options: ConnectOptions;
  readonly #socket: string;
  readonly #over = Promise.withResolvers<void>();
  readonly #welcome = Promise.withResolvers<void>();
  readonly #delaysMs: ReturnType<typeof resamplerDelaysMs>;
  #speaker = '';
  #conversation = '';
  #isMuted = false;
  #isClosed = false;
  #toldLatencyMs = Number.NaN;
  readonly #cleanUps: (() => void)[] = [];

  constructor(worker: Worker, graph: AudioGraph, socket: string, options: ConnectOptions) {
    this.#worker = worker;
    this.#graph = graph;
    this.#socket = socket;
    this.#options = options;
    this.#delaysMs = resamplerDelaysMs(graph.context.sampleRate);
    // Whoever waits for the welcome hears of a failure from there.
    this.#welcome.promise.catch(() => {});
    worker.onmessage = ({ data }: MessageEvent<CallNews>) => this.#hear(data);
    worker.onerror = (event) => this.#break(`The transport worker failed: ${event.message}`);
  }

  get conversation(): string {
    return this.#conversation;
  }

  get context(): AudioContext {
    return this.#graph.context;
  }

  get muted(): boolean {
    return this.#isMuted;
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  /** Begins, with the microphone's stream; resolves with the welcome. Rejects with CallError. */
  begin(stream: MediaStream): Promise<void> {
    const { token, codec = 'pcm16', reconnectMs = 60_000 } = this.#options;
    const { audio, pushToTalk = false, network = {} } = this.#options;
    const toCapture = new MessageChannel();
    const toPlayback = new MessageChannel();
    const setUp: CallSetUp = {
      socket: this.#socket,
      token,
      codec,
      rateHz: this.context.sampleRate,
      reconnectMs,
      muted: audio?.muted ?? false,
      pushToTalk,
      network,
    };
    const order: CallOrder = { type: 'start', setUp };
    this.#worker.postMessage(order, [toCapture.port1, toPlayback.port1]);
    this.#graph.start(toCapture.port2, toPlayback.port2);
    this.#useMicrophone(stream, typeof audio?.microphone !== 'object');
    if (audio?.speaker !== undefined) void this.#chooseSpeaker(audio.speaker);
    this.#watch();
    this.#tellLatency();
    return this.#welcome.promise;
  }

  on<Name extends keyof CallEvents>(
    name: Name,
    listener: (event: CallEvents[Name]) => void,
  ): () => void {
    return this.#hub.on(name, listener);
  }

  mute(): void {
    this.#order({ type: 'mute', muted: true });
  }

  unmute(): void {
    this.#order({ type: 'mute', muted: false });
  }

  interrupt(): void {
    this.#order({ type: 'interrupt' });
  }

  sendText(text: string): void {
    if (text.length > TEXT_MAX_CHARACTERS)
      throw new RangeError(
        `Cannot send the text: it must have at most ${TEXT_MAX_CHARACTERS} characters, received ${text.length}.`,
      );
    this.#order({ type: 'text', text });
  }

  pressToTalk(): void {
    this.#order({ type: 'talk', pressed: true });
  }

  releaseToTalk(): void {
    this.#order({ type: 'talk', pressed: false });
  }

  async setDevices({ microphone, speaker }: DeviceChoice): Promise<void> {
    if (microphone !== undefined) {
      const isOwn = typeof microphone === 'string';
      const stream = isOwn
        ? await openMicrophone(microphone, this.#options.audio ?? {})
        : microphone;
      this.#useMicrophone(stream, isOwn);
    }
    if (speaker !== undefined) {
      await this.#graph.speakThrough(speaker);
      this.#speaker = speaker;
    }
    this.#tellDevices('chosen');
  }

  async startAudio(): Promise<void> {
    await this.context.resume();
  }

  setNetworkConditions(conditions: NetworkConditions): void {
    this.#order({ type: 'network', conditions });
  }

  cutConnection(forMs = 0): void {
    this.#order({ type: 'cut', forMs });
  }

  close(reason = 'The caller has left.'): Promise<void> {
    this.#order({ type: 'close', reason });
    return this.#over.promise;
  }

  #order(order: CallOrder): void {
    if (!this.#isClosed) this.#worker.postMessage(order);
  }

  #hear(news: CallNews): void {
    switch (news.type) {
      case 'event':
        return this.#hub.tell(news.event.name, news.event.event);
      case 'message':
        return this.#hub.tell('message', news.message);
      case 'statistics':
        return this.#statistics(news.statistics);
      case 'welcome': {
        this.#conversation = news.conversation;
        const token = news.resumeToken ?? this.#options.token;
        if (this.#options.surviveReload === true) keepCall({ service: this.#socket, token });
        // Once whoever called `connect` has had time to listen.
        setTimeout(() => this.context.state === 'running' || this.#tellAudio());
        return this.#welcome.resolve();
      }
      case 'muted':
        this.#isMuted = news.muted;
        return;
      case 'error': {
        const { code, sentence, closeCode } = news;
        return this.#fail(new CallError(code, sentence, { closeCode: closeCode ?? undefined }));
      }
      case 'closed':
        return this.#end();
    }
  }

  #statistics(statistics: WorkerStatistics): void {
    this.#tellLatency();
    this.#hub.tell('statistics', {
      ...statistics,
      pageTimeMs: statistics.pageTimeMs - performance.timeOrigin,
      devices: this.#devices(),
    });
  }

  #devices(): DeviceStatistics {
    const { latencyMs, source } = outputLatency(this.context);
    return {
      rateHz: this.context.sampleRate,
      capture: captureSettings(this.#microphone.stream),
      captureDelayMs: this.#delaysMs.capture,
      playbackDelayMs: this.#delaysMs.playback,
      outputLatencyMs: latencyMs + this.#delaysMs.playback,
      outputLatencySource: source,
    };
  }

  /** The worker reports what the device says, which only the page can ask. */
  #tellLatency(): void {
    const { outputLatencyMs } = this.#devices();
    if (Math.abs(outputLatencyMs - this.#toldLatencyMs) < LATENCY_STEP_MS) return;
    this.#toldLatencyMs = outputLatencyMs;
    this.#order({ type: 'latency', outputLatencyMs });
  }

  /** The speaker that the call begins with; where it cannot be had the default one stays. */
  async #chooseSpeaker(speaker: string): Promise<void> {
    try {
      await this.setDevices({ speaker });
    } catch (fault) {
      if (fault instanceof CallError) this.#hub.tell('error', fault);
    }
  }

  #useMicrophone(stream: MediaStream, isOwn: boolean): void {
    this.#graph.listenTo(stream);
    this.#microphone.hold(stream, isOwn);
  }

  /** It was unplugged, or taken away: the default one takes its place, else silence does. */
  async #microphoneLost(): Promise<void> {
    try {
      this.#useMicrophone(await openMicrophone(undefined, this.#options.audio ?? {}), true);
      this.#tellDevices('changed');
    } catch (cause) {
      this.#graph.listenTo(null);
      this.#microphone.letGo();
      const sentence = 'The microphone is gone, and there is no other one.';
      this.#hub.tell('error', new CallError('microphone-lost', sentence, { cause }));
      this.#tellDevices('lost');
    }
  }

  #tellDevices(reason: 'chosen' | 'changed' | 'lost'): void {
    const { label } = captureSettings(this.#microphone.stream);
    this.#hub.tell('devices', { microphone: label, speaker: this.#speaker, reason });
    this.#tellLatency();
  }

  /** Listens to what the browser does with the sound, and to the caller's own signal. */
  #watch(): void {
    const { context } = this;
    const { signal } = this.#options;
    const stateChanged = () => this.#tellAudio();
    const aborted = () => void this.close('The page has ended the call.');
    context.addEventListener('statechange', stateChanged);
    signal?.addEventListener('abort', aborted);
    this.#cleanUps.push(() => {
      context.removeEventListener('statechange', stateChanged);
      signal?.removeEventListener('abort', aborted);
    });
  }

  #tellAudio(): void {
    const { state } = this.context;
    if (this.#isClosed || state === 'closed') return;
    if (state === 'running') this.#hub.tell('audio', { state });
    // Safari's name for what the system does has not come into every DOM library.
    else if ((state as string) === 'interrupted') this.#hub.tell('audio', { state: 'interrupted' });
    else this.#hub.tell('audio', { state: 'blocked' });
  }

  #break(sentence: string): void {
    this.#fail(new CallError('failure', sentence));
    this.#hub.tell('connection', { state: 'closed', atMs: 0, reason: sentence });
    this.#end();
  }

  #fail(error: CallError): void {
    this.#hub.tell('error', error);
    this.#welcome.reject(error);
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#options.surviveReload === true) keepCall(null);
    this.#welcome.reject(new CallError('aborted', 'The call was closed before it began.'));
    for (const cleanUp of this.#cleanUps) cleanUp();
    this.#worker.terminate();
    this.#microphone.letGo();
    void this.#graph.close().finally(() => this.#over.resolve());
  }
}
