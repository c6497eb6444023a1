// What durability asks of its conversation, and whom it tells how its writes went.

import type { Call } from './call.ts';
import type { DurabilityCalls } from './durability.ts';
import type { ConversationParts } from './parts.ts';

/** `parts`, `call` and `eventMs` are asked when something is told; `stored` is called when the state was written. */
export function durabilityOutlet(
  parts: () => ConversationParts,
  call: () => Call,
  eventMs: () => number,
  stored: () => void,
): DurabilityCalls {
  const goOn = (): void => {
    const { agent, downlink } = parts();
    downlink.stored();
    if (call().agentOpened) agent.stored?.(eventMs());
  };
  return {
    mark: () => parts().uplink.stream?.mark ?? null,
    stored: () => {
      stored();
      goOn();
    },
    goOn,
    refused: (sentence) => {
      const { chronicle, client } = parts();
      client.sendControl({ type: 'error', code: 'not-stored', sentence });
      chronicle.storage('refused', sentence);
    },
  };
}
