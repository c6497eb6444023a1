// The hello of a client, and what the welcome allows it.

import {
  type AudioFormat,
  type Hello,
  PROTOCOL_VERSION,
  type ServerMessage,
} from '../../core/wire/messages.ts';
import type { ResendAllowance } from './packet-sender.ts';
import type { PlaybackStatus } from './player.ts';

export type Welcome = Extract<ServerMessage, { type: 'welcome' }>;

/** Who is calling, with what. */
export interface Caller {
  /** 32 random bits, new for each capture session. */
  readonly stream: number;
  /** Format of the microphone's packets. */
  readonly uplink: AudioFormat;
  /** Format wanted for the speaker: that of the player. */
  readonly downlink: AudioFormat;
  /** Name and version for the server's logs. */
  readonly client?: string | undefined;
  /** The formats to be named in hello, where the transport translates between them and those of microphone and player. */
  readonly onTheWire?: (() => Pick<Hello, 'uplink' | 'downlink'>) | undefined;
}

/** A first hello; with `resume`, one that goes on with a conversation. */
export function helloOf(caller: Caller, resume: Hello['resume']): Hello {
  return {
    type: 'hello',
    version: PROTOCOL_VERSION,
    stream: caller.stream,
    uplink: caller.uplink,
    downlink: caller.downlink,
    ...caller.onTheWire?.(),
    canHold: true,
    ...(resume === undefined ? {} : { resume }),
    ...(caller.client === undefined ? {} : { client: caller.client }),
  };
}

/** Where this client goes on: what it has heard, and what it has. */
export function resumeOf(status: PlaybackStatus, uplinkTimestamp: number | null): Hello['resume'] {
  const { generation, playedSamples, receivedSamples, nextSequence } = status;
  return { generation, playedSamples, receivedSamples, nextSequence, uplinkTimestamp };
}

/** What a welcome lets its client resend. */
export function allowanceOf({ resendBudget, limits }: Welcome): ResendAllowance {
  return { ...resendBudget, bundleFrames: limits.bundleFrames, messageBytes: limits.messageBytes };
}
