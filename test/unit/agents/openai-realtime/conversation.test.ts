// Calls with the fake of OpenAI Realtime, in virtual time: turns, answers, interruptions, and what both sides know afterwards.

import { describe, expect, it } from 'vitest';
import { OpenAiStage } from '../../../fakes/openai-realtime/stage.ts';
import { faultsOf } from '../../../fakes/openai-realtime/verdict.ts';
import { numbersIn } from '../../../fakes/openai-realtime/watermark.ts';
import { voiceScript } from '../../../support/voice-script.ts';

const words = (ms: number, seed = 1) => voiceScript([[0, ms]], seed);
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

describe('a call with our turns', () => {
  it('[OR1, OR21] commits each turn whole, asks for an answer, says it, and reports what it cost', () => {
    const stage = new OpenAiStage();
    stage.world.runTo(500);
    stage.speak(words(1200));
    stage.world.runTo(8000);
    const [session] = stage.service.sessions;
    expect(faultsOf(stage)).toEqual([]);
    expect(session!.callerAudio.map(({ length }) => length)).toEqual([1200 * 24]);
    expect(stage.utterances).toHaveLength(1);
    expect(stage.utterances[0]).toMatchObject({ phase: 'completed', length: 12 * 240 * 16 });
    expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 101)]);
    expect(stage.finals('caller')).toEqual(['said for 1200 ms']);
    expect(stage.usages).toMatchObject({ outputAudioTokens: 58, transcriptionSeconds: 2 });
  });

  it('[OR1] asks for nothing while the caller speaks, and does not wait for the end to send audio', () => {
    const stage = new OpenAiStage();
    stage.world.runTo(500);
    stage.speak(words(2000));
    stage.world.runTo(1500);
    const [session] = stage.service.sessions;
    expect(session!.received.filter((type) => type === 'input_audio_buffer.append')).toHaveLength(
      9,
    );
    expect(session!.asked).toEqual([]);
  });

  it('[OR2] sets the session up before anything else, with turn detection off', () => {
    const stage = new OpenAiStage({ agent: { instructions: 'Be brief.', speed: 1.1 } });
    stage.world.runTo(500);
    stage.speak(words(600));
    stage.world.runTo(2000);
    expect(stage.wire[0]!.type).toBe('session.update');
    expect(stage.wire.filter(({ type }) => type === 'session.update')).toHaveLength(1);
    expect(stage.service.violations).toEqual([]);
  });

  it('[OR3] cancels, truncates to what was heard, and drops what was on its way, when cut while the vendor still speaks', () => {
    const stage = new OpenAiStage({ vendor: () => ({ speed: 1.5, lateDeltas: 3 }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(2500);
    expect(stage.utterances[0]!.phase).toBe('open');
    stage.speak(words(1000, 2));
    stage.world.runTo(12_000);
    expect(faultsOf(stage)).toEqual([]);
    const [session] = stage.service.sessions;
    const [truncation] = session!.truncations;
    expect(session!.truncations).toHaveLength(1);
    expect(stage.cuts[0]!.heardMs - truncation!.audioEndMs).toBeGreaterThanOrEqual(0);
    expect(stage.cuts[0]!.heardMs - truncation!.audioEndMs).toBeLessThan(1);
    expect(stage.wire.filter(({ type }) => type === 'response.cancel')).toHaveLength(1);
    // Three deltas of 120 ms came after the cancellation, and the caller has heard none of them.
    expect(truncation!.sentMs * 16 - stage.utterances[0]!.length).toBeGreaterThanOrEqual(
      3 * 120 * 16,
    );
    expect(stage.utterances).toHaveLength(2);
    const [before, after] = stage.finals('agent').map(numbersIn);
    expect(before).toEqual(upTo(before!.length, 101));
    expect(Math.abs(before!.length - stage.cuts[0]!.heardMs / 240)).toBeLessThanOrEqual(1);
    expect(after).toEqual(upTo(12, 201));
  });

  it('[OR4] truncates and cancels nothing when cut after the vendor has given all', () => {
    const stage = new OpenAiStage({ vendor: () => ({ speed: 20 }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(3000);
    expect(stage.utterances[0]).toMatchObject({ phase: 'ended', length: 12 * 240 * 16 });
    stage.speak(words(1000, 2));
    stage.world.runTo(9000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.service.sessions[0]!.truncations).toHaveLength(1);
    expect(stage.wire.filter(({ type }) => type === 'response.cancel')).toHaveLength(0);
  });

  it('[OR4] truncates nothing that was heard to its end', () => {
    const stage = new OpenAiStage();
    for (const turn of [0, 1, 2]) {
      stage.world.runTo(500 + turn * 6000);
      stage.speak(words(800, turn + 1));
    }
    stage.world.runTo(20_000);
    expect(faultsOf(stage)).toEqual([]);
    expect(stage.service.sessions[0]!.truncations).toEqual([]);
    expect(stage.finals('agent')).toHaveLength(3);
  });

  it('[OR5] tells of each item of a response how much was heard, of one that had not begun nothing', () => {
    const answer = () => ({ messages: [upTo(3, 101), upTo(6, 104), upTo(6, 110)] });
    const stage = new OpenAiStage({ vendor: () => ({ speed: 10, answer }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(3000);
    expect(stage.utterances.map(({ phase }) => phase)).toEqual(['completed', 'ended', 'ended']);
    stage.cutIn();
    stage.world.runTo(4000);
    expect(faultsOf(stage)).toEqual([]);
    const [session] = stage.service.sessions;
    expect(session!.truncations.map(({ item }) => item)).toEqual(
      session!.everSaid.slice(1).map(({ id }) => id),
    );
    expect(session!.truncations[0]!.audioEndMs).toBeGreaterThan(500);
    expect(session!.truncations[1]!.audioEndMs).toBe(0);
  });

  it('[OR5] never truncates beyond what was taken, when the caller has heard all of it and more is on its way', () => {
    const stage = new OpenAiStage({ vendor: () => ({ speed: 0.5, lateDeltas: 2 }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(3000);
    stage.cutIn();
    stage.world.runTo(6000);
    expect(faultsOf(stage)).toEqual([]);
    const [truncation] = stage.service.sessions[0]!.truncations;
    expect(truncation!.audioEndMs).toBeGreaterThan(0);
    expect(truncation!.audioEndMs).toBeLessThan(truncation!.sentMs);
  });

  it('[OR3] cancels an answer of which nothing is audible yet when the caller goes on', () => {
    const stage = new OpenAiStage({ vendor: () => ({ firstAudioMs: 1500 }) });
    stage.world.runTo(500);
    stage.speak(words(800));
    stage.world.runTo(1600);
    stage.speak(words(800, 2));
    stage.world.runTo(10_000);
    expect(faultsOf(stage)).toEqual([]);
    const [session] = stage.service.sessions;
    expect(session!.asked).toHaveLength(2);
    expect(session!.asked[1]!.items.filter(({ role }) => role === 'user')).toHaveLength(2);
    expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 201)]);
  });

  it('[OR22] fills up a turn that is shorter than the vendor takes', () => {
    const stage = new OpenAiStage();
    stage.world.runTo(500);
    stage.speak(words(60));
    stage.world.runTo(6000);
    expect(stage.service.violations).toEqual([]);
    expect(stage.service.sessions[0]!.callerAudio[0]!.length).toBe(2400);
  });

  it('[OR19] tells a turn that no checkpoint follows after 250 ms', () => {
    const stage = new OpenAiStage();
    stage.world.runTo(500);
    stage.speak(words(400), false);
    stage.world.runTo(1000);
    const end = { turn: 1, startSample: 0, endSample: 6400, reason: 'silence' as const };
    stage.event((agent, nowMs) => agent.turnEnded(end, nowMs));
    stage.world.runTo(1240);
    const commits = () => stage.wire.filter(({ type }) => type === 'input_audio_buffer.commit');
    expect(commits()).toHaveLength(0);
    stage.world.runTo(1300);
    expect(commits()).toHaveLength(1);
  });
});

describe.each(['server_vad', 'semantic_vad'])(
  'a call with the turn detection %s',
  (turnDetection) => {
    it('[OR6] sends everything, and lets the vendor answer by itself', () => {
      const stage = new OpenAiStage({ agent: { turnDetection } });
      stage.world.runTo(500);
      stage.speak(words(1200));
      stage.world.runTo(9000);
      expect(faultsOf(stage)).toEqual([]);
      expect(stage.wire.some(({ type }) => type === 'input_audio_buffer.commit')).toBe(false);
      expect(stage.wire.some(({ type }) => type === 'response.create')).toBe(false);
      expect(stage.finals('agent').map(numbersIn)).toEqual([upTo(12, 101)]);
      expect(stage.finals('caller')).toHaveLength(1);
    });

    it('[OR6] interrupts when the vendor hears speech, and tells it what was heard', () => {
      const stage = new OpenAiStage({ agent: { turnDetection }, vendor: () => ({ speed: 3 }) });
      stage.world.runTo(500);
      stage.speak(words(1200));
      stage.world.runTo(4000);
      expect(stage.utterances).toHaveLength(1);
      stage.agentOnly(words(900, 2));
      stage.world.runTo(12_000);
      expect(stage.cuts).toHaveLength(1);
      expect(faultsOf(stage)).toEqual([]);
      expect(stage.service.sessions[0]!.truncations).toHaveLength(1);
      expect(stage.utterances).toHaveLength(2);
    });
  },
);
