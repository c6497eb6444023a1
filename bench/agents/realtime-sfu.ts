// The bridge to the Realtime SFU behind the engine, with fakes of its adapters.

import { measureRealtime } from '../../test/fakes/realtime-sfu/realtime-figures.ts';
import { soakRealtime } from '../../test/fakes/realtime-sfu/realtime-soak.ts';
import { REALTIME_SABOTAGES } from '../../test/fakes/realtime-sfu/sabotages.ts';
import type { Adapter } from './adapter.ts';

/**
 * Commit to wire: to the last message of what was cut short, as the SFU cannot be told to clear. Lost: samples told as heard
 * out that the SFU has not played, and of the caller those that were neither heard nor missed, over a re-dial.
 */
export const realtimeSfu: Adapter = {
  name: 'realtime-sfu',
  sabotages: REALTIME_SABOTAGES,
  measure: ({ calls, minutes }) => {
    const figures = measureRealtime({ calls });
    const { complaints } = soakRealtime(minutes);
    return { ...figures, complaints: [...figures.violations, ...complaints] };
  },
};
