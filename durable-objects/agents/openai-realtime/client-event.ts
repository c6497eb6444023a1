// What is sent to OpenAI Realtime: the client events that this agent uses, as its API reference names them.

import type { SessionSettings } from './session-settings.ts';

/** Rate of PCM16 in both directions; the API knows no other for `audio/pcm`. */
export const VENDOR_RATE_HZ = 24_000;

/** An item of the vendor's conversation, with an id of our own choice. */
export type VendorItem =
  | {
      readonly id: string;
      readonly type: 'message';
      readonly role: 'user';
      readonly content: (
        | { readonly type: 'input_text'; readonly text: string }
        | { readonly type: 'input_audio'; readonly audio: string }
      )[];
    }
  | {
      readonly id: string;
      readonly type: 'message';
      readonly role: 'assistant';
      readonly content: { readonly type: 'output_text'; readonly text: string }[];
    }
  | {
      readonly id: string;
      readonly type: 'function_call';
      readonly call_id: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly id: string;
      readonly type: 'function_call_output';
      readonly call_id: string;
      readonly output: string;
    };

/** https://developers.openai.com/api/reference/resources/realtime/client-events */
export type ClientEvent =
  | {
      readonly type: 'session.update';
      readonly event_id: string;
      readonly session: SessionSettings;
    }
  | { readonly type: 'input_audio_buffer.append'; readonly audio: string }
  | { readonly type: 'input_audio_buffer.commit' }
  | {
      readonly type: 'conversation.item.create';
      readonly item: VendorItem;
      readonly previous_item_id?: string;
    }
  | { readonly type: 'conversation.item.delete'; readonly item_id: string }
  | {
      readonly type: 'conversation.item.truncate';
      readonly item_id: string;
      readonly content_index: number;
      readonly audio_end_ms: number;
    }
  | {
      readonly type: 'response.create';
      readonly event_id: string;
      readonly response?: { readonly instructions: string };
    }
  | { readonly type: 'response.cancel'; readonly response_id?: string };

/** Sends one event to the vendor; without a session it goes nowhere. */
export type SendEvent = (event: ClientEvent) => void;
