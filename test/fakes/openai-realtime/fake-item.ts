// An item of a fake conversation.

/** An item as the service knows it. */
export interface FakeItem {
  readonly id: string;
  readonly type: 'message' | 'function_call' | 'function_call_output';
  readonly role: 'user' | 'assistant' | 'system' | null;
  /** What was said: null while it is not written down, and once it was truncated. */
  text: string | null;
  /** Audio of the model's that was sent, in samples at 24 kHz; null for an item without. */
  audioSamples: number | null;
  /** The words of which audio was sent, whatever the client says of them later. */
  readonly words: number[];
  /** Set by a truncation. */
  heardMs: number | null;
  /** Its response was cancelled before its end. */
  isCalledOff?: boolean;
  readonly callId: string | null;
  readonly name: string | null;
}
