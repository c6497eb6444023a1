// The dialects of the models that listen: what they are opened with, what ends a turn, and what their messages mean.

import * as v from 'valibot';
import type { Listening } from '../../runtime/workers-ai.ts';
import type { WorkersAiOptions } from './options.ts';

/** What a message of a listening model means. */
export type HeardEvent =
  /** The vendor has found that a turn begins. */
  | { readonly kind: 'started' }
  /** The words of the vendor's turn so far, in place of those told before. */
  | { readonly kind: 'words'; readonly text: string }
  /** Words that will not change any more; the next ones stand after them. */
  | { readonly kind: 'fixed'; readonly text: string }
  /** The vendor's turn is over, and these are its words. */
  | { readonly kind: 'ended'; readonly text: string }
  /** The vendor will not go on. */
  | { readonly kind: 'error' }
  /** Nothing of interest, but a sign of life. */
  | { readonly kind: 'other' };

/** How one model is spoken to. */
export interface Dialect {
  readonly listening: Listening;
  /** Ends the turn at what was sent. */
  readonly endTurn: string;
  /** Keeps an idle socket open; null where the model knows no such message. */
  readonly keepAlive: string | null;
  /** The words are taken as they are when the end was asked for so long ago. */
  readonly patienceMs: number;
  /** Null for what cannot be read. */
  read(message: string): HeardEvent | null;
}

/** Hz of the audio that is sent. */
const RATE = '16000';

export function dialectOf(options: WorkersAiOptions): Dialect {
  return options.hearing === 'flux' ? flux(options) : nova(options);
}

/** https://developers.deepgram.com/docs/flux/state; the types of Workers AI know the same events without the outer `type`. */
const FLUX_MESSAGE = v.object({
  type: v.optional(v.string()),
  event: v.optional(v.string()),
  transcript: v.optional(v.string(), ''),
});

/** The highest that Workers AI takes: where we end the turns, the model should not. */
const RELUCTANT = '0.9';

function flux({ turnDetection, vendorDetection }: WorkersAiOptions): Dialect {
  const { threshold, timeoutMs } = vendorDetection;
  const eot =
    turnDetection === 'ours'
      ? { eot_threshold: RELUCTANT, eot_timeout_ms: '10000' }
      : {
          ...(threshold === undefined ? {} : { eot_threshold: String(threshold) }),
          ...(timeoutMs === undefined ? {} : { eot_timeout_ms: String(timeoutMs) }),
        };
  return {
    listening: {
      model: '@cf/deepgram/flux',
      inputs: { encoding: 'linear16', sample_rate: RATE, ...eot },
    },
    endTurn: '{"type":"ForceEndTurn"}',
    keepAlive: null,
    patienceMs: 1000,
    read: (message) => {
      const read = v.safeParse(FLUX_MESSAGE, parsed(message));
      return read.success ? fluxEvent(read.output) : null;
    },
  };
}

function fluxEvent({
  type,
  event,
  transcript: text,
}: v.InferOutput<typeof FLUX_MESSAGE>): HeardEvent {
  switch (event) {
    case 'StartOfTurn':
      return { kind: 'started' };
    case 'Update':
    case 'EagerEndOfTurn':
    case 'TurnResumed':
      return { kind: 'words', text };
    case 'EndOfTurn':
      return { kind: 'ended', text };
    default:
      return { kind: type === 'Error' ? 'error' : 'other' };
  }
}

/** https://developers.deepgram.com/docs/finalize and its neighbours. */
const NOVA_MESSAGE = v.object({
  type: v.optional(v.string()),
  is_final: v.optional(v.boolean(), false),
  from_finalize: v.optional(v.boolean(), false),
  channel: v.optional(
    v.object({ alternatives: v.array(v.object({ transcript: v.optional(v.string(), '') })) }),
  ),
});

function nova({ language }: WorkersAiOptions): Dialect {
  return {
    listening: {
      model: '@cf/deepgram/nova-3',
      inputs: {
        encoding: 'linear16',
        sample_rate: RATE,
        language,
        interim_results: 'true',
        smart_format: 'true',
      },
    },
    endTurn: '{"type":"Finalize"}',
    keepAlive: '{"type":"KeepAlive"}',
    patienceMs: 600,
    read: (message) => {
      const read = v.safeParse(NOVA_MESSAGE, parsed(message));
      if (!read.success) return null;
      const { type, is_final, from_finalize, channel } = read.output;
      if (type === 'Error') return { kind: 'error' };
      if (type !== 'Results') return { kind: 'other' };
      const text = channel?.alternatives[0]?.transcript ?? '';
      if (from_finalize) return { kind: 'ended', text };
      return { kind: is_final ? 'fixed' : 'words', text };
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
