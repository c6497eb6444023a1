// `gemini-live` behind the engine, with a fake of the Live API.

import { holdGeminiCall } from '../../test/fakes/gemini-live/gemini-call.ts';
import { soak } from '../../test/fakes/gemini-live/gemini-soak.ts';
import { GEMINI_SABOTAGES } from '../../test/fakes/gemini-live/sabotages.ts';
import { type Adapter, cutCalls } from './adapter.ts';

const SEED = 20261122;

/** Lost: caller audio that the model never heard, over lost and announced ends of connections. */
export const geminiLive: Adapter = {
  name: 'gemini-live',
  sabotages: GEMINI_SABOTAGES,
  measure: ({ calls, minutes }) => {
    const cut = cutCalls(calls, holdGeminiCall);
    const { lostSamples, complaints } = soak({ lengthMs: minutes * 60_000, seed: SEED });
    return { ...cut, lostSamples, complaints: [...cut.complaints, ...complaints] };
  },
};
