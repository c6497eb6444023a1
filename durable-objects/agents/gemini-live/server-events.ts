// What the Live API sends, as events: JSON in text or binary frames, of which nothing is taken on trust.

import * as v from 'valibot';
import { decodeBase64 } from '../vendor/base64.ts';

/** Something that the server said. One message may hold several. */
export type ServerEvent =
  | { readonly kind: 'setup-complete' }
  /** Speech of the model, PCM16, little-endian. */
  | { readonly kind: 'audio'; readonly bytes: Uint8Array; readonly rateHz: number }
  /** The caller has cut the model's turn short: what comes of it until `turn-complete` is void. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'generation-complete' }
  | { readonly kind: 'turn-complete' }
  /** In no defined order relative to the turns. */
  | { readonly kind: 'transcript'; readonly party: 'caller' | 'agent'; readonly text: string }
  | { readonly kind: 'tool-call'; readonly calls: readonly FunctionCall[] }
  | { readonly kind: 'tool-cancelled'; readonly ids: readonly string[] }
  | { readonly kind: 'go-away'; readonly leftMs: number }
  /** The session can be resumed as it is now, with what was consumed of this connection's messages where that is told. */
  | { readonly kind: 'resumable'; readonly handle: string; readonly consumed: number | null }
  | { readonly kind: 'usage'; readonly report: Readonly<Record<string, number>> }
  | { readonly kind: 'unreadable' };

export interface FunctionCall {
  readonly id: string;
  readonly name: string;
  readonly args: unknown;
}

const FLAG = v.optional(v.boolean(), false);
const TRANSCRIPT = v.optional(v.object({ text: v.optional(v.string(), '') }));

const CONTENT = v.object({
  modelTurn: v.optional(
    v.object({
      parts: v.optional(
        v.array(
          v.object({
            inlineData: v.optional(v.object({ mimeType: v.string(), data: v.string() })),
          }),
        ),
        [],
      ),
    }),
  ),
  interrupted: FLAG,
  generationComplete: FLAG,
  turnComplete: FLAG,
  inputTranscription: TRANSCRIPT,
  outputTranscription: TRANSCRIPT,
});

/** Fields that we know; all others are ignored. */
const MESSAGE = v.object({
  setupComplete: v.optional(v.object({})),
  serverContent: v.optional(CONTENT),
  toolCall: v.optional(
    v.object({
      functionCalls: v.optional(
        v.array(
          v.object({
            id: v.string(),
            name: v.string(),
            args: v.optional(v.record(v.string(), v.unknown()), {}),
          }),
        ),
        [],
      ),
    }),
  ),
  toolCallCancellation: v.optional(v.object({ ids: v.optional(v.array(v.string()), []) })),
  goAway: v.optional(v.object({ timeLeft: v.optional(v.string(), '0s') })),
  sessionResumptionUpdate: v.optional(
    v.object({
      newHandle: v.optional(v.string(), ''),
      resumable: FLAG,
      /** An int64, which protobuf's JSON writes as a string. */
      lastConsumedClientMessageIndex: v.optional(v.union([v.string(), v.number()])),
    }),
  ),
  usageMetadata: v.optional(v.record(v.string(), v.unknown())),
});

type Message = v.InferOutput<typeof MESSAGE>;

const AUDIO_TYPE = /^audio\/pcm(?:;\s*rate=(\d+))?$/;
const DEFAULT_RATE_HZ = 24_000;
/** Rates that can be resampled. */
const RATE_MIN_HZ = 8000;
const RATE_MAX_HZ = 192_000;

/** Reads one frame. What cannot be read becomes `unreadable`, and the rest of the message still counts where it can. */
export function readServerEvents(data: string | Uint8Array): ServerEvent[] {
  const json = parseJson(data);
  const message = v.safeParse(MESSAGE, json);
  if (message.success) return eventsOf(message.output);
  return [{ kind: 'unreadable' }];
}

function parseJson(data: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data));
  } catch {
    return null;
  }
}

