// The product's Worker with a binding `AI` that leads to the fake over loopback: what the tests over TCP deploy.

import { ConversationObject as Product } from '../../../durable-objects/conversation.ts';
import product from '../../../worker/index.ts';

export { LiveConversations, VadShard } from '../../../worker/index.ts';

/** Where the fake is: a variable of the deployment. */
interface FakeEnv extends Env {
  readonly FAKE_AI_URL?: string;
}

interface RunOptions {
  readonly websocket?: boolean;
  readonly returnRawResponse?: boolean;
  readonly signal?: AbortSignal;
}

/** The part of the binding that the agent uses; a run is a connection to the fake. */
class FakeBinding {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async run(model: string, inputs: object, options: RunOptions = {}): Promise<unknown> {
    if (options.websocket === true) {
      const query = new URLSearchParams(inputs as Record<string, string>);
      return this.#dial(`${model}?${query}`);
    }
    const { webSocket: socket } = await this.#dial(model);
    if (socket === null) throw new Error('The fake gave no socket.');
    const body = bodyOf(socket, options.signal);
    socket.send(JSON.stringify(inputs));
    return options.returnRawResponse === true ? new Response(body) : body;
  }

  #dial(path: string): Promise<Response> {
    const url = `${this.#url.replace(/^ws/, 'http')}/${path}`;
    return fetch(url, { headers: { Upgrade: 'websocket' } });
  }
}

/** What comes over a socket as the body of an answer. */
function bodyOf(socket: WebSocket, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  socket.binaryType = 'arraybuffer';
  socket.accept();
  return new ReadableStream({
    start(controller) {
      socket.addEventListener('message', ({ data }) => {
        if (data instanceof ArrayBuffer) controller.enqueue(new Uint8Array(data));
      });
      socket.addEventListener('close', ({ code }) => {
        if (signal?.aborted) return;
        if (code === 1000) controller.close();
        else controller.error(new Error(`The run failed with ${code}.`));
      });
      signal?.addEventListener('abort', () => {
        socket.close(1000, '');
        controller.error(new Error('The run was aborted.'));
      });
    },
    cancel() {
      socket.close(1000, '');
    },
  });
}

/** A deployment without the variable has no binding either. */
function withAi(env: FakeEnv): Env {
  const { FAKE_AI_URL: url } = env;
  const bindings: Record<string, unknown> = { ...env };
  if (url !== undefined && url !== '') bindings['AI'] = new FakeBinding(url);
  return bindings as unknown as Env;
}

export class ConversationObject extends Product {
  constructor(context: DurableObjectState, env: Env) {
    super(context, withAi(env));
  }
}

export default {
  fetch: (request, env) => product.fetch(request, withAi(env)),
} satisfies ExportedHandler<Env>;
