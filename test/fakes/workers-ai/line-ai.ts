// Workers AI over lines to the fake, as an agent's services have it.

import type { AgentServices } from '../../../durable-objects/agents/agent-services.ts';
import type {
  OutgoingSocket,
  SocketListener,
} from '../../../durable-objects/runtime/outgoing-socket.ts';
import type {
  AiStream,
  StreamListener,
  WorkersAi,
} from '../../../durable-objects/runtime/workers-ai.ts';

type Connect = AgentServices['connect'];

/** Every run is a connection; `connect` leads to the fake. */
export function lineAi(connect: Connect): WorkersAi {
  const run = (model: string, inputs: object, listener: StreamListener): AiStream => {
    const socket = dial(connect, model, {
      opened: () => {},
      message: (data, nowMs) => {
        if (typeof data !== 'string') listener.chunk(data, nowMs);
      },
      closed: (code, _reason, nowMs) => {
        if (code === 1000) listener.ended(nowMs);
        else listener.failed(nowMs);
      },
    });
    socket.send(JSON.stringify(inputs));
    return { cancel: () => socket.close() };
  };
  return {
    listen: ({ model, inputs }, listener) => {
      const query = new URLSearchParams(inputs as Record<string, string>);
      return dial(connect, `${model}?${query}`, listener);
    },
    write: (model, inputs, listener) => run(model, { ...inputs, stream: true }, listener),
    speak: (model, inputs, listener) => run(model, inputs, listener),
  };
}

/** A socket on which what is sent waits until it is open, as on the platform's. */
function dial(connect: Connect, path: string, listener: SocketListener): OutgoingSocket {
  let waiting: (string | Uint8Array)[] | null = [];
  const socket = connect(
    { url: `ws://fake.invalid/${path}` },
    {
      opened: (nowMs) => {
        for (const data of waiting ?? []) socket.send(data);
        waiting = null;
        listener.opened(nowMs);
      },
      message: (data, nowMs) => listener.message(data, nowMs),
      closed: (code, reason, nowMs) => listener.closed(code, reason, nowMs),
    },
  );
  return {
    close: (code, reason) => socket.close(code, reason),
    send: (data) => {
      const copy = typeof data === 'string' ? data : data.slice();
      if (waiting === null) socket.send(copy);
      else waiting.push(copy);
    },
  };
}
