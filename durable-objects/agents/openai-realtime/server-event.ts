// What comes from OpenAI Realtime: the server events that this agent acts on, read leniently.

import * as v from 'valibot';

const id = v.pipe(v.string(), v.minLength(1));
const count = v.optional(v.number());

/** Tokens of a response, as far as they are told. */
const USAGE = v.object({
  total_tokens: count,
  input_tokens: count,
  output_tokens: count,
  input_token_details: v.optional(
    v.object({ audio_tokens: count, text_tokens: count, cached_tokens: count }),
  ),
  output_token_details: v.optional(v.object({ audio_tokens: count, text_tokens: count })),
});
export type VendorUsage = v.InferOutput<typeof USAGE>;

/** An item that is not a function call is a message, or something that is no concern of ours. */
const OUTPUT_ITEM = v.object({
  id,
  type: v.string(),
  call_id: v.optional(v.string()),
  name: v.optional(v.string()),
  arguments: v.optional(v.string()),
  status: v.optional(v.string()),
});
export type OutputItem = v.InferOutput<typeof OUTPUT_ITEM>;

const RESPONSE_DONE = v.object({
  id,
  status: v.string(),
  status_details: v.nullish(
    v.object({
      reason: v.nullish(v.string()),
      error: v.nullish(v.object({ type: v.nullish(v.string()), code: v.nullish(v.string()) })),
    }),
  ),
  usage: v.nullish(USAGE),
});

const ERROR = v.object({
  type: v.optional(v.string()),
  code: v.nullish(v.string()),
  message: v.optional(v.string()),
  event_id: v.nullish(v.string()),
});

/** Events by name. Fields that are not read here may be anything, or missing. */
const EVENTS = {
  'session.updated': v.object({}),
  error: v.object({ error: ERROR }),
  'input_audio_buffer.speech_started': v.object({ audio_start_ms: v.number(), item_id: id }),
  'input_audio_buffer.speech_stopped': v.object({ audio_end_ms: v.number(), item_id: id }),
  'input_audio_buffer.committed': v.object({ item_id: id }),
  'conversation.item.input_audio_transcription.completed': v.object({
    item_id: id,
    transcript: v.string(),
    usage: v.nullish(
      v.object({ seconds: count, total_tokens: count, input_tokens: count, output_tokens: count }),
    ),
  }),
  'response.created': v.object({ response: v.object({ id }) }),
  'response.output_audio.delta': v.object({
    response_id: id,
    item_id: id,
    content_index: v.optional(v.number(), 0),
    delta: v.string(),
  }),
  'response.output_audio_transcript.delta': v.object({
    response_id: id,
    item_id: id,
    delta: v.string(),
  }),
  'response.output_audio_transcript.done': v.object({
    response_id: id,
    item_id: id,
    transcript: v.string(),
  }),
  'response.output_item.done': v.object({ response_id: id, item: OUTPUT_ITEM }),
  'response.done': v.object({ response: RESPONSE_DONE }),
} as const;

type Events = typeof EVENTS;

/** https://developers.openai.com/api/reference/resources/realtime/server-events */
export type ServerEvent = {
  [Type in keyof Events]: { readonly type: Type } & Readonly<v.InferOutput<Events[Type]>>;
}[keyof Events];

/** `unknown`: an event that this agent has no use for. `malformed`: not JSON, or without what its type needs. */
export type ParsedEvent =
  | { readonly kind: 'event'; readonly event: ServerEvent }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'malformed' };

const TYPED = v.object({ type: v.string() });
const MALFORMED: ParsedEvent = { kind: 'malformed' };
const decoder = new TextDecoder();

/** Reads one message. */
export function parseServerEvent(data: string | Uint8Array): ParsedEvent {
  let value: unknown;
  try {
    value = JSON.parse(typeof data === 'string' ? data : decoder.decode(data));
  } catch {
    return MALFORMED;
  }
  const typed = v.safeParse(TYPED, value);
  if (!typed.success) return MALFORMED;
  const { type } = typed.output;
  if (!isKnown(type)) return { kind: 'unknown' };
  const checked = v.safeParse(EVENTS[type], value);
  if (!checked.success) return MALFORMED;
  return { kind: 'event', event: { type, ...checked.output } as ServerEvent };
}

function isKnown(type: string): type is keyof Events {
  return Object.hasOwn(EVENTS, type);
}
