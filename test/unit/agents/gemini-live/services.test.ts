// Beside turns: the vendor's own detection, tools, words in writing, usage, and a vendor that cannot be had.

import { describe, expect, it } from 'vitest';
import { callerVoice } from '../../../fakes/caller-voice.ts';
import { GeminiStage } from '../../../fakes/gemini-live/gemini-stage.ts';

const SILENCE_600 = new Int16Array(9600);
const VENDOR = { turnDetection: 'vendor', vendorDetection: { silenceDurationMs: 500 } };
const TOOL = { kind: 'tool', name: 'weather', args: { city: 'Bath' } } as const;

describe('Gemini Live, with its own turn detection', () => {
  it('[GL9] hears everything, and decides itself what is a turn', () => {
    const stage = new GeminiStage({ agent: VENDOR });
    expect(stage.agent.hears).toBe('everything');
    stage.run(500);
    stage.speak(callerVoice(1, 800));
    stage.speak(SILENCE_600);
    stage.run(4000);
    expect(stage.fake.session.story.slice(0, 4)).toEqual([
      'activity-start',
      'audio',
      'activity-end',
      'answer',
    ]);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.fake.connection.setup?.realtimeInputConfig).toEqual({
      automaticActivityDetection: { disabled: false, silenceDurationMs: 500 },
    });
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[GL9] an interruption that the vendor finds stops what is being played', () => {
    const stage = new GeminiStage({ agent: VENDOR, fake: { answerMs: 4000, speed: 1.2 } });
    stage.run(500);
    stage.speak(callerVoice(1, 800));
    stage.speak(SILENCE_600);
    stage.run(1000);
    expect(stage.host.at(1).open).toBe(true);
    stage.speak(callerVoice(2, 300));
    expect(stage.host.at(1).open).toBe(false);
    stage.hear(1, 8000);
    const given = stage.host.at(1).samples.length;
    stage.speak(SILENCE_600);
    stage.run(5000);
    expect(stage.host.at(1).samples.length).toBe(given);
    expect(stage.host.at(2).samples.length).toBe(64_000);
  });

  it('[GL9] is told when nothing comes any more, because no silence would ever end the turn', () => {
    const stage = new GeminiStage({ agent: VENDOR });
    stage.run(500);
    stage.speak(callerVoice(1, 800));
    stage.run(4000);
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.fake.violations).toEqual([]);
  });

  it.each(['ends', 'breaks'])(
    '[GL11] a connection that %s in mid-utterance costs no sample',
    (how) => {
      const stage = new GeminiStage({ agent: VENDOR });
      stage.run(500);
      stage.startTurn();
      stage.speak(callerVoice(1, 800));
      if (how === 'ends') stage.fake.connection.end(1011, 'Internal error', stage.nowMs);
      else stage.fake.connection.cut();
      stage.speak(callerVoice(2, 800));
      stage.endTurn();
      stage.speak(SILENCE_600);
      stage.run(4000);
      expect(stage.fake.session.audio).toEqual(stage.allSaid);
      expect(stage.host.utterances).toHaveLength(1);
    },
  );
});

