// Sends a conversation's events to its developer's webhook: in order, signed, and again until they are taken.

import * as v from 'valibot';
import { logNotice } from '../runtime/log.ts';
import { backOffMs } from './back-off.ts';
import { SIGNATURE_HEADER, signWebhook } from './webhook-signature.ts';

const KEY = 'webhook-events';
/** Types that were told, waiting or not. */
const TOLD_KEY = 'webhook-told';

const FIRST_BACK_OFF_MS = 5000;
const LONGEST_BACK_OFF_MS = 3_600_000;
/** With these waits, a day. */
const MOST_ATTEMPTS = 32;
/** How long a receiver may take. */
const ANSWER_MS = 10_000;

const EVENTS = v.array(
  v.object({ id: v.string(), body: v.string(), attempts: v.number(), dueAtMs: v.number() }),
);

type PendingEvent = v.InferOutput<typeof EVENTS>[number];

/** What a webhook needs of its surroundings. */
export interface WebhookPorts {
  readonly conversation: string;
  readonly kv: SyncKvStorage;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Has `alarm` called at this time or soon after, Infinity for never. */
  readonly want: (atMs: number) => void;
}

/** Where events go, and the key that they are signed with. */
export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
}

/**
 * An event is stored before it is sent, so it is delivered at least once: its `id` tells a repetition. After a day
 * without success it is given up, and the log says so.
 */
export class Webhook {
  readonly #ports: WebhookPorts;
  #target: WebhookTarget | null = null;
  #isSending = false;

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
  }

  /** To be called before anything else, also after a wake-up; null for nowhere. */
  configure(target: WebhookTarget | null): void {
    this.#target = target;
    this.#wantNext();
  }

  /** Events that wait. */
  get pending(): number {
    return this.#events.length;
  }

  /** Adds an event: `type`, and what there is to say of it. The same type is told once. */
  tell(type: string, fields: Readonly<Record<string, unknown>>, nowMs: number): void {
    if (this.#target === null) return;
    const { conversation } = this.#ports;
    const id = `${conversation}:${type}`;
    const events = this.#events;
    const told = this.#ports.kv.get<string[]>(TOLD_KEY) ?? [];
    if (told.includes(type)) return;
    this.#ports.kv.put(TOLD_KEY, [...told, type]);
    const at = new Date(nowMs).toISOString();
    const body = JSON.stringify({ id, type, conversation, at, ...fields });
    this.#write([...events, { id, body, attempts: 0, dueAtMs: nowMs }]);
    this.#wantNext();
  }

  /** The deadline has come: sends the oldest event. Never rejects. */
  async alarm(nowMs: number): Promise<void> {
    const [event] = this.#events;
    if (event === undefined || this.#target === null || this.#isSending) return;
    if (nowMs < event.dueAtMs) {
      this.#wantNext();
      return;
    }
    this.#isSending = true;
    const outcome = await this.#send(event, this.#target, nowMs);
    this.#isSending = false;
    this.#settle(event, outcome, nowMs);
    this.#wantNext();
  }

  /** 'taken', or what went wrong. */
  async #send(
    { body }: PendingEvent,
    { url, secret }: WebhookTarget,
    nowMs: number,
  ): Promise<string> {
    const patience = new AbortController();
    // Cleared when the answer is there, because an object with a timer is kept awake.
    const timer = setTimeout(() => patience.abort(), ANSWER_MS);
    try {
      const response = await this.#ports.fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          [SIGNATURE_HEADER]: await signWebhook(body, secret, nowMs),
        },
        body,
        // Followed, a redirect could lead to an address that was never checked.
        redirect: 'manual',
        signal: patience.signal,
      });
      await response.body?.cancel();
      return response.ok ? 'taken' : `status ${response.status}`;
    } catch (fault) {
      return fault instanceof Error ? fault.message : String(fault);
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(sent: PendingEvent, outcome: string, nowMs: number): void {
    const [event, ...others] = this.#events;
    if (event?.id !== sent.id) return;
    const attempts = event.attempts + 1;
    if (outcome === 'taken' || attempts >= MOST_ATTEMPTS) {
      this.#write(others);
    } else {
      const dueAtMs = nowMs + backOffMs(attempts, FIRST_BACK_OFF_MS, LONGEST_BACK_OFF_MS);
      this.#write([{ ...event, attempts, dueAtMs }, ...others]);
    }
    if (outcome === 'taken') return;
    const isGivenUp = attempts >= MOST_ATTEMPTS;
    const fields = { conversation: this.#ports.conversation, attempts, outcome, isGivenUp };
    logNotice('webhook-failed', fields);
  }

  #wantNext(): void {
    const [event] = this.#events;
    if (event === undefined || this.#target === null) this.#ports.want(Number.POSITIVE_INFINITY);
    else this.#ports.want(event.dueAtMs);
  }

  get #events(): PendingEvent[] {
    const events = v.safeParse(EVENTS, this.#ports.kv.get(KEY));
    return events.success ? events.output : [];
  }

  #write(events: readonly PendingEvent[]): void {
    if (events.length === 0) this.#ports.kv.delete(KEY);
    else this.#ports.kv.put(KEY, [...events]);
  }
}
