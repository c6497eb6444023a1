// Half an hour with OpenAI Realtime in virtual time: turns, interruptions, a session that dies now and then, and nothing lost.

import { expect, it } from 'vitest';
import { randomOf } from '../../../../simulation/random.ts';
import { OpenAiStage } from '../../../fakes/openai-realtime/stage.ts';
import { runs } from '../../../support/runs.ts';
import { voiceScript } from '../../../support/voice-script.ts';

const MINUTES = runs(30);

it('[OR27] holds a call of 30 minutes: every turn answered once, every cut told within a frame, nothing objected', () => {
  const random = randomOf(7);
  const stage = new OpenAiStage({
    keepsAudio: false,
    vendor: (session) => ({
      lateDeltas: 2,
      speed: 3,
      diesAfterAudioMs: session % 2 === 0 ? 80_000 : 120_000,
    }),
  });
  stage.world.runTo(500);
  let turns = 0;
  while (stage.world.nowMs < MINUTES * 60_000) {
    stage.speak(voiceScript([[0, 400 + 20 * Math.floor(random() * 60)]], ++turns));
    // Every other answer is cut short, at any moment of it.
    const pauseMs = turns % 2 === 0 ? 14_000 : 1700 + Math.floor(random() * 2500);
    stage.world.runTo(stage.world.nowMs + pauseMs);
  }
  stage.world.runTo(stage.world.nowMs + 6000);
  const { service, cuts } = stage;
  expect(service.violations).toEqual([]);
  expect(stage.failures).toEqual([]);
  expect(service.sessions.length).toBeGreaterThan(3);
  const truncations = service.sessions.flatMap((session) => session.truncations);
  expect(truncations.length).toBeGreaterThan(50);
  for (const truncation of truncations) {
    const cut = cuts.find(
      ({ atMs, heardMs }) =>
        truncation.atMs - atMs === 10 && Math.abs(heardMs - truncation.audioEndMs) < 1,
    );
    expect(cut, JSON.stringify(truncation)).toBeDefined();
  }
  expect(stage.finals('caller')).toHaveLength(turns);
  expect(stage.utterances.every(({ phase }) => phase !== 'open' && phase !== 'ended')).toBe(true);
  const state = stage.agent.save() as { history: { entries: unknown[] } };
  expect(state.history.entries.length).toBeLessThanOrEqual(200);
});