function eventsOf(message: Message): ServerEvent[] {
  const events: ServerEvent[] = [];
  if (message.setupComplete !== undefined) events.push({ kind: 'setup-complete' });
  if (message.serverContent !== undefined) pushContent(events, message.serverContent);
  const { toolCall, toolCallCancellation, goAway, sessionResumptionUpdate, usageMetadata } =
    message;
  if (toolCall !== undefined) events.push({ kind: 'tool-call', calls: toolCall.functionCalls });
  if (toolCallCancellation !== undefined) {
    events.push({ kind: 'tool-cancelled', ids: toolCallCancellation.ids });
  }
  if (goAway !== undefined) events.push({ kind: 'go-away', leftMs: durationMs(goAway.timeLeft) });
  if (sessionResumptionUpdate !== undefined) pushResumption(events, sessionResumptionUpdate);
  if (usageMetadata !== undefined)
    events.push({ kind: 'usage', report: tokenCounts(usageMetadata) });
  return events;
}

/** An interruption voids what comes with it, so it goes first; completion closes what comes with it, so it goes last. */
function pushContent(events: ServerEvent[], content: v.InferOutput<typeof CONTENT>): void {
  if (content.interrupted) events.push({ kind: 'interrupted' });
  for (const { inlineData } of content.modelTurn?.parts ?? []) {
    if (inlineData !== undefined) events.push(audioEvent(inlineData));
  }
  pushTranscript(events, 'caller', content.inputTranscription?.text);
  pushTranscript(events, 'agent', content.outputTranscription?.text);
  if (content.generationComplete) events.push({ kind: 'generation-complete' });
  if (content.turnComplete) events.push({ kind: 'turn-complete' });
}

function pushTranscript(
  events: ServerEvent[],
  party: 'caller' | 'agent',
  text: string | undefined,
): void {
  if (text !== undefined && text !== '') events.push({ kind: 'transcript', party, text });
}

function audioEvent({ mimeType, data }: { mimeType: string; data: string }): ServerEvent {
  const type = AUDIO_TYPE.exec(mimeType);
  const bytes = type === null ? null : decodeBase64(data);
  const rateHz = Number(type?.[1] ?? DEFAULT_RATE_HZ);
  const isPossible = rateHz >= RATE_MIN_HZ && rateHz <= RATE_MAX_HZ;
  return bytes === null || !isPossible ? { kind: 'unreadable' } : { kind: 'audio', bytes, rateHz };
}

function pushResumption(
  events: ServerEvent[],
  {
    newHandle,
    resumable,
    lastConsumedClientMessageIndex,
  }: NonNullable<Message['sessionResumptionUpdate']>,
): void {
  if (!resumable || newHandle === '') return;
  const index = Number(lastConsumedClientMessageIndex ?? Number.NaN);
  const consumed = Number.isSafeInteger(index) && index >= 0 ? index : null;
  events.push({ kind: 'resumable', handle: newHandle, consumed });
}

/** A protobuf Duration in JSON: seconds with a fraction, and an s. What cannot be read is no time at all. */
function durationMs(text: string): number {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(text)?.[1];
  return seconds === undefined ? 0 : Number(seconds) * 1000;
}

/** The counts at the top, such as `promptTokenCount`, and what they consist of by modality: `promptAudioTokenCount`. */
function tokenCounts(usage: Readonly<Record<string, unknown>>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [name, value] of Object.entries(usage)) {
    if (typeof value === 'number') counts[name] = value;
    const details = v.safeParse(DETAILS, value);
    if (!details.success || !name.endsWith('TokensDetails')) continue;
    for (const { modality, tokenCount } of details.output) {
      const kind = modality.charAt(0) + modality.slice(1).toLowerCase();
      counts[name.replace('TokensDetails', `${kind}TokenCount`)] = tokenCount;
    }
  }
  return counts;
}

const DETAILS = v.array(v.object({ modality: v.string(), tokenCount: v.number() }));
