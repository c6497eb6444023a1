// What the API takes from a client, to the letter: https://developers.openai.com/api/reference/resources/realtime/client-events

import * as v from 'valibot';

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const event_id = v.optional(v.pipe(v.string(), v.maxLength(512)));
const text = v.string();
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `append` takes at most 15 MiB of audio. */
const AUDIO_MAX_CHARACTERS = (15 * 2 ** 20 * 4) / 3;

/** Base64 of whole 16-bit samples. */
const audio = v.pipe(
  v.string(),
  v.maxLength(AUDIO_MAX_CHARACTERS),
  v.regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be base64'),
  v.check((value) => Buffer.from(value, 'base64').length % 2 === 0, 'must be whole samples'),
);

const PCM = v.strictObject({ type: v.literal('audio/pcm'), rate: v.literal(24_000) });
const G711 = v.strictObject({ type: v.picklist(['audio/pcmu', 'audio/pcma']) });

const effects = {
  create_response: v.optional(v.boolean()),
  interrupt_response: v.optional(v.boolean()),
};

const TURN_DETECTION = v.variant('type', [
  v.strictObject({
    type: v.literal('server_vad'),
    threshold: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    prefix_padding_ms: v.optional(whole),
    silence_duration_ms: v.optional(whole),
    idle_timeout_ms: v.optional(v.nullable(whole)),
    ...effects,
  }),
  v.strictObject({
    type: v.literal('semantic_vad'),
    eagerness: v.optional(v.picklist(['low', 'medium', 'high', 'auto'])),
    ...effects,
  }),
]);
export type TurnDetection = v.InferOutput<typeof TURN_DETECTION>;

const TOOL = v.strictObject({
  type: v.literal('function'),
  name: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  description: v.optional(text),
  parameters: v.optional(v.looseObject({ type: v.literal('object') })),
});

const SESSION = v.strictObject({
  type: v.literal('realtime'),
  model: v.optional(text),
  instructions: v.optional(text),
  output_modalities: v.optional(v.tuple([v.picklist(['audio', 'text'])])),
  audio: v.optional(
    v.strictObject({
      input: v.optional(
        v.strictObject({
          format: v.optional(v.union([PCM, G711])),
          noise_reduction: v.optional(
            v.nullable(v.strictObject({ type: v.picklist(['near_field', 'far_field']) })),
          ),
          transcription: v.optional(
            v.nullable(
              v.strictObject({
                model: v.optional(text),
                language: v.optional(text),
                prompt: v.optional(text),
              }),
            ),
          ),
          turn_detection: v.optional(v.nullable(TURN_DETECTION)),
        }),
      ),
      output: v.optional(
        v.strictObject({
          format: v.optional(v.union([PCM, G711])),
          voice: v.optional(text),
          speed: v.optional(v.pipe(v.number(), v.minValue(0.25), v.maxValue(1.5))),
        }),
      ),
    }),
  ),
  tools: v.optional(v.array(TOOL)),
  tool_choice: v.optional(v.picklist(['auto', 'none', 'required'])),
  max_output_tokens: v.optional(v.union([v.literal('inf'), v.pipe(whole, v.maxValue(4096))])),
});

const status = v.optional(v.picklist(['completed', 'incomplete', 'in_progress']));
const object = v.optional(v.literal('realtime.item'));

const MESSAGE = v.variant('role', [
  v.strictObject({
    id: v.optional(id),
    object,
    status,
    type: v.literal('message'),
    role: v.literal('user'),
    content: v.array(
      v.variant('type', [
        v.strictObject({ type: v.literal('input_text'), text }),
        v.strictObject({
          type: v.literal('input_audio'),
          audio,
          transcript: v.optional(text),
        }),
      ]),
    ),
  }),
  v.strictObject({
    id: v.optional(id),
    object,
    status,
    type: v.literal('message'),
    role: v.literal('assistant'),
    // "cannot populate assistant audio messages", says the reference.
    content: v.array(v.strictObject({ type: v.literal('output_text'), text })),
  }),
  v.strictObject({
    id: v.optional(id),
    object,
    status,
    type: v.literal('message'),
    role: v.literal('system'),
    content: v.array(v.strictObject({ type: v.literal('input_text'), text })),
  }),
]);

const CREATED_ITEM = v.variant('type', [
  MESSAGE,
  v.strictObject({
    id: v.optional(id),
    object,
    status,
    type: v.literal('function_call'),
    call_id: v.optional(id),
    name: text,
    arguments: text,
  }),
  v.strictObject({
    id: v.optional(id),
    object,
    status,
    type: v.literal('function_call_output'),
    call_id: id,
    output: text,
  }),
]);
export type CreatedItem = v.InferOutput<typeof CREATED_ITEM>;

/** Unknown fields are refused: the service does so too. */
export const CLIENT_EVENT = v.variant('type', [
  v.strictObject({ type: v.literal('session.update'), event_id, session: SESSION }),
  v.strictObject({ type: v.literal('input_audio_buffer.append'), event_id, audio }),
  v.strictObject({ type: v.literal('input_audio_buffer.commit'), event_id }),
  v.strictObject({ type: v.literal('input_audio_buffer.clear'), event_id }),
  v.strictObject({
    type: v.literal('conversation.item.create'),
    event_id,
    previous_item_id: v.optional(v.nullable(id)),
    item: CREATED_ITEM,
  }),
  v.strictObject({ type: v.literal('conversation.item.delete'), event_id, item_id: id }),
  v.strictObject({ type: v.literal('conversation.item.retrieve'), event_id, item_id: id }),
  v.strictObject({
    type: v.literal('conversation.item.truncate'),
    event_id,
    item_id: id,
    content_index: v.literal(0),
    audio_end_ms: whole,
  }),
  v.strictObject({
    type: v.literal('response.create'),
    event_id,
    response: v.optional(
      v.strictObject({
        instructions: v.optional(text),
        conversation: v.optional(v.picklist(['auto', 'none'])),
        output_modalities: v.optional(v.tuple([v.picklist(['audio', 'text'])])),
        tool_choice: v.optional(v.picklist(['auto', 'none', 'required'])),
      }),
    ),
  }),
  v.strictObject({ type: v.literal('response.cancel'), event_id, response_id: v.optional(id) }),
]);
export type FakeClientEvent = v.InferOutput<typeof CLIENT_EVENT>;
