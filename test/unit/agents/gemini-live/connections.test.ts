// One session over many connections: announced ends, sudden ones, handles that are refused, memories that are lost.

import { describe, expect, it } from 'vitest';
import { callerVoice } from '../../../fakes/caller-voice.ts';
import { GeminiStage } from '../../../fakes/gemini-live/gemini-stage.ts';

const ONE_TURN = ['activity-start', 'audio', 'activity-end', 'answer'];

/** Talks to the end of a turn, with something happening after each part of it. */
function speakInParts(stage: GeminiStage, moments: readonly (() => void)[]): void {
  stage.startTurn();
  for (const [index, moment] of [...moments, () => {}].entries()) {
    stage.speak(callerVoice(100 + index, 600));
    moment();
  }
  stage.endTurn();
}

describe('Gemini Live, across connections', () => {
  it('[GL10] leaves a connection that is about to end while nobody speaks, and resumes the session', () => {
    const stage = new GeminiStage({ fake: { goAwayAfterMs: 10_000, timeLeftMs: 50_000 } });
    stage.run(500);
    stage.say(500);
    stage.run(11_000);
    expect(stage.fake.connections).toHaveLength(2);
    expect(stage.fake.connection.setup?.sessionResumption?.handle).toBeDefined();
    stage.say(500);
    stage.run(4000);
    expect(stage.fake.sessions).toHaveLength(1);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.fake.session.story).toEqual([...ONE_TURN, ...ONE_TURN]);
    expect(stage.host.utterances).toHaveLength(2);
    expect(stage.fake.violations).toEqual([]);
    expect(stage.host.failures).toEqual([]);
  });

  it.each([
    ['basic', {}],
    ['transparent', { platform: 'agent-platform', updateEveryMs: 300 }],
  ] as const)(
    '[GL10] with %s resumption it leaves in mid-turn when it must, and loses no sample',
    (resumption, fake) => {
      const stage = new GeminiStage({ agent: { resumption }, fake: { timeLeftMs: 4000, ...fake } });
      stage.run(500);
      stage.say(500);
      stage.run(4000);
      speakInParts(stage, [
        () => stage.fake.connection.goAway(stage.nowMs),
        ...Array(6).fill(() => {}),
      ]);
      expect(stage.fake.connections).toHaveLength(2);
      stage.run(4000);
      expect(stage.fake.session.audio).toEqual(stage.allSaid);
      expect(stage.fake.session.story).toEqual([...ONE_TURN, ...ONE_TURN]);
      expect(stage.host.utterances).toHaveLength(2);
      expect(stage.fake.violations).toEqual([]);
    },
  );

  it.each([
    ['basic', 'ends', {}],
    ['basic', 'breaks', { updateEveryMs: 250 }],
    ['transparent', 'ends', { platform: 'agent-platform', updateEveryMs: 300 }],
    ['transparent', 'breaks', { platform: 'agent-platform', updateEveryMs: 70 }],
  ] as const)(
    '[GL11] with %s resumption, a connection that %s in mid-utterance costs no sample',
    (resumption, how, fake) => {
      const stage = new GeminiStage({ agent: { resumption }, fake });
      stage.run(500);
      speakInParts(stage, [
        () =>
          how === 'ends'
            ? stage.fake.connection.end(1011, 'Internal error', stage.nowMs)
            : stage.fake.connection.cut(),
        () => {},
      ]);
      stage.run(4000);
      expect(stage.fake.connections).toHaveLength(2);
      expect(stage.fake.session.audio).toEqual(stage.allSaid);
      expect(stage.fake.session.story).toEqual(ONE_TURN);
      expect(stage.host.utterances).toHaveLength(1);
      expect(stage.fake.violations).toEqual([]);
    },
  );

  it('[GL11] an update that comes while the caller speaks does not drop what the turn began with', () => {
    const stage = new GeminiStage({ fake: { updateEveryMs: 400 } });
    stage.run(500);
    stage.say(500);
    stage.run(4000);
    speakInParts(stage, [() => {}, () => stage.fake.connection.cut(), () => {}]);
    stage.run(4000);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.host.utterances).toHaveLength(2);
  });

  it('[GL12] asks again what was being answered when the line broke, and says what the caller has already', () => {
    const stage = new GeminiStage({
      fake: { speed: 1.5, answerMs: 3000, transcripts: 'before' },
    });
    stage.run(500);
    stage.say(500);
    stage.run(1200);
    const begun = stage.host.at(1).samples.length;
    stage.fake.connection.cut();
    stage.run(6000);
    expect(stage.host.utterances.map(({ open }) => open)).toEqual([false, false]);
    expect(stage.host.at(1).samples.length).toBeGreaterThanOrEqual(begun);
    expect(stage.host.at(2).samples.length).toBe(48_000);
    expect(stage.fake.session.story).toEqual(['content', ...ONE_TURN]);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.fake.session.taken[0]).toMatchObject({
      text: expect.stringMatching(
        /^\[The line broke .* first 1\.\d s of that answer: "Answer 1 in full\."\./,
      ),
    });
  });

  it('[GL12] an answer that had come whole is not said twice', () => {
    const stage = new GeminiStage({ fake: { speed: 20, answerMs: 4000 } });
    stage.run(500);
    stage.say(500);
    stage.run(1500);
    expect(stage.host.at(1).open).toBe(false);
    stage.fake.connection.cut();
    stage.run(8000);
    expect(stage.host.utterances).toHaveLength(1);
    stage.say(500);
    stage.run(6000);
    expect(stage.host.utterances).toHaveLength(2);
  });

  it('[GL13] sends again only what the service says it has not consumed', () => {
    const stage = new GeminiStage({
      agent: { resumption: 'transparent' },
      fake: { platform: 'agent-platform', updateEveryMs: 500, consumeMs: 40 },
    });
    stage.run(500);
    stage.startTurn();
    stage.speak(callerVoice(1, 2000));
    stage.fake.connection.cut();
    stage.run(300);
    const resumed = stage.fake.session.taken.length;
    expect(resumed).toBeGreaterThan(50);
    stage.speak(callerVoice(2, 1000));
    stage.endTurn();
    stage.run(3000);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.fake.session.story).toEqual(ONE_TURN);
  });

  it('[GL14] begins anew where the session cannot be resumed, with its history', () => {
    const stage = new GeminiStage({ fake: { transcripts: 'before' } });
    stage.run(500);
    stage.say(500);
    stage.run(4000);
    stage.fake.forgetHandles();
    stage.fake.connection.cut();
    stage.run(2000);
    expect(stage.fake.sessions).toHaveLength(2);
    expect(stage.fake.session.taken).toEqual([
      { kind: 'content', text: 'Turn 1.\nAnswer 1 in full.', turnComplete: true },
    ]);
    stage.say(500);
    stage.run(4000);
    expect(stage.host.utterances).toHaveLength(2);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[GL15] a turn that was told before the memory was lost is heard once, and answered once', () => {
    const stage = new GeminiStage();
    stage.run(500);
    stage.say(500);
    stage.run(4000);
    stage.startTurn();
    stage.speak(callerVoice(2, 800));
    const saved = structuredClone(stage.agent.save());
    stage.forget(saved);
    stage.run(300);
    stage.speak(callerVoice(3, 400));
    stage.endTurn();
    stage.run(4000);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.fake.session.story).toEqual([...ONE_TURN, ...ONE_TURN]);
    expect(stage.host.utterances).toHaveLength(2);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[GL15] an end of a turn that was stored and never sent is sent afterwards', () => {
    const stage = new GeminiStage();
    stage.run(500);
    stage.stores = false;
    stage.say(500);
    const saved = structuredClone(stage.agent.save());
    stage.forget(saved);
    stage.run(4000);
    expect(stage.fake.session.story).toEqual(ONE_TURN);
    expect(stage.host.utterances).toHaveLength(1);
  });

  it('[GL15] a state that is not its own is ignored', () => {
    const stage = new GeminiStage();
    stage.run(500);
    stage.forget({ handle: 7 });
    stage.run(500);
    stage.say(500);
    stage.run(3000);
    expect(stage.host.utterances).toHaveLength(1);
  });
});
