// The port through which a session sends: a WebSocket, or a test's stand-in for one.

/** One open connection. A session calls it synchronously; a transport that has closed meanwhile does nothing. */
export interface Transport {
  /** Sends a text message, or a binary one whose bytes are valid during the call only: copy what is kept. */
  send(data: string | Uint8Array): void;
  /** Closes the connection with a close code of core/wire/close-codes.ts or RFC 6455 §7.4. */
  close(code: number, reason: string): void;
}
