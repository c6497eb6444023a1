// The bridge to Twilio Media Streams behind the engine, with a fake of Twilio.

import { TWILIO_SABOTAGES } from '../../test/fakes/twilio/sabotages.ts';
import { measureTelephone } from '../../test/fakes/twilio/telephone-figures.ts';
import { soakTelephone } from '../../test/fakes/twilio/telephone-soak.ts';
import type { Adapter } from './adapter.ts';

/** Lost: samples that the agent was told were heard out, and that Twilio has not played. */
export const twilio: Adapter = {
  name: 'twilio',
  sabotages: TWILIO_SABOTAGES,
  measure: ({ calls, minutes }) => {
    const figures = measureTelephone({ calls });
    const { complaints } = soakTelephone(minutes);
    return { ...figures, complaints: [...figures.violations, ...complaints] };
  },
};