describe('Gemini Live, beside turns', () => {
  it('[GL16] hands a call to the tool and its result to the model, with a sound meanwhile', () => {
    const stage = new GeminiStage({
      fake: { react: (input) => (input === 1 ? TOOL : { kind: 'answer' }) },
    });
    stage.run(500);
    stage.say(500);
    stage.run(1200);
    expect(stage.toolCalls.map(({ call }) => call)).toEqual([
      { callId: 'call-1', name: 'weather', args: { city: 'Bath' } },
    ]);
    // The filler's sound.
    expect(stage.host.utterances).toHaveLength(1);
    stage.hear(1, stage.host.at(1).samples.length);
    stage.event((nowMs) =>
      stage.toolCalls[0]!.done({ kind: 'result', value: { sky: 'blue' } }, nowMs),
    );
    stage.run(4000);
    expect(stage.fake.session.taken.find(({ kind }) => kind === 'tool-response')).toEqual({
      kind: 'tool-response',
      id: 'call-1',
      response: { output: { sky: 'blue' } },
    });
    expect(stage.host.utterances).toHaveLength(2);
    expect(stage.host.tools).toEqual(['weather: called', 'weather: answered']);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[GL16] a tool that fails is told to the model in a sentence', () => {
    const stage = new GeminiStage({
      fake: { react: (input) => (input === 1 ? TOOL : { kind: 'answer' }) },
    });
    stage.run(500);
    stage.say(500);
    stage.run(200);
    stage.event((nowMs) =>
      stage.toolCalls[0]!.done({ kind: 'failed', sentence: 'No answer.' }, nowMs),
    );
    stage.run(4000);
    expect(stage.fake.session.taken.find(({ kind }) => kind === 'tool-response')).toMatchObject({
      response: { error: 'No answer.' },
    });
    expect(stage.host.tools).toEqual(['weather: called', 'weather: failed']);
  });

  it.each(['cancelled', 'lost'])('[GL17] a call that is %s is never answered', (how) => {
    const stage = new GeminiStage({
      fake: { react: (input) => (input === 1 ? TOOL : { kind: 'answer' }) },
    });
    stage.run(500);
    stage.say(500);
    stage.run(200);
    if (how === 'lost') stage.fake.connection.cut();
    else stage.startTurn();
    stage.run(500);
    stage.event((nowMs) => stage.toolCalls[0]!.done({ kind: 'result', value: 1 }, nowMs));
    stage.run(4000);
    expect(stage.fake.session.count('tool-response')).toBe(0);
    expect(stage.host.tools).toEqual(['weather: called', 'weather: cancelled']);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[GL18] speaks first when it was told to, and once only', () => {
    const stage = new GeminiStage({ agent: { greeting: 'Greet the caller.' } });
    stage.run(5000);
    expect(stage.host.utterances).toHaveLength(1);
    stage.hear(1, stage.host.at(1).samples.length);
    stage.forget();
    stage.run(5000);
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.fake.session.taken[0]).toEqual({
      kind: 'content',
      text: 'Greet the caller.',
      turnComplete: true,
    });
  });

  it.each([
    ['content', 'content'],
    ['realtime', 'text'],
  ] as const)(
    '[GL18] answers what is typed, what is to be said and a long silence, by %s',
    (words, kind) => {
      const stage = new GeminiStage({
        agent: { words, idlePrompt: 'Ask whether they are there.' },
      });
      stage.run(500);
      stage.event((nowMs) => stage.agent.text('Hello?', nowMs), true);
      stage.run(3000);
      stage.event(
        (nowMs) => stage.agent.sayText?.('We close at five.', { interruptible: false }, nowMs),
        true,
      );
      stage.run(3000);
      stage.event((nowMs) => stage.agent.userIdle?.(10_000, nowMs), true);
      stage.run(3000);
      expect(stage.host.utterances.map(({ interruptible }) => interruptible)).toEqual([
        true,
        false,
        true,
      ]);
      const told = stage.fake.session.taken.flatMap((each) =>
        each.kind === kind ? [each.text] : [],
      );
      expect(told).toEqual([
        'Hello?',
        '[Say this to the caller now, word for word, and nothing else: "We close at five."]',
        'Ask whether they are there.',
      ]);
      expect(stage.fake.violations).toEqual([]);
    },
  );

  it.each(['before', 'after'] as const)(
    '[GL19] shows transcripts that come %s what they belong to',
    (transcripts) => {
      const stage = new GeminiStage({ fake: { transcripts } });
      stage.run(500);
      stage.say(500);
      stage.run(4000);
      stage.say(500);
      stage.run(4000);
      stage.event(() => stage.agent.close('over'));
      expect(stage.host.transcripts).toContain('agent: Answer 1 in full.');
      expect(stage.host.transcripts).toContain('caller: Turn 2.');
      expect(stage.host.transcripts).not.toContain('agent: Answer 1 in full.Answer 2');
    },
  );

  it('[GL20] reports what the vendor counts', () => {
    const stage = new GeminiStage();
    stage.run(500);
    stage.say(400);
    stage.run(4000);
    expect(stage.host.usages).toEqual([
      {
        promptTokenCount: 10,
        responseTokenCount: 50,
        totalTokenCount: 60,
        responseAudioTokenCount: 50,
      },
    ]);
  });

  it('[GL21] says that it is not configured', () => {
    const stage = new GeminiStage({ variables: { GEMINI_API_KEY: '' } });
    stage.run(500);
    stage.say(400);
    stage.run(4000);
    expect(stage.host.failures).toEqual(['agent-not-configured']);
  });

  it('[GL21] says that it was refused, without trying for ever', () => {
    const stage = new GeminiStage({ variables: { GEMINI_API_KEY: 'wrong' } });
    stage.run(60_000);
    expect(stage.host.failures).toEqual(['agent-refused']);
    expect(stage.fake.connections).toHaveLength(1);
  });

  it('[GL21] says that the vendor is away, and answers when it is back', () => {
    const stage = new GeminiStage({ agent: { giveUpMs: 5000 } });
    stage.run(500);
    stage.fake.isDown = true;
    stage.fake.connection.cut();
    stage.run(10_000);
    expect(stage.host.failures).toEqual(['agent-unavailable']);
    const attempts = stage.fake.connections.length;
    stage.run(60_000);
    expect(stage.fake.connections).toHaveLength(attempts);
    stage.fake.isDown = false;
    stage.say(500);
    stage.run(4000);
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[GL21] an outage that is shorter than its patience costs nothing but time', () => {
    const stage = new GeminiStage();
    stage.run(500);
    stage.fake.isDown = true;
    stage.fake.connection.cut();
    stage.say(800);
    stage.run(3000);
    stage.fake.isDown = false;
    stage.run(6000);
    expect(stage.host.failures).toEqual([]);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.host.utterances).toHaveLength(1);
  });

  it('[GL21] gives an answer up that does not come, and hears the next turn', () => {
    const stage = new GeminiStage({
      agent: { answerTimeoutMs: 3000 },
      fake: { react: (input) => ({ kind: input === 1 ? 'silence' : 'answer' }) },
    });
    stage.run(500);
    stage.say(500);
    stage.run(5000);
    expect(stage.host.failures).toEqual(['agent-timeout']);
    stage.say(500);
    stage.run(5000);
    expect(stage.host.utterances).toHaveLength(1);
    expect(stage.host.failures).toHaveLength(1);
  });

  it('[GL21] a model that has nothing to say has not failed', () => {
    const stage = new GeminiStage({ fake: { react: () => ({ kind: 'nothing-to-say' }) } });
    stage.run(500);
    stage.say(500);
    stage.run(30_000);
    expect(stage.host.failures).toEqual([]);
  });
});
