// A downlink restored from its snapshot before every event does what one does that was never interrupted.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DownlinkBench } from '../../support/downlink-bench.ts';
import { optionsOf, play, scripts } from '../../support/downlink-script.ts';
import { runs } from '../../support/runs.ts';

it('[P25] does the same, whatever happens', () => {
  let lines = 0;
  fc.assert(
    fc.property(scripts(true), (script) => {
      const whole = new DownlinkBench(optionsOf(script));
      play(whole, script);
      const restored = new DownlinkBench({ ...optionsOf(script), isRestored: true });
      play(restored, script);
      expect(restored.log).toEqual(whole.log);
      lines += whole.log.length;
    }),
    { seed: 20_260_105, numRuns: runs(25) },
  );
  expect(lines).toBeGreaterThan(2000);
});
