// The cascade behind the real engine: how soon it speaks and stops, and what it remembers.

import { describe, expect, it } from 'vitest';
import { VirtualWorld } from '../../../../simulation/virtual-world.ts';
import { holdWorkersAiCall } from '../../../fakes/workers-ai/workers-ai-call.ts';

/** Virtual time in which computing takes none. */
class TimelessWorld extends VirtualWorld {
  get preciseMs(): number {
    return this.nowMs;
  }
}

describe('Workers AI behind the engine', () => {
  it.each([
    ['is being made', 1.2],
    ['was made', 20],
  ])(
    '[WA25] an answer that %s is cut short, stopped in time and remembered as heard',
    (_, speed) => {
      const figures = holdWorkersAiCall({ world: new TimelessWorld(), cutInMs: 400, speed });
      expect(figures.violations).toEqual([]);
      expect(figures.firstAudioMs).toHaveLength(1);
      expect(figures.firstAudioMs[0]).toBeLessThanOrEqual(20);
      expect(figures.commitToWireMs.length > 0).toBe(speed < 4);
      for (const ms of figures.commitToWireMs) expect(ms).toBeLessThanOrEqual(40);
      expect(figures.heardErrorMs).toHaveLength(1);
      expect(figures.heardErrorMs[0]).toBeLessThanOrEqual(20);
      expect(figures.lostSamples).toBe(0);
    },
  );
});
