// The numbers that OpenAI Realtime's agent has to hold.

import { expect, it } from 'vitest';
import { measureOpenAiRealtime } from '../../../fakes/openai-realtime/measure.ts';

it('[OR29] adds less than 20 ms to the audio, and less than 40 ms to a truncation; no sample is lost', () => {
  const measured = measureOpenAiRealtime(12, () => performance.now());
  expect(measured.addedMsP95).toBeLessThan(20);
  expect(measured.addedMsP95).toBeGreaterThan(0);
  expect(measured.commitToWireMsP95).toBeLessThan(40);
  expect(measured.heardErrorMsMax).toBeLessThan(1);
  expect(measured.lostSamples).toBe(0);
});
