// The numbers that OpenAI Realtime's agent has to hold.

import { expect, it } from 'vitest';
import { holdOpenAiCall } from '../../../fakes/openai-realtime/openai-call.ts';

it.each([
  ['while the vendor generates', 1.2, 2],
  ['after it has generated', 20, 1],
])(
  '[OR29] adds less than 20 ms to the audio, and less than 40 ms to what a cut has it say %s',
  (_when, speed, told) => {
    const figures = holdOpenAiCall({ cutInMs: 1000, speed });
    expect(figures.addedMs).toHaveLength(2);
    expect(Math.floor(figures.addedMs[0]! / 20)).toBe(0);
    expect(figures.commitToWireMs).toHaveLength(told);
    expect(Math.max(...figures.commitToWireMs)).toBeLessThan(40);
    expect(figures.heardErrorMs).toHaveLength(1);
    expect(figures.heardErrorMs[0]).toBeLessThanOrEqual(20);
    expect(figures.violations).toEqual([]);
  },
);
