// Holds a whole conversation with a service, and tells what became of it.

import type { AudioFormat } from '../../core/wire/messages.ts';
import { type CallSummary, summarize } from './call-summary.ts';
import type { CallTrace } from './call-trace.ts';
import { type CallOptions, LiveCall } from './live-call.ts';
import {
  type ConversationRequest,
  createConversation,
  type Invitation,
  readConversation,
  type Service,
  socketUrl,
} from './service-api.ts';
import type { TimelineEvent } from './timeline-event.ts';

export const DEFAULT_FORMAT: AudioFormat = { codec: 'pcm16', rateHz: 16_000, frameMs: 20 };

/** Longer than the hangover of a turn and a slow answer's first sound together. */
const DEFAULT_SETTLE_MS = 2500;

/** As long as a service keeps a turn open for a caller who is gone. */
export const DEFAULT_RECONNECT_MS = 5000;

export interface ConversationOptions extends Partial<CallOptions> {
  /** What the caller says, at 16 kHz. */
  readonly voice: Int16Array;
  /** What to create; or an invitation to a conversation that was created elsewhere. */
  readonly conversation: ConversationRequest | Invitation;
  /** Called as soon as the conversation has a name. */
  readonly onInvited?: ((invitation: Invitation) => Promise<void>) | undefined;
}

/** A call that is over. */
export interface CallRecord {
  readonly invitation: Invitation;
  readonly events: readonly TimelineEvent[];
  /** What the caller heard, at 16 kHz, from the first sample that the microphone captured on. */
  readonly heard: Int16Array;
  readonly trace: CallTrace;
  readonly summary: CallSummary;
}

/** Talks in real time until the voice is over and everything is answered. Rejects with CommandError and a sentence. */
export async function holdConversation(
  service: Service,
  options: ConversationOptions,
): Promise<CallRecord> {
  const { conversation: wanted, onInvited, ...callOptions } = options;
  const invitation =
    'token' in wanted ? (wanted as Invitation) : await createConversation(service, wanted);
  await onInvited?.(invitation);
  const { conversation, token } = invitation;
  const address = { url: socketUrl(service, conversation), conversation, token };
  const call = new LiveCall(address, {
    format: DEFAULT_FORMAT,
    settleMs: DEFAULT_SETTLE_MS,
    maximumMs: Number.POSITIVE_INFINITY,
    reconnectMs: DEFAULT_RECONNECT_MS,
    stop: new AbortController().signal,
    onEvent: () => {},
    onProgress: () => {},
    ...callOptions,
  });
  await call.run();
  const state = await readConversation(service, invitation).catch(() => null);
  return {
    invitation,
    events: call.log.events,
    heard: call.speaker.recording(),
    trace: call.trace,
    summary: summarize(call.log, call.player.status, call.session.statistics, state),
  };
}
