// How a fake session behaves; what is left out is a service in good health.

import type { FakeItem } from './fake-item.ts';

/** What the model is asked. */
export interface FakeQuestion {
  readonly items: readonly FakeItem[];
  /** User messages so far. */
  readonly turn: number;
  /** Of this response, where it has any of its own. */
  readonly instructions: string | null;
}

/** What it answers. */
export interface FakeAnswer {
  /** Words of a message item each; none for no message. */
  readonly messages: readonly (readonly number[])[];
  /** A function that is called after the messages. */
  readonly call?: { readonly name: string; readonly args: string } | undefined;
}

export interface FakeOptions {
  /** Audio comes so many times faster than it is spoken. */
  readonly speed?: number | undefined;
  /** From the request to the first audio. */
  readonly firstAudioMs?: number | undefined;
  /** Length of an audio delta. */
  readonly deltaMs?: number | undefined;
  /** Audio deltas that are on their way already when a response is cancelled. */
  readonly lateDeltas?: number | undefined;
  readonly sessionLimitMs?: number | undefined;
  /** `silent`: takes everything and answers nothing once set up. `malformed`: answers with what is no JSON, or lacks what it needs. */
  readonly mode?: 'healthy' | 'silent' | 'malformed' | undefined;
  /** The connection breaks when so much audio has been given in this session. */
  readonly diesAfterAudioMs?: number | undefined;
  /** Requests for a response fail with this code. */
  readonly failsWith?: string | undefined;
  readonly answer?: ((question: FakeQuestion) => FakeAnswer) | undefined;
  /** What is written down of the caller's audio. */
  readonly transcribe?: ((samples: Int16Array) => string) | undefined;
  /** From the commit to the transcript. */
  readonly transcriptionMs?: number | undefined;
  /** How the connection breaks; `close(1006, '')` unless given. */
  readonly cut?: (() => void) | undefined;
}
