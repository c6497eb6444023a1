// The transport worker: socket, session and reports, with ports straight to both worklets, so that a frozen page changes nothing.

import { SUBPROTOCOL } from '../../core/wire/messages.ts';
import { type CallSocketListener, CLOSED_ABNORMALLY, type Dial } from './call-connection.ts';
import { CallEngine, FORMAT } from './call-engine.ts';
import type { CallNews, CallOrder, CallSetUp } from './call-orders.ts';
import { opusDial } from './opus/opus-dial.ts';
import { hasOpus, webCodecs } from './opus/web-codecs.ts';

/** While the sound device is silent, as before a gesture allows it, this keeps the connection alive. */
const TICK_MS = 50;

/** A codec that gives up costs the connection; the next one is PCM16. */
const GIVE_UP: CallOrder = { type: 'cut', forMs: 0 };

/** The call; orders that come before it stands wait for it. */
let engine: Promise<CallEngine> | null = null;

self.addEventListener('message', ({ data, ports }: MessageEvent<CallOrder>) => {
  if (data.type === 'start') engine = begin(data.setUp, ports[0]!, ports[1]!);
  else void engine?.then((call) => call.obey(data));
});

/** A call, with its ports to the worklets. */
async function begin(
  setUp: CallSetUp,
  capture: MessagePort,
  playback: MessagePort,
): Promise<CallEngine> {
  let isOpus = setUp.codec === 'opus' && (await hasOpus(FORMAT.frameMs));
  const codecs = webCodecs(() => {
    isOpus = false;
    call.obey(GIVE_UP);
  });
  const inPcm: Dial = (token, listener) => dial(setUp.socket, token, listener);
  const inOpus = opusDial(inPcm, FORMAT.frameMs, codecs);
  const call: CallEngine = new CallEngine(setUp, {
    dial: (token, listener) => (isOpus ? inOpus : inPcm)(token, listener),
    wireFormat: () => (isOpus ? { ...FORMAT, codec: 'opus' } : FORMAT),
    now: () => performance.now(),
    clockMs: () => performance.timeOrigin + performance.now(),
    chance: () => Math.random(),
    random32: () => crypto.getRandomValues(new Uint32Array(1))[0]!,
    tell: (news: CallNews) => self.postMessage(news),
    order: (order) => playback.postMessage(order),
  });
  capture.onmessage = ({ data }) => call.captured(data);
  playback.onmessage = ({ data }) => call.played(data);
  setInterval(() => call.tick(), TICK_MS);
  call.start();
  return call;
}

/** The token travels as a subprotocol, so that no log of URLs has it. */
function dial(url: string, token: string, listener: CallSocketListener) {
  const socket = new WebSocket(url, [SUBPROTOCOL, `bearer.${token}`]);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => listener.opened();
  socket.onmessage = ({ data }) => listener.received(data);
  socket.onclose = ({ code, reason }) => listener.closed(code || CLOSED_ABNORMALLY, reason);
  return {
    send: (data: string | Uint8Array) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data as string);
    },
    close: (code?: number, reason?: string) => socket.close(code, reason),
  };
}
