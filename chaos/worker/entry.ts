// The product's Worker with faults beside it: the entry that the fault harness serves, and nothing else ever.

import { ConversationObject as Product } from '../../durable-objects/conversation.ts';
import product from '../../worker/index.ts';
import { FailingBucket } from './failing-bucket.ts';
import { SlowGate } from './slow-gate.ts';
import { StorageFaults } from './storage-faults.ts';
import { enterObject, haveAgentsTell } from './told-agent.ts';

export { LiveConversations, VadShard } from '../../worker/index.ts';

/** Where the harness asks for faults: `/chaos/<conversation>/<fault>`. */
const FAULT_PATH = /^\/chaos\/([0-9a-f]{64})\/([a-z-]+)$/;

/** Where the local runtime has it; a name that the bundler cannot know is left for the runtime to resolve. */
const UNSAFE_MODULE: string = 'workerd:unsafe';

/** What the harness uses of it. */
interface UnsafeModule {
  readonly default: {
    /** Takes an idle object's memory; its sockets stay open (`hibernate`) or are cut without a close frame (`close`). */
    evict(
      stub: DurableObjectStub,
      options: { readonly webSockets: 'hibernate' | 'close' },
    ): Promise<void>;
  };
}

/** What an object can do to itself. */
type OwnFault =
  | 'abort'
  | 'abort-in-write'
  | 'abort-after-write'
  | 'full-storage'
  | 'slow-confirmation'
  | 'double-alarm'
  | 'late-alarm'
  | 'failing-bucket';

haveAgentsTell();

/** How long a slow confirmation takes. */
const SLOW_CONFIRMATION_MS = 200;

/** The product's object on a storage and a bucket that fail when told to. */
export class ConversationObject extends Product {
  readonly #faults: StorageFaults;
  readonly #gate: SlowGate;
  readonly #bucket: FailingBucket | null;

  constructor(ctx: DurableObjectState, env: Env) {
    enterObject(ctx.id.toString());
    const gate = new SlowGate(ctx);
    const faults = new StorageFaults(ctx, () => gate.wrote());
    const bucket = env.RECORDINGS === undefined ? null : new FailingBucket(env.RECORDINGS);
    super(ctx, bucket === null ? env : { ...env, RECORDINGS: bucket.bucket });
    this.#faults = faults;
    this.#gate = gate;
    this.#bucket = bucket;
  }

  /** Does this to itself, or has it done by the next operation that it fits; false when there was none. */
  async fault(fault: OwnFault, parameter: number): Promise<boolean> {
    switch (fault) {
      case 'abort':
        this.ctx.abort('chaos');
        return true;
      case 'abort-in-write':
        return this.#faults.abortAtNextWrite('in-turn');
      case 'abort-after-write':
        return this.#faults.abortAtNextWrite('next-turn');
      case 'full-storage':
        await this.#faults.refuseNext(parameter);
        return true;
      case 'slow-confirmation':
        await this.#gate.slowNext(parameter, SLOW_CONFIRMATION_MS);
        return true;
      case 'late-alarm':
        await this.#faults.delayAlarm(parameter);
        return true;
      case 'double-alarm':
        await Promise.all([this.alarm(), this.alarm()]);
        return true;
      case 'failing-bucket':
        return (await this.#bucket?.failNext(parameter)) ?? false;
    }
  }
}

/** Every event of an object says whose it is. */
for (const name of Object.getOwnPropertyNames(Product.prototype)) {
  const member: unknown = Object.getOwnPropertyDescriptor(Product.prototype, name)?.value;
  if (name === 'constructor' || typeof member !== 'function') continue;
  Object.defineProperty(Product.prototype, name, {
    value(this: { readonly ctx: DurableObjectState }, ...args: unknown[]): unknown {
      enterObject(this.ctx.id.toString());
      return member.apply(this, args);
    },
  });
}

export default {
  async fetch(request, env): Promise<Response> {
    const url = new URL(request.url);
    const [, conversation, fault] = FAULT_PATH.exec(url.pathname) ?? [];
    if (conversation === undefined || fault === undefined) {
      return product.fetch(request as Parameters<typeof product.fetch>[0], env);
    }
    const stub = env.CONVERSATION.get(env.CONVERSATION.idFromString(conversation));
    const parameter = Number(url.searchParams.get('parameter') ?? 0);
    const isDone = await inflict(stub, fault, parameter);
    return new Response(null, { status: isDone ? 204 : 409 });
  },
} satisfies ExportedHandler<Env>;

async function inflict(
  stub: DurableObjectStub,
  fault: string,
  parameter: number,
): Promise<boolean> {
  if (fault === 'evict') return evict(stub, 'hibernate');
  if (fault === 'evict-and-cut') return evict(stub, 'close');
  const object = stub as unknown as Pick<ConversationObject, 'fault'>;
  try {
    return await object.fault(fault as OwnFault, parameter);
  } catch (reason) {
    // An object that aborts rejects the call by which it was told to.
    return reason instanceof Error && reason.message.includes('chaos');
  }
}

/** Takes an object's memory as soon as it is idle; its sockets stay open, or are cut without a close frame. */
async function evict(stub: DurableObjectStub, webSockets: 'hibernate' | 'close'): Promise<boolean> {
  const { default: unsafe } = (await import(UNSAFE_MODULE)) as UnsafeModule;
  try {
    await unsafe.evict(stub, { webSockets });
    return true;
  } catch {
    // It was not running: there was nothing to take.
    return false;
  }
}
