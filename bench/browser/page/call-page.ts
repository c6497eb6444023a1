// A page that begins a call as soon as it is loaded, and keeps what it is told of it until that is fetched.

import type { Call } from '../../../client/browser/call.ts';
import type { BegunCall, CallNews, PageOrder } from './call-page-messages.ts';
import { TAP_PROCESSOR } from './tap-messages.ts';

/** What the program outside sees of the page. */
interface BenchWindow extends Window {
  begun: Promise<BegunCall>;
  call: Call;
  takeNews(): CallNews;
}

/** Source of the worklet, put here when this program is bundled. */
declare const TAP_WORKLET: string;

const page = window as unknown as BenchWindow;
const hoard: unknown[] = [];
let news = nothing();

page.takeNews = () => {
  const taken = news;
  news = nothing();
  return taken;
};
page.begun = begin(JSON.parse(decodeURIComponent(location.hash.slice(1))));

async function begin(order: PageOrder): Promise<BegunCall> {
  const [library, invitation, audio] = await Promise.all([
    // The address is the service's: a bundler is not to look for it.
    import(String(new URL('/client/index.js', location.href))) as Promise<
      typeof import('../../../client/browser/index.ts')
    >,
    created(order.conversation),
    order.tapped ? tap() : {},
  ]);
  page.call = await library.connect({
    service: invitation.socket,
    token: invitation.token,
    network: order.network ?? {},
    // What is said is what is sent; the rest is the library's default.
    audio: { ...audio, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const readyMs = performance.now();
  keepNews(page.call, order.hoards === true);
  return { conversation: page.call.conversation, token: invitation.token, readyMs };
}

function keepNews(call: Call, hoards: boolean): void {
  call.on('turn', (event) => news.turns.push(event));
  call.on('speaking', (event) => news.speaking.push(event));
  call.on('agent', (event) => news.agent.push(event));
  call.on('interruption', (event) => news.interruptions.push(event));
  call.on('error', ({ code, message }) => news.faults.push(`${code}: ${message}`));
  call.on('statistics', (event) => {
    news.statistics.push(event);
    if (hoards) hoard.push(event);
  });
}

async function tap(): Promise<{ context: AudioContext; output: AudioNode }> {
  const context = new AudioContext({ latencyHint: 'interactive' });
  const source = new Blob([TAP_WORKLET], { type: 'text/javascript' });
  await context.audioWorklet.addModule(URL.createObjectURL(source));
  const output = new AudioWorkletNode(context, TAP_PROCESSOR);
  output.port.onmessage = ({ data }) => news.output.push(data);
  output.connect(context.destination);
  return { context, output };
}

async function created(
  conversation: PageOrder['conversation'],
): Promise<{ socket: string; token: string }> {
  const response = await fetch('/v1/conversations', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(conversation),
  });
  return response.json() as Promise<{ socket: string; token: string }>;
}

function nothing(): CallNews {
  return {
    turns: [],
    speaking: [],
    agent: [],
    interruptions: [],
    faults: [],
    statistics: [],
    output: [],
  };
}
