// `openai-realtime` behind the engine, with a fake of the Realtime API.

import { holdOpenAiCall } from '../../test/fakes/openai-realtime/openai-call.ts';
import { soakOpenAi } from '../../test/fakes/openai-realtime/openai-soak.ts';
import { OPENAI_SABOTAGES } from '../../test/fakes/openai-realtime/sabotages.ts';
import { type Adapter, cutCalls } from './adapter.ts';

/** Lost: audio of answers that nobody cut short and that the caller did not get, over sessions that die. */
export const openAiRealtime: Adapter = {
  name: 'openai-realtime',
  sabotages: OPENAI_SABOTAGES,
  measure: ({ calls, minutes }) => {
    const cut = cutCalls(calls, holdOpenAiCall);
    const { lostSamples, complaints } = soakOpenAi(minutes);
    return { ...cut, lostSamples, complaints: [...cut.complaints, ...complaints] };
  },
};
