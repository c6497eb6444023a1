// What may be expected of a run, by what its scenario does to it.

import { longestDelayMs } from '../network-line.ts';
import type { Fault, Scenario } from '../scenario.ts';

/** Jitter and lateness that a burst agent's first 200 ms and every lead hide. */
const HIDDEN_MS = 60;

/** Nothing disturbs the sound: jitter and late timers together stay below what is hidden. */
export function isCalm(scenario: Scenario): boolean {
  const { up, down, timerLateMs, faults, confirmationMs, config } = scenario;
  const jitterMs = Math.max(longestDelayMs(up) - up.delayMs, longestDelayMs(down) - down.delayMs);
  const isSteady = jitterMs + 6 * timerLateMs + confirmationMs <= HIDDEN_MS;
  const isWide = up.kbitPerSecond === 0 && down.kbitPerSecond === 0;
  return isSteady && isWide && (config.leadMs ?? 600) >= 200 && faults.every(isHarmless);
}

function isHarmless({ kind }: Fault): boolean {
  return kind === 'replace' || kind === 'interrupt' || kind === 'agent-interrupt';
}

/** Whether a player's memory, or what was under way to it, may be gone. */
export function losesPlayers({ faults }: Scenario): boolean {
  return faults.some(({ kind }) => kind === 'reload');
}

/** Whether the service loses its memory, and with it what it has sent. */
export function losesMemory({ faults }: Scenario): boolean {
  return faults.some(({ kind }) => kind === 'evict');
}

/** How long a fault lasts. */
export function faultMs(fault: Fault): number {
  switch (fault.kind) {
    case 'stall':
    case 'burn':
    case 'mute':
      return fault.forMs;
    case 'cut':
      return Math.max(fault.forMs, fault.noticedMs);
    default:
      return 0;
  }
}
