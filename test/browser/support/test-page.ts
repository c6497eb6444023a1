// A page that holds a call with the library as the service serves it, and records everything the agent's voice gives out.

import type { Browser, Page } from 'playwright-core';
import type { Call } from '../../../client/browser/call.ts';
import type { CallEvents } from '../../../client/browser/call-events.ts';
import type { CallStatistics } from '../../../client/browser/call-statistics.ts';
import type { AudioOptions, ConnectOptions } from '../../../client/browser/connect-options.ts';
import type { NetworkConditions } from '../../../client/browser/network-conditions.ts';

const PATH = '/test-page';

/** The library comes as a page without a bundler has it. */
const HTML = `<!doctype html><meta charset="utf-8"><title>A call</title><button>Talk</button>
<script type="module">
  import * as client from '/client/index.js';
  window.isochronClient = client;
</script>`;

/** Sits between the player and the destination. */
const RECORDER = `registerProcessor('recorder', class extends AudioWorkletProcessor {
  process([input], [output]) {
    const heard = input[0] ?? new Float32Array(128);
    output[0].set(heard);
    this.port.postMessage(heard);
    return true;
  }
});`;

/** One event as it came: its name and what it said. */
export type ToldEvent = {
  readonly [Name in keyof CallEvents]: { readonly name: Name; readonly event: CallEvents[Name] };
}[Exclude<keyof CallEvents, 'statistics' | 'message'>];

/** What the page keeps of its call. */
interface PageState {
  call: Call | null;
  /** Leads to the microphone of a page that speaks by itself. */
  voice: AudioNode | null;
  readonly events: ToldEvent[];
  readonly statistics: CallStatistics[];
  readonly heard: Float32Array[];
}

declare global {
  interface Window {
    isochronTest: PageState;
    isochronClient: typeof import('../../../client/browser/index.ts');
  }
}

export interface TestCallOptions extends Pick<ConnectOptions, 'codec' | 'network' | 'pushToTalk'> {
  /** What `POST /v1/conversations` is sent. */
  readonly conversation?: Readonly<Record<string, unknown>> | undefined;
  /** Rate of the context, that of the browser's own device unless given. */
  readonly rateHz?: number | undefined;
  readonly audio?: Omit<AudioOptions, 'context' | 'output' | 'microphone'> | undefined;
  /** The microphone is silent but for what `say` says, instead of the browser's own. */
  readonly saysItself?: boolean | undefined;
  /** Takes up the call that this tab was in. */
  readonly resume?: boolean | undefined;
}

/** How a call began. */
export interface BegunCall {
  readonly conversation: string;
  readonly token: string;
  readonly rateHz: number;
  /** From the click to the welcome. */
  readonly readyMs: number;
}

/** Processing off: what is said is then what is heard, sample for sample. */
export const PLAIN_AUDIO = {
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
  lowWaterMs: 0,
} as const;

