// `websocket` behind the engine, with a fake backend.

import { holdBackendCut } from '../../test/fakes/backend/backend-cut.ts';
import { soakBackend } from '../../test/fakes/backend/backend-soak.ts';
import { BACKEND_SABOTAGES } from '../../test/fakes/backend/sabotages.ts';
import { type Adapter, cutCalls } from './adapter.ts';

/** Lost: audio of the caller and of answers, over connections that break and a service that loses its memory. */
export const websocket: Adapter = {
  name: 'websocket',
  sabotages: BACKEND_SABOTAGES,
  measure: ({ calls, minutes }) => {
    const cut = cutCalls(calls, holdBackendCut);
    const { lostSamples, complaints } = soakBackend(minutes);
    return { ...cut, lostSamples, complaints: [...cut.complaints, ...complaints] };
  },
};
