// The port to the agent's speech as it is stored: one line of samples, of everything the agent has said.

/** Positions are 16 kHz samples since the conversation began. */
export interface SpeechSource {
  /**
   * Copies [position, position + length) to `into[offset …]` and returns how many samples, from the first on, were there:
   * fewer than `length` where the line ends or a piece of it is lost.
   */
  copyTo(position: number, into: Int16Array, offset: number, length: number): number;
  /** From `position` on, up to where speech is lost: `position` itself when it is there, at most `limit`. */
  lostTo(position: number, limit: number): number;
}
