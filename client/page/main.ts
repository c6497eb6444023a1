// The demo page: talk, and see what happens. Its parts are put together here.

import 'uplot/dist/uPlot.min.css';
import './palette.css';
import './page.css';
import './picture.css';
import type { Call } from '../browser/index.ts';
import { FilePanel } from './file-panel.ts';
import { HardPanel } from './hard-panel.ts';
import { LivePanel } from './live-panel.ts';
import { ObserverSocket } from './observer-socket.ts';
import { PicturePanel } from './picture-panel.ts';
import { place } from './place.ts';
import { Service, ServiceRefusal } from './service.ts';
import { TalkPanel } from './talk-panel.ts';

const service = new Service(location.origin);
const picture = new PicturePanel();
const title = place('picture-title', HTMLElement);
const hard = new HardPanel(service);
const live = new LivePanel(service, (conversation) => void watch(conversation));
const files = new FilePanel(service, {
  opened: (lines, columns, name) => {
    leave();
    picture.open(lines, columns);
    title.textContent = name;
    title.scrollIntoView({ behavior: 'smooth' });
  },
});
const talk = new TalkPanel(service, {
  began: (conversation) => {
    leave();
    picture.begin();
    files.begin(conversation);
    title.textContent = 'Your call';
  },
  connected: (call) => void connected(call),
  ended: (conversation, isRecorded) => {
    hard.call = null;
    picture.end();
    observer?.close();
    if (isRecorded) void files.awaitRecording(conversation);
  },
});
let observer: ObserverSocket | null = null;

async function connected(call: Call): Promise<void> {
  hard.call = call;
  call.on('statistics', (statistics) => picture.statistics(statistics));
  const { conversation } = call;
  try {
    await observe(conversation, await tokenFor(conversation));
  } catch (fault) {
    title.textContent = `Your call, without the service’s side: ${(fault as Error).message}`;
  }
}

/** Shows somebody else's conversation. */
async function watch(conversation: string, token?: string): Promise<void> {
  leave();
  picture.begin();
  files.begin(conversation);
  title.textContent = `Conversation ${conversation.slice(0, 8)}, from outside`;
  title.scrollIntoView({ behavior: 'smooth' });
  await observe(conversation, token ?? (await tokenFor(conversation)));
}

function observe(conversation: string, token: string): void {
  observer = new ObserverSocket(location.origin, conversation, token, {
    lines: (lines, text) => {
      picture.lines(lines);
      files.keep(text);
    },
    ended: (sentence) => {
      title.textContent = `${title.textContent}: ${sentence}`;
      picture.end();
    },
  });
}

/** On a service without a secret nobody asks for one. */
async function tokenFor(conversation: string): Promise<string> {
  return service.apiKey === '' ? '' : service.observeToken(conversation);
}

function leave(): void {
  observer?.close();
  observer = null;
}

/** Asks what there is; a service with a secret wants its key first. */
async function begin(): Promise<void> {
  const fields = place('key-fields', HTMLElement);
  const said = place('key-said', HTMLElement);
  try {
    const offer = await service.offer();
    fields.hidden = true;
    talk.offer(offer);
    hard.isDevelopment = offer.development;
    await live.refresh();
  } catch (fault) {
    fields.hidden = !(fault instanceof ServiceRefusal && fault.status === 401);
    said.textContent = service.apiKey === '' ? '' : (fault as Error).message;
    if (fields.hidden) place('state', HTMLElement).textContent = (fault as Error).message;
  }
}

place('key-fields', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  service.apiKey = place('key', HTMLInputElement).value;
  void begin();
});
void begin();

// Somebody was given an address to look at: nothing after the # is ever sent to a server.
const wanted = new URLSearchParams(location.hash.slice(1));
const observed = wanted.get('observe');
if (observed !== null) void watch(observed, wanted.get('token') ?? '');
