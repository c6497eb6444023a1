// The trap names itself to whoever asks what kept the isolate.

import { expect, it, vi } from 'vitest';
import { WINDOW_SAMPLES } from '../../../core/voice/scorer.ts';
import { IsolateLag } from '../../../durable-objects/runtime/isolate-lag.ts';
import { TrapScorer } from '../../../durable-objects/runtime/trap-scorer.ts';
import { loadKernel } from '../../vad/kernel-files.ts';

it('[D24] names the trap when it kept the isolate', () => {
  const warnings: string[] = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => warnings.push(line));
  const isolate = new IsolateLag();
  const scores: number[] = [];
  const trap = new TrapScorer(
    loadKernel('vad-f32-plain.wasm'),
    { onScore: (_index, probability) => scores.push(probability) },
    () => isolate.began('scorer trap', 'c', Date.now()),
  );
  const beganAtMs = Date.now();
  isolate.began('message', 'c', beganAtMs);
  trap.submit(0, new Int16Array(WINDOW_SAMPLES));
  const deadlineMs = beganAtMs + 20;
  isolate.timerLate(Date.now() - deadlineMs, deadlineMs, 10);
  vi.restoreAllMocks();
  expect(scores).toHaveLength(1);
  expect(warnings.map((line) => JSON.parse(line))).toMatchObject([
    { running: 'scorer trap', conversation: 'c', seenBy: 'timer' },
  ]);
});
