// The adapters of one conversation: made when it is created, made anew when one is lost, closed when it is over.

import * as v from 'valibot';
import { background } from '../../runtime/background.ts';
import { logFault } from '../../runtime/log.ts';
import { ADAPTER_WISH, ADAPTERS_PATH } from './adapter-wish.ts';
import { RealtimeApi, RealtimeError } from './realtime-api.ts';

const KEY = 'realtime-sfu';

/** Waits before an adapter that could not be closed is closed again. After that the SFU's own limits end it. */
const CLOSE_AGAIN_MS = [1000, 5000, 20_000];

const STORED = v.object({
  ...ADAPTER_WISH.entries,
  /** Of the session in which the agent's track is published now. */
  sessionId: v.string(),
  adapters: v.object({ egress: v.optional(v.string()), ingest: v.string() }),
});

type Stored = v.InferOutput<typeof STORED>;

/** Outlives the memory in a row of its own. */
export class RealtimeDesk {
  readonly #ctx: DurableObjectState;
  readonly #api: RealtimeApi;
  #isRenewing = false;
  #isOver = false;

  constructor(ctx: DurableObjectState, env: unknown) {
    this.#ctx = ctx;
    this.#api = new RealtimeApi(env);
  }

  /** Answers the Worker about adapters; null for a request that is about something else. */
  answer(request: Request): Promise<Response> | null {
    if (new URL(request.url).pathname !== ADAPTERS_PATH) return null;
    return request.method === 'POST' ? this.#open(request) : this.#tell();
  }

  /** The agent's adapter is gone: another is asked for, whose track lies in another session. */
  renew(): void {
    const stored = this.#stored;
    if (stored === null || this.#isRenewing || this.#isOver) return;
    this.#isRenewing = true;
    background(this.#ctx, 'realtime-renew', this.#renewed(stored));
  }

  /** The conversation is over; may be called again. */
  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const stored = this.#stored;
    if (stored === null) return;
    this.#ctx.storage.kv.delete(KEY);
    background(this.#ctx, 'realtime-close', this.#close(idsOf(stored)));
  }

  async #open(request: Request): Promise<Response> {
    const wish = v.parse(ADAPTER_WISH, await request.json());
    try {
      // First the agent's, so that it can be heard before anybody speaks.
      const { adapterId, sessionId } = await this.#api.publish(
        wish.agentTrackName,
        wish.endpoints.ingest,
      );
      const stored = { ...wish, sessionId, adapters: { ingest: adapterId } };
      this.#store(stored);
      const egress = await this.#api.receive(wish.caller, wish.endpoints.egress);
      this.#store({ ...stored, adapters: { ingest: adapterId, egress: egress.adapterId } });
      return await this.#tell();
    } catch (fault) {
      if (!(fault instanceof RealtimeError)) throw fault;
      this.over();
      return Response.json({ sentence: fault.message }, { status: 502 });
    }
  }

  async #tell(): Promise<Response> {
    const stored = this.#stored;
    if (stored === null) return Response.json({ sentence: 'It has none.' }, { status: 404 });
    const { sessionId, agentTrackName: trackName } = stored;
    return Response.json({ sessionId, trackName });
  }

  async #renewed(stored: Stored): Promise<void> {
    try {
      const { agentTrackName, endpoints } = stored;
      const { adapterId, sessionId } = await this.#api.publish(agentTrackName, endpoints.ingest);
      const adapters = { ...stored.adapters, ingest: adapterId };
      if (this.#isOver) await this.#close([adapterId]);
      else this.#store({ ...stored, sessionId, adapters });
    } catch (fault) {
      // The bridge asks again.
      logFault('realtime-renewal-failed', fault, { conversation: this.#ctx.id.toString() });
    } finally {
      this.#isRenewing = false;
    }
  }

  async #close(adapterIds: readonly string[]): Promise<void> {
    for (const delayMs of CLOSE_AGAIN_MS) {
      try {
        return await this.#api.close(adapterIds);
      } catch (fault) {
        if (!(fault instanceof RealtimeError)) throw fault;
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
    await this.#api.close(adapterIds);
  }

  get #stored(): Stored | null {
    const stored = v.safeParse(STORED, this.#ctx.storage.kv.get(KEY));
    return stored.success ? stored.output : null;
  }

  #store(stored: Stored): void {
    this.#ctx.storage.kv.put(KEY, stored);
  }
}

function idsOf({ adapters: { egress, ingest } }: Stored): string[] {
  return egress === undefined ? [ingest] : [ingest, egress];
}
