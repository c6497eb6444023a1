// A backend for the agent `websocket` that says each turn back: `node examples/backend.ts [port]`. The protocol is in docs/agents/websocket.md.

import type { AddressInfo } from 'node:net';
import { type RawData, WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2] ?? 8790) });
server.on('listening', () => {
  console.log(`listening on ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

server.on('connection', (socket, request) => {
  const { ISOCHRON_AGENT_TOKEN: token } = process.env;
  if (token && request.headers.authorization !== `Bearer ${token}`) {
    return socket.close(4401, 'unauthorized');
  }
  const words: { from: number; samples: Buffer }[] = [];
  const say = (message: object) => socket.send(JSON.stringify(message));

  socket.on('message', (raw: RawData, isBinary) => {
    const data = raw as Buffer;
    if (isBinary) {
      // Four bytes say where the samples lie; what follows is PCM16 at 16 kHz.
      const from = data.readUInt32LE(0);
      words.push({ from, samples: data.subarray(4) });
      if (words.length % 25 === 0) say({ type: 'ack', audioTo: from + (data.length - 4) / 2 });
      return;
    }
    const message = JSON.parse(data.toString());
    if (message.type === 'start') return say({ type: 'ready' });
    if (message.type === 'turn' && message.state === 'started') words.length = 0;
    if (message.type === 'turn' && message.state === 'ended') {
      say({ type: 'begin', utterance: `turn-${message.turn}` });
      for (const { from, samples } of words) {
        // What lies behind the end of the turn is the silence in which it was found.
        if (from < message.endSample)
          socket.send(samples.subarray(0, 2 * (message.endSample - from)));
      }
      say({ type: 'end' });
    }
    if (message.type === 'text') say({ type: 'transcript', text: message.text });
    if (message.number) say({ type: 'ack', after: message.number });
  });
});
