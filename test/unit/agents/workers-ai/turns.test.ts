// Turns, answers and interruptions of the cascade, in virtual time.

import { describe, expect, it } from 'vitest';
import { speechOf } from '../../../fakes/workers-ai/watermark.ts';
import { WorkersAiStage } from '../../../fakes/workers-ai/workers-ai-stage.ts';

const ANSWER = [
  'This is answer number 1,',
  'and it begins here.',
  'It has a second sentence too.',
  'The third one ends it.',
];

/** The caller's sound alone: the silence that ends a turn is zeros. */
function heardAudio(stage: WorkersAiStage): number {
  return stage.fake.listeners.reduce((sum, { audio }) => sum + audio.length, 0);
}

describe('Workers AI, turn by turn', () => {
  it('[WA2] a turn is written down, answered and said', () => {
    const stage = new WorkersAiStage();
    stage.run(100);
    stage.say(1000);
    stage.run(6000);
    expect(stage.fake.violations).toEqual([]);
    expect(stage.fake.listeners[0]?.ended).toEqual(['Turn 1 has 4 words.']);
    expect(heardAudio(stage)).toBe(1400 * 16);
    expect(stage.fake.asked.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(stage.fake.asked[1]?.content).toBe('Turn 1 has 4 words.');
    expect(stage.fake.speakers.map(({ text }) => text)).toEqual(ANSWER);
    const [said] = stage.host.utterances;
    expect(said?.open).toBe(false);
    expect(Int16Array.from(said?.samples ?? [])).toEqual(
      Int16Array.from(ANSWER.flatMap((text) => [...speechOf(text)])),
    );
    expect(stage.host.transcripts).toContain('caller: Turn 1 has 4 words.');
    expect(stage.host.failures).toEqual([]);
  });

  it('[WA2] a turn that the vendor ends before we do is one turn all the same', () => {
    const stage = new WorkersAiStage({ fake: { endOfTurnMs: 600 } });
    stage.startTurn();
    stage.speak(1000);
    stage.speak(1000, false);
    stage.speak(500);
    stage.speak(1000, false);
    stage.endTurn();
    stage.run(300);
    expect(stage.fake.listeners[0]?.ended).toHaveLength(2);
    expect(stage.fake.asked[1]?.content).toBe('Turn 1 has 4 words. Turn 2 has 2 words.');
  });

  it('[WA3] words stand as they are when the vendor does not end the turn, and its socket is replaced', () => {
    const stage = new WorkersAiStage({ fake: { forceEndTurn: 'ignored' } });
    stage.say(1000);
    stage.run(900);
    expect(stage.fake.writers).toHaveLength(0);
    stage.run(300);
    expect(stage.fake.asked[1]?.content).toBe('Turn 1 has 4 words.');
    stage.run(6000);
    stage.hear(1);
    stage.say(500);
    stage.run(2500);
    expect(stage.fake.listeners).toHaveLength(2);
    expect(stage.fake.asked.at(-1)?.content).toBe('Turn 2 has 2 words.');
  });

  it('[WA3] a vendor who hangs up at the end of a turn is taken at the words it had', () => {
    const stage = new WorkersAiStage({ fake: { forceEndTurn: 'refused' } });
    stage.say(1000);
    stage.run(1500);
    expect(stage.fake.asked[1]?.content).toMatch(/has 4 words/);
    expect(stage.host.failures).toEqual([]);
  });

  it('[WA4] a connection that breaks in mid-turn costs no word', () => {
    const stage = new WorkersAiStage({ fake: { hearMs: 30 } });
    stage.startTurn();
    stage.speak(1000);
    stage.fake.listeners[0]?.cut();
    stage.speak(500);
    stage.endTurn();
    stage.run(3000);
    expect(stage.fake.listeners).toHaveLength(2);
    expect(stage.fake.listeners[1]?.audio).toHaveLength(1500 * 16);
    expect(stage.fake.asked[1]?.content).toBe('Turn 2 has 6 words.');
    expect(stage.host.failures).toEqual([]);
  });

  it('[WA5] a turn without words asks nothing', () => {
    const stage = new WorkersAiStage();
    stage.startTurn();
    stage.speak(800, false);
    stage.endTurn();
    stage.run(12_000);
    expect(stage.fake.writers).toHaveLength(0);
    expect(stage.host.failures).toEqual([]);
  });

  it('[WA7] the first sentence sounds while the model writes the last', () => {
    const stage = new WorkersAiStage({ fake: { tokenMs: 60 } });
    stage.say(1000);
    for (let step = 0; step < 300 && stage.host.utterances.length === 0; step++) stage.run(10);
    expect(stage.fake.writers[0]?.isOver).toBe(false);
    stage.run(8000);
    expect(stage.fake.speakers.map(({ text }) => text)).toEqual(ANSWER);
  });

  it('[WA7] sentences are said in their order, though a later one comes sooner', () => {
    const stage = new WorkersAiStage({ fake: { tokenMs: 1, thinkMs: 10, speed: 1 } });
    stage.say(1000);
    // The first is being made slowly; what is asked for now comes at once.
    stage.run(150);
    stage.fake.options = { ...stage.fake.options, speed: 100, firstByteMs: 1 };
    stage.run(12_000);
    expect(Int16Array.from(stage.host.at(1).samples)).toEqual(
      Int16Array.from(ANSWER.flatMap((text) => [...speechOf(text)])),
    );
  });

  it('[WA8] when the caller takes the floor, model and voice stop at once, and no more is said', () => {
    const stage = new WorkersAiStage({ fake: { tokenMs: 80, speed: 1 } });
    stage.say(1000);
    stage.run(2200);
    const given = stage.host.at(1).samples.length;
    expect(given).toBeGreaterThan(0);
    const live = [...stage.fake.writers, ...stage.fake.speakers].filter(({ isOver }) => !isOver);
    expect(live.length).toBeGreaterThanOrEqual(2);
    stage.startTurn();
    stage.commit();
    const atMs = stage.nowMs;
    stage.speak(60);
    expect(live.map(({ cancelledAtMs }) => cancelledAtMs !== null)).not.toContain(false);
    for (const { cancelledAtMs } of live)
      expect((cancelledAtMs ?? 0) - atMs).toBeLessThanOrEqual(40);
    stage.speak(2000);
    expect(stage.host.at(1).samples.length).toBe(given);
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.fake.writers).toHaveLength(1);
  });

  it('[WA9] the history holds what was heard of an answer that was cut while it was made', () => {
    const stage = new WorkersAiStage({ fake: { tokenMs: 30, speed: 2 } });
    stage.say(1000);
    stage.run(2500);
    stage.startTurn();
    stage.commit();
    // All of the first sentence, and of the second up to the middle of "begins".
    const first = speechOf(ANSWER[0]!).length;
    const second = speechOf(ANSWER[1]!).length;
    stage.speak(200);
    stage.hear(1, first + Math.round((second * 8.5) / ANSWER[1]!.length));
    stage.speak(800);
    stage.endTurn();
    stage.run(200);
    expect(stage.fake.asked.map(({ content }) => content).slice(1)).toEqual([
      'Turn 1 has 4 words.',
      'This is answer number 1, and it',
      'Turn 2 has 4 words.',
    ]);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[WA9] the same for one that had been made, and one that nobody heard is not in it', () => {
    const stage = new WorkersAiStage({ fake: { speed: 50 } });
    stage.say(1000);
    stage.run(2500);
    expect(stage.host.at(1).open).toBe(false);
    stage.hear(1, speechOf(ANSWER[0]!).length);
    stage.say(1000);
    stage.run(2500);
    stage.hear(2, 0);
    stage.say(1000);
    stage.run(500);
    expect(stage.fake.asked.map(({ content }) => content).slice(1)).toEqual([
      'Turn 1 has 4 words.',
      'This is answer number 1,',
      'Turn 2 has 4 words.',
      'Turn 3 has 4 words.',
    ]);
  });

  it('[WA9] the next answer waits until it is known what was heard of the one before', () => {
    const stage = new WorkersAiStage({ fake: { tokenMs: 60, speed: 1 } });
    stage.say(1000);
    stage.run(2500);
    stage.startTurn();
    stage.commit();
    stage.speak(1000);
    stage.endTurn();
    stage.run(500);
    expect(stage.fake.writers).toHaveLength(1);
    stage.hear(1, 16_000);
    stage.run(200);
    expect(stage.fake.writers).toHaveLength(2);
    expect(stage.fake.asked[2]?.content).toBe('This is answer');
  });

  it('[WA9] a conversation that never tells what was heard is answered after a while', () => {
    const stage = new WorkersAiStage({ fake: { tokenMs: 60, speed: 1 } });
    stage.say(1000);
    stage.run(2500);
    stage.startTurn();
    stage.commit();
    stage.speak(1000);
    stage.endTurn();
    stage.run(3500);
    expect(stage.fake.writers).toHaveLength(2);
    expect(stage.host.utterances).toHaveLength(2);
  });

  it('[WA10] an answer that has not begun when the caller goes on is taken back, and asked for once', () => {
    const stage = new WorkersAiStage({ fake: { thinkMs: 800 } });
    stage.say(1000);
    stage.run(500);
    stage.say(500);
    stage.run(8000);
    expect(stage.fake.writers).toHaveLength(2);
    expect(stage.fake.writers[0]?.cancelledAtMs).not.toBeNull();
    expect(stage.fake.asked.map(({ content }) => content).slice(1)).toEqual([
      'Turn 1 has 4 words.',
      'Turn 2 has 2 words.',
    ]);
    expect(stage.host.utterances).toHaveLength(1);
  });

  it('[WA17] with the vendor’s turn detection it hears everything, and the vendor decides', () => {
    const stage = new WorkersAiStage({
      agent: { turnDetection: 'vendor' },
      fake: { endOfTurnMs: 500, speed: 1 },
    });
    expect(stage.agent.hears).toBe('everything');
    stage.speak(500, false);
    stage.speak(1000);
    stage.speak(700, false);
    stage.run(1500);
    expect(stage.fake.asked[1]?.content).toBe('Turn 1 has 4 words.');
    expect(stage.host.at(1).open).toBe(true);
    // StartOfTurn makes the agent silent.
    stage.speak(200);
    expect(stage.host.at(1).open).toBe(false);
    stage.hear(1, 16_000);
    stage.speak(300);
    // The wire falls silent: the turn ends without the vendor's silence.
    stage.run(2500);
    expect(stage.fake.asked.at(-1)?.content).toBe('Turn 2 has 2 words.');
    expect(stage.fake.violations).toEqual([]);
  });

  it('[WA18] Nova-3 hears as well, and its idle socket is kept open for a while', () => {
    const stage = new WorkersAiStage({ agent: { hearing: 'nova-3' } });
    stage.say(1000);
    stage.run(6000);
    expect(stage.fake.asked[1]?.content).toBe('Turn 1 has 4 words.');
    stage.run(15_000);
    expect(stage.fake.listeners[0]?.isClosed).toBe(false);
    stage.run(20_000);
    expect(stage.fake.listeners[0]?.isClosed).toBe(true);
    stage.hear(1);
    stage.say(500);
    stage.run(1000);
    expect(stage.fake.listeners).toHaveLength(2);
    expect(stage.fake.asked.at(-1)?.content).toBe('Turn 2 has 2 words.');
    expect(stage.fake.violations).toEqual([]);
  });
});
