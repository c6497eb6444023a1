// The status of a player as its player writes it.

import type { PacketOutcome, PlaybackStatus } from './player.ts';

/** The status of a `Playback`, as its owner sees it. */
export type MutableStatus = { -readonly [Name in keyof PlaybackStatus]: PlaybackStatus[Name] };

/** What a packet that was not accepted counts as. */
const COUNTERS = {
  overrun: 'overruns',
  duplicate: 'packetsDuplicated',
  cleared: 'packetsCleared',
  invalid: 'packetsInvalid',
} as const satisfies Record<Exclude<PacketOutcome, 'accepted'>, keyof MutableStatus>;

/** A packet came, and this became of it. */
export function countPacket(status: MutableStatus, outcome: PacketOutcome): void {
  if (outcome === 'accepted') status.started = true;
  else status[COUNTERS[outcome]]++;
}

/** Of a player that has heard of nothing. */
export function emptyStatus(): MutableStatus {
  return {
    generation: 0,
    playedSamples: 0,
    receivedSamples: 0,
    nextSequence: 0,
    started: false,
    playing: false,
    bufferedMs: 0,
    stretchMs: 0,
    concealedMs: 0,
    underruns: 0,
    overruns: 0,
    packetsDuplicated: 0,
    packetsCleared: 0,
    packetsInvalid: 0,
    outputLatencyMs: 0,
  };
}
