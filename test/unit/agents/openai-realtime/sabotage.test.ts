// Agents with a fault: each must be found out.

import { describe, expect, it } from 'vitest';
import { OPENAI_SABOTAGES } from '../../../fakes/openai-realtime/sabotages.ts';
import { verdictOn } from '../../../fakes/sabotage-case.ts';

describe('an agent that', () => {
  it.each(OPENAI_SABOTAGES)('[OR26] $name is found out', (sabotage) => {
    expect(verdictOn(sabotage)).toBe('caught');
  });
});
