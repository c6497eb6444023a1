// What can go wrong with a call, as kinds that a page can act on.

/**
 * Before the call: `unsupported` (no microphone API, no worklets, or the page is not secure), `permission-denied`,
 * `no-microphone` (none there, or in use elsewhere), `aborted` (by the caller's own signal), `unreachable` (no service, or no
 * welcome in time), `refused` (token or conversation).
 * During it: `microphone-lost` (capturing goes on with silence), `speaker-refused` (the old one stays), `replaced` (the
 * call goes on elsewhere), `ended` (by the service), `lost` (connections failed for too long), `audio-lost-soon` (an outage
 * outlasts what is kept for resending), `service` (the service says that something went wrong; the call goes on),
 * `failure` (a part of this library failed).
 */
export type CallErrorCode =
  | 'unsupported'
  | 'permission-denied'
  | 'no-microphone'
  | 'aborted'
  | 'unreachable'
  | 'refused'
  | 'microphone-lost'
  | 'speaker-refused'
  | 'replaced'
  | 'ended'
  | 'lost'
  | 'audio-lost-soon'
  | 'service'
  | 'failure';

/** The message is a sentence for the person at the page. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly code: CallErrorCode;
  /** How the socket was closed, where that is the reason (core/wire/close-codes.ts). */
  readonly closeCode: number | null;

  constructor(code: CallErrorCode, sentence: string, options: CallErrorOptions = {}) {
    super(sentence, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.closeCode = options.closeCode ?? null;
  }
}

export interface CallErrorOptions {
  readonly closeCode?: number | undefined;
  readonly cause?: unknown;
}
