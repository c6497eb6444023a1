// The call that a page holds.

import type { CallEvents } from './call-events.ts';
import type { DeviceChoice } from './connect-options.ts';
import type { NetworkConditions } from './network-conditions.ts';

/** A call from its welcome on. A listener that throws is reported to the page as an uncaught error and stops nobody else. */
export interface Call {
  readonly conversation: string;
  /** The microphone's rate and the speaker's are those of this context. */
  readonly context: AudioContext;
  readonly muted: boolean;
  /** True once `connection` has said `closed`. */
  readonly closed: boolean;
  /** Returns the function that takes the listener away again. */
  on<Name extends keyof CallEvents>(
    name: Name,
    listener: (event: CallEvents[Name]) => void,
  ): () => void;
  /** Silence from now on, told to the service as a pause; the microphone stays open for `unmute`. */
  mute(): void;
  unmute(): void;
  /** Asks the agent to stop. */
  interrupt(): void;
  /** Throws RangeError when it is longer than the protocol allows. */
  sendText(text: string): void;
  /** The edges of a manual turn; with `pushToTalk` the microphone is open in between. */
  pressToTalk(): void;
  releaseToTalk(): void;
  /** Changes devices in mid-call; rejects with CallError, and the old ones stay. */
  setDevices(choice: DeviceChoice): Promise<void>;
  /** After an `audio` event `blocked`: to be called from a click or a key press. */
  startAudio(): Promise<void>;
  setNetworkConditions(conditions: NetworkConditions): void;
  /** Cuts the connection, as a tunnel does; no new one can be had for `forMs`. */
  cutConnection(forMs?: number): void;
  /** Says good-bye, lets go of the microphone; resolves when the service has closed. */
  close(reason?: string): Promise<void>;
}
