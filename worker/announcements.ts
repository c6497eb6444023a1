// What the service has said in a conversation: words through the agent, or audio of the developer's own.

import * as v from 'valibot';
import type { Announcement } from '../core/conversation/announcer.ts';
import { ENGINE_RATE_HZ } from '../core/media/payload-codec.ts';
import { Resampler } from '../core/media/resampler.ts';
import { TEXT_MAX_CHARACTERS } from '../core/wire/limits.ts';
import { readWaveWithin, WaveError } from '../durable-objects/runtime/wave.ts';
import { admitToConversation } from './admission.ts';
import { unknownConversation } from './conversations.ts';
import { Refusal } from './refusal.ts';
import { readBody } from './requests.ts';
import { objectOf, type Visit } from './visit.ts';

const LOWEST_RATE_HZ = 8000;
const HIGHEST_RATE_HZ = 48_000;

const LONGEST_SECONDS = 60;

/** Longest audio at the highest rate, and room for what else a wave file may hold. */
const WAVE_MAX_BYTES = LONGEST_SECONDS * HIGHEST_RATE_HZ * 2 + 65_536;

const SAY_REQUEST = v.strictObject({
  text: v.pipe(v.string(), v.minLength(1), v.maxLength(TEXT_MAX_CHARACTERS)),
  /** Whether the caller may cut it short. */
  interruptible: v.optional(v.boolean(), true),
});

/** `POST /v1/conversations/:id/say`: `{"text"}` is said by the agent, audio/wav is played as it is. */
export async function announce(visit: Visit): Promise<Response> {
  const { request, settings, conversation, nowMs } = visit;
  await admitToConversation(request, settings, conversation, ['admin'], nowMs);
  const type = request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase();
  const isWave = type === 'audio/wav' || type === 'audio/x-wav' || type === 'audio/wave';
  const announcement = isWave
    ? await readAudio(request)
    : ({ kind: 'text', ...(await readBody(request, SAY_REQUEST)) } as const);
  const outcome = await objectOf(visit).say(announcement);
  switch (outcome.kind) {
    case 'done':
      return Response.json({ accepted: true }, { status: 202 });
    case 'unknown':
      throw unknownConversation();
    case 'refused':
      throw new Refusal('conflict', outcome.sentence);
    default:
      throw new Refusal('unavailable', outcome.sentence);
  }
}

/** `?interruptible=false` where the body has no room to say so. Throws Refusal. */
async function readAudio(request: Request): Promise<Announcement> {
  const interruptible = new URL(request.url).searchParams.get('interruptible') !== 'false';
  const file = await readBytes(request);
  try {
    const { rateHz, samples } = readWaveWithin(file, LOWEST_RATE_HZ, HIGHEST_RATE_HZ);
    if (samples.length > LONGEST_SECONDS * rateHz) {
      throw new Refusal('too-large', `An announcement lasts at most ${LONGEST_SECONDS} s.`);
    }
    return { kind: 'audio', samples: resampled(samples, rateHz), interruptible };
  } catch (fault) {
    if (fault instanceof WaveError) throw new Refusal('invalid-request', fault.message);
    throw fault;
  }
}

/** The samples at the engine's rate: as many as their duration has. */
function resampled(samples: Int16Array, rateHz: number): Int16Array {
  if (rateHz === ENGINE_RATE_HZ) return samples;
  const resampler = new Resampler(rateHz, ENGINE_RATE_HZ);
  const padded = new Int16Array(samples.length + resampler.delaySamples);
  padded.set(samples);
  const converted = new Int16Array(resampler.outputLimit(padded.length));
  resampler.convert(padded, 0, padded.length, converted, 0);
  return converted.slice(0, Math.ceil((samples.length * ENGINE_RATE_HZ) / rateHz));
}

async function readBytes(request: Request): Promise<ArrayBuffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of request.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > WAVE_MAX_BYTES) {
      throw new Refusal('too-large', `The body must not exceed ${WAVE_MAX_BYTES} bytes.`);
    }
    pieces.push(piece);
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole.buffer;
}
