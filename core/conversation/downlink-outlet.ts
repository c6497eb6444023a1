// Where the downlink's packets, messages and endings go: to the client, the agent and the timeline.

import type { DownlinkListener } from '../playout/downlink.ts';
import type { ConversationParts } from './parts.ts';

/** `parts` and `eventMs` are asked when something is told: the parts are being made while this is. */
export function downlinkOutlet(
  parts: () => ConversationParts,
  eventMs: () => number,
): DownlinkListener {
  return {
    commit: () => {
      const { client, durability } = parts();
      durability.owe();
      durability.store(true);
      if (durability.owed) return false;
      client.flush();
      return true;
    },
    sendAudio: (packet) => parts().client.sendAudio(packet),
    sendControl: (message) => parts().client.sendControl(message),
    utteranceEnded: (utterance, reason, heard) => {
      const { agent, announcer, chronicle, durability } = parts();
      // What was heard out may be stored later, unless an agent waits to tell somebody outside of it.
      if (reason === 'completed' && agent.stored === undefined) durability.oweLazily();
      else durability.owe();
      chronicle.utteranceEnded(utterance, reason, heard, false);
      if (announcer.owns(utterance)) return;
      if (reason === 'completed') agent.completed(heard, eventMs());
      else agent.interrupted(heard, eventMs());
    },
    heardCorrected: (utterance, heard) => {
      parts().durability.owe();
      parts().chronicle.utteranceEnded(utterance, 'interrupted', heard, true);
    },
  };
}