export class TestPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens the page on the service's own origin. */
  static async open(browser: Browser, service: URL): Promise<TestPage> {
    const page = await browser.newPage();
    await page.route(`**${PATH}`, (route) =>
      route.fulfill({ contentType: 'text/html', body: HTML }),
    );
    await page.goto(new URL(PATH, service).href);
    return new TestPage(page);
  }

  /** Begins a call by a click. Rejects with the code of a CallError in front of its sentence. */
  async call(options: TestCallOptions = {}): Promise<BegunCall> {
    await this.page.evaluate(prepare, { options, recorderSource: RECORDER });
    await this.page.click('button');
    return this.page.evaluate(() => (window as unknown as { begun: Promise<BegunCall> }).begun);
  }

  /** Resolves with the first event, told or to come, that fits. */
  async event<Name extends ToldEvent['name']>(
    name: Name,
    fields: Partial<Record<string, unknown>> = {},
    timeoutMs = 20_000,
  ): Promise<CallEvents[Name]> {
    const found = await this.page.waitForFunction(
      ({ name, fields }) =>
        window.isochronTest.events.find(
          (told) =>
            told.name === name &&
            Object.entries(fields).every(
              ([key, value]) => (told.event as unknown as Record<string, unknown>)[key] === value,
            ),
        )?.event,
      { name, fields },
      { timeout: timeoutMs, polling: 50 },
    );
    return (await found.jsonValue()) as CallEvents[Name];
  }

  events(): Promise<ToldEvent[]> {
    return this.page.evaluate(() => window.isochronTest.events);
  }

  statistics(): Promise<CallStatistics[]> {
    return this.page.evaluate(() => window.isochronTest.statistics);
  }

  /** What left for the device, at the context's rate, 1 being full scale. */
  async heard(): Promise<Float32Array> {
    const base64 = await this.page.evaluate(() => {
      const { heard } = window.isochronTest;
      const blob = new Blob(heard as unknown as BlobPart[]);
      return new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(String(reader.result).split(',')[1] ?? '');
        reader.readAsDataURL(blob);
      });
    });
    const bytes = Buffer.from(base64, 'base64');
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  }

  /** Does something with the call in the page. */
  async act(
    method: 'mute' | 'unmute' | 'interrupt' | 'pressToTalk' | 'releaseToTalk',
  ): Promise<void> {
    await this.page.evaluate((name) => window.isochronTest.call![name](), method);
  }

  /** Says something (16 kHz) into the microphone of a page that speaks by itself. */
  async say(samples: Int16Array): Promise<void> {
    await this.page.evaluate((said) => {
      const { call, voice } = window.isochronTest;
      const buffer = new AudioBuffer({ length: said.length, sampleRate: 16_000 });
      buffer.copyToChannel(
        Float32Array.from(said, (sample) => sample / 32_768),
        0,
      );
      const source = new AudioBufferSourceNode(call!.context, { buffer });
      source.connect(voice!);
      source.start();
    }, Array.from(samples));
  }

  /** Makes the network worse than it is from now on. */
  async setNetwork(conditions: NetworkConditions): Promise<void> {
    await this.page.evaluate(
      (network) => window.isochronTest.call!.setNetworkConditions(network),
      conditions,
    );
  }

  /** Silences the call as a browser does that wants a gesture first. */
  async suspendAudio(): Promise<void> {
    await this.page.evaluate(() => window.isochronTest.call!.context.suspend());
  }

  /** Allows sound by a click. */
  async allowAudio(): Promise<void> {
    await this.page.evaluate(() => {
      document.querySelector('button')!.onclick = () => void window.isochronTest.call!.startAudio();
    });
    await this.page.click('button');
  }

  /** Computes in the page's main thread and lets nothing else happen there. */
  async block(durationMs: number): Promise<void> {
    await this.page.evaluate((ms) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    }, durationMs);
  }

  /** Cuts the call's connection. */
  async cut(forMs: number): Promise<void> {
    await this.page.evaluate((ms) => window.isochronTest.call!.cutConnection(ms), forMs);
  }

  async setDevices(choice: {
    readonly microphone?: string;
    readonly speaker?: string;
  }): Promise<void> {
    await this.page.evaluate((devices) => window.isochronTest.call!.setDevices(devices), choice);
  }

  /** A microphone that is not the default one. */
  anotherMicrophone(): Promise<{ microphone: string }> {
    return this.page.evaluate(async () => {
      const devices = await navigator.mediaDevices.enumerateDevices();
      const inputs = devices.filter(
        ({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default',
      );
      return { microphone: inputs[0]!.deviceId };
    });
  }

  /** What the library keeps for after a reload. */
  keptCall(): Promise<unknown> {
    return this.page.evaluate(() => window.isochronClient.unfinishedCall());
  }

  /** Ends the call; the page stays. */
  async hangUp(): Promise<void> {
    await this.page.evaluate(() => window.isochronTest.call?.close());
  }

  async close(): Promise<void> {
    await this.hangUp();
    await this.page.close();
  }
}

/** Runs in the page: the click that comes next begins the call. */
function prepare({
  options,
  recorderSource,
}: {
  readonly options: TestCallOptions;
  readonly recorderSource: string;
}): void {
  const state: PageState = { call: null, voice: null, events: [], statistics: [], heard: [] };
  window.isochronTest = state;
  const begin = async (): Promise<BegunCall> => {
    const context = new AudioContext(
      options.rateHz === undefined ? {} : { sampleRate: options.rateHz },
    );
    const library = window.isochronClient;
    const source = new Blob([recorderSource], { type: 'text/javascript' });
    await context.audioWorklet.addModule(URL.createObjectURL(source));
    const recorder = new AudioWorkletNode(context, 'recorder');
    recorder.port.onmessage = ({ data }) => state.heard.push(data);
    recorder.connect(context.destination);
    const voice = new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
    state.voice = voice;
    const own = options.saysItself === true ? { microphone: voice.stream } : {};
    const address = options.resume === true ? library.unfinishedCall()! : await created();
    const clickedMs = performance.now();
    const call = await library
      .connect({
        ...address,
        surviveReload: true,
        ...(options.codec === undefined ? {} : { codec: options.codec }),
        ...(options.network === undefined ? {} : { network: options.network }),
        ...(options.pushToTalk === undefined ? {} : { pushToTalk: options.pushToTalk }),
        audio: { ...options.audio, ...own, context, output: recorder },
      })
      .catch((fault: { code: string; message: string }) => {
        throw new Error(`${fault.code}: ${fault.message}`);
      });
    state.call = call;
    const names = [
      'turn',
      'transcript',
      'speaking',
      'agent',
      'interruption',
      'connection',
      'audio',
      'devices',
    ] as const;
    for (const name of names)
      call.on(name, (event) => state.events.push({ name, event } as ToldEvent));
    call.on('error', (error) => {
      const { code, message } = error;
      state.events.push({ name: 'error', event: { code, message } } as ToldEvent);
    });
    call.on('statistics', (statistics) => state.statistics.push(statistics));
    const readyMs = performance.now() - clickedMs;
    const { conversation } = call;
    return { conversation, token: address.token, rateHz: context.sampleRate, readyMs };
  };
  const created = async (): Promise<{ service: string; token: string }> => {
    const response = await fetch('/v1/conversations', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(options.conversation ?? {}),
    });
    const { socket, token } = (await response.json()) as { socket: string; token: string };
    return { service: socket, token };
  };
  document.querySelector('button')!.onclick = () => {
    const begun = begin();
    begun.catch(() => {});
    (window as unknown as { begun: Promise<BegunCall> }).begun = begun;
  };
}
