// Turns, answers and interruptions between the agent and a Live API that keeps its semantics.

import { describe, expect, it } from 'vitest';
import { Resampler } from '../../../../core/media/resampler.ts';
import { GeminiStage } from '../../../fakes/gemini-live/gemini-stage.ts';
import { watermark } from '../../../fakes/gemini-live/watermark.ts';
import { bestLikeness } from '../../../support/likeness.ts';

const SAMPLES_PER_MS = 16;

/** An answer of the fake as the caller should hear it. */
function answerAt16kHz(answer: number, lengthMs: number): Int16Array {
  const samples = watermark(answer, lengthMs * 24);
  const resampler = new Resampler(24_000, 16_000);
  const converted = new Int16Array(resampler.outputLimit(samples.length));
  return converted.slice(0, resampler.convert(samples, 0, samples.length, converted, 0));
}

describe('Gemini Live, turn by turn', () => {
  it('[GL1] sets up once with the model, voice, instructions and tools that were chosen', () => {
    const tools = [{ name: 'weather', description: 'Tells it.', parameters: { type: 'object' } }];
    const stage = new GeminiStage({
      agent: {
        voice: 'Kore',
        language: 'en-GB',
        instructions: 'Be brief.',
        temperature: 0.5,
        tools,
      },
    });
    stage.run(500);
    expect(stage.fake.connections).toHaveLength(1);
    expect(stage.fake.connection.setup).toEqual({
      model: 'models/gemini-3.8-live',
      generationConfig: {
        responseModalities: ['AUDIO'],
        speechConfig: {
          languageCode: 'en-GB',
          voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } },
        },
        temperature: 0.5,
      },
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      tools: [
        {
          functionDeclarations: [
            { name: 'weather', description: 'Tells it.', parametersJsonSchema: { type: 'object' } },
          ],
        },
      ],
      realtimeInputConfig: { automaticActivityDetection: { disabled: true } },
      sessionResumption: {},
      contextWindowCompression: { slidingWindow: {} },
      inputAudioTranscription: {},
      outputAudioTranscription: {},
    });
    expect(stage.fake.violations).toEqual([]);
  });

  it.each(['binary', 'text'] as const)('[GL2] reads JSON in %s frames', (frames) => {
    const stage = new GeminiStage({ fake: { frames } });
    stage.run(500);
    stage.say(400);
    stage.run(4000);
    expect(stage.host.utterances).toHaveLength(1);
  });

  it('[GL2] passes over what it cannot read, and goes on', () => {
    const stage = new GeminiStage({ fake: { isMalformed: true } });
    stage.run(500);
    stage.say(400);
    stage.run(4000);
    stage.say(400);
    stage.run(4000);
    expect(stage.host.utterances).toHaveLength(2);
    expect(stage.host.failures).toEqual([]);
  });

  it('[GL3] gives a turn as activity, sample for sample, and nothing outside of it', () => {
    const stage = new GeminiStage();
    stage.run(500);
    stage.say(1000);
    stage.run(4000);
    stage.say(700);
    stage.run(4000);
    const once = ['activity-start', 'audio', 'activity-end', 'answer'];
    expect(stage.fake.session.story).toEqual([...once, ...once]);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[GL3] keeps what is said while the session is being set up, and gives it then', () => {
    const stage = new GeminiStage({ fake: { setupMs: 900 } });
    stage.say(600);
    stage.run(4000);
    expect(stage.fake.session.audio).toEqual(stage.allSaid);
    expect(stage.host.utterances).toHaveLength(1);
  });

  it('[GL4] ends a turn for the model only when a checkpoint knows of it', () => {
    const stage = new GeminiStage();
    stage.run(500);
    stage.startTurn();
    stage.stores = false;
    stage.speak(new Int16Array(8000));
    stage.endTurn();
    stage.run(900);
    expect(stage.fake.session.count('activity-end')).toBe(0);
    stage.event(() => stage.agent.stored?.(stage.nowMs));
    stage.run(100);
    expect(stage.fake.session.count('activity-end')).toBe(1);
  });

  it('[GL4] ends it a second later where nothing can be stored', () => {
    const stage = new GeminiStage();
    stage.run(500);
    stage.stores = false;
    stage.say(500);
    stage.run(1100);
    expect(stage.fake.session.count('activity-end')).toBe(1);
  });

  it('[GL5] says an answer as it comes, at 16 kHz, and ends the utterance when it was generated', () => {
    const stage = new GeminiStage({ fake: { speed: 4, answerMs: 2000, burstMs: 50 } });
    stage.run(500);
    stage.say(400);
    stage.run(200 + 40 + 40 + 30);
    expect(stage.host.at(1).samples.length).toBeGreaterThan(150 * SAMPLES_PER_MS);
    expect(stage.host.at(1).samples.length).toBeLessThan(450 * SAMPLES_PER_MS);
    expect(stage.host.at(1).open).toBe(true);
    stage.run(600);
    const heard = Int16Array.from(stage.host.at(1).samples);
    expect(stage.host.at(1).open).toBe(false);
    expect(heard.length).toBe(2000 * SAMPLES_PER_MS);
    const wanted = answerAt16kHz(1, 2000);
    expect(heard.subarray(0, wanted.length)).toEqual(wanted);
  });

  it('[GL6] says nothing of an answer once it was cut short, and all of the next one', () => {
    const stage = new GeminiStage({ fake: { speed: 1.5, answerMs: 3000, lateBursts: 4 } });
    stage.run(500);
    stage.say(400);
    stage.run(1000);
    const cut = stage.host.at(1);
    const givenBefore = cut.samples.length;
    expect(givenBefore).toBeGreaterThan(0);
    stage.host.interrupt();
    stage.startTurn();
    stage.speak(new Int16Array(1600).fill(900));
    stage.hear(1, 8000);
    stage.speak(new Int16Array(6400).fill(900));
    stage.endTurn();
    stage.run(5000);
    expect(cut.samples.length).toBe(givenBefore);
    expect(stage.host.utterances).toHaveLength(2);
    const wanted = answerAt16kHz(2, 3000);
    const heard = Int16Array.from(stage.host.at(2).samples);
    expect(heard.subarray(0, wanted.length)).toEqual(wanted);
  });

  it('[GL6] an answer that was generated before it is cut short leaves nothing to ignore', () => {
    const stage = new GeminiStage({ fake: { speed: 20, answerMs: 3000 } });
    stage.run(500);
    stage.say(400);
    stage.run(600);
    expect(stage.host.at(1).open).toBe(false);
    stage.startTurn();
    stage.hear(1, 8000);
    stage.speak(new Int16Array(8000));
    stage.endTurn();
    stage.run(4000);
    expect(stage.host.utterances).toHaveLength(2);
    expect(stage.host.at(2).samples.length).toBe(3000 * SAMPLES_PER_MS);
  });

  it('[GL7] says nothing of an answer that the caller did not wait for', () => {
    const stage = new GeminiStage({ fake: { thinkMs: 800, lateBursts: 3 } });
    stage.run(500);
    stage.say(400);
    stage.run(300);
    stage.say(600);
    stage.run(5000);
    expect(stage.host.utterances).toHaveLength(1);
    const wanted = answerAt16kHz(2, 2000);
    const heard = Int16Array.from(stage.host.at(1).samples);
    expect(bestLikeness(wanted.subarray(0, 1600), heard, 0, 40)).toMatchObject({ lag: 0 });
    expect(heard.subarray(0, wanted.length)).toEqual(wanted);
  });

  it('[GL8] tells the model how much of an answer was heard', () => {
    const stage = new GeminiStage({
      fake: { speed: 20, answerMs: 3000, transcripts: 'before' },
    });
    stage.run(500);
    stage.say(400);
    stage.run(1000);
    stage.startTurn();
    stage.hear(1, 24_000);
    stage.speak(new Int16Array(8000));
    stage.endTurn();
    stage.run(500);
    const notes = stage.fake.session.taken.filter(({ kind }) => kind === 'content');
    expect(notes).toEqual([
      {
        kind: 'content',
        text: '[The caller cut in: of your last answer only the first 1.50 s were heard, about as far as "Answer 1". What came after that was not heard.]',
        turnComplete: false,
      },
    ]);
    expect(stage.fake.violations).toEqual([]);
  });

  it('[GL8] in the realtime stream it is told inside a turn only, where it asks for nothing', () => {
    const stage = new GeminiStage({
      agent: { words: 'realtime' },
      fake: { speed: 20, answerMs: 3000 },
    });
    stage.run(500);
    stage.say(400);
    stage.run(1000);
    stage.hear(1, 16_000);
    stage.run(500);
    expect(stage.fake.session.count('text')).toBe(0);
    stage.say(400);
    stage.run(500);
    expect(stage.fake.session.story.slice(-5)).toEqual([
      'activity-start',
      'text',
      'audio',
      'activity-end',
      'answer',
    ]);
  });

  it('[GL8] says nothing of it when it was told not to, or when all was heard', () => {
    const quiet = new GeminiStage({ agent: { tellHeard: false }, fake: { speed: 20 } });
    const whole = new GeminiStage({ fake: { speed: 20 } });
    for (const stage of [quiet, whole]) {
      stage.run(500);
      stage.say(400);
      stage.run(3000);
    }
    quiet.hear(1, 8000);
    whole.hear(1, whole.host.at(1).samples.length);
    for (const stage of [quiet, whole]) {
      stage.run(500);
      expect(stage.fake.session.count('content')).toBe(0);
    }
  });
});
