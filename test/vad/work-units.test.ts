// The ledger's account of the kernel's work is the kernel's own.

import { expect, it } from 'vitest';
import { conversationConfig } from '../../core/conversation/config.ts';
import { VoiceActivity } from '../../core/voice/voice-activity.ts';
import { WorkLedger } from '../../core/voice/work-ledger.ts';
import { KernelScorer } from '../../durable-objects/runtime/kernel-scorer.ts';
import { randomOf } from '../../simulation/random.ts';
import { TurnRecorder } from '../support/turn-recorder.ts';
import { loadKernel } from './kernel-files.ts';

const FRAME_SAMPLES = 320;
const ENERGY_UNITS = 1;

it('[V33] declares what the kernel counts, in every event, warming included', () => {
  const kernel = loadKernel('vad-f32-plain.wasm');
  const ledger = new WorkLedger(400, 5000);
  const voice = new VoiceActivity({
    config: conversationConfig(),
    turnTaking: 'automatic',
    createScorer: (listener) => new KernelScorer(kernel, listener),
    listener: new TurnRecorder(),
    budget: ledger,
  });
  const random = randomOf(33);
  const frame = Int16Array.from({ length: FRAME_SAMPLES }, () => Math.round(200 * random() - 100));
  let mostUnits = 0;
  let byKernel = 0;
  for (let event = 0; event < 1000; event++) {
    const before = kernel.workUnits;
    ledger.enter(event * 20);
    // There, back, and there again.
    voice.preferEnergy(Math.floor(event / 250) % 2 === 1);
    voice.audio(frame, 0, FRAME_SAMPLES);
    while (voice.work());
    const counted = kernel.workUnits - before;
    expect(counted).toBeLessThanOrEqual(ledger.eventUnits);
    // What the energy scorer has of it is a few windows, or a second of them at once.
    expect(ledger.eventUnits - counted).toBeLessThanOrEqual(33 * ENERGY_UNITS);
    mostUnits = Math.max(mostUnits, counted);
    byKernel += counted;
  }
  expect(mostUnits).toBe(4 * 354);
  expect(voice.scorers.switches).toBe(3);
  expect(voice.waitingWindows).toBe(0);
  const { windowsByEnergy, workUnits } = voice.counters;
  expect(windowsByEnergy).toBeGreaterThan(300);
  const energyWindows = (workUnits - byKernel) / ENERGY_UNITS;
  expect(energyWindows).toBeGreaterThanOrEqual(windowsByEnergy);
  expect(energyWindows).toBeLessThan(windowsByEnergy + 130);
});
