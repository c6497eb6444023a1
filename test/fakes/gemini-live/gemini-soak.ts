// A long call in virtual time: turns, interruptions, tools, announced and sudden ends of connections, all by one seed.

import { callerVoice } from '../caller-voice.ts';
import { GeminiStage, type StageOptions } from './gemini-stage.ts';

export interface SoakOptions extends StageOptions {
  readonly lengthMs: number;
  readonly seed: number;
}

/** What went wrong in a call, and how much happened in it. */
export interface SoakReport {
  /** One sentence each; none in a call that went well. */
  readonly complaints: readonly string[];
  readonly turns: number;
  readonly interruptions: number;
  readonly connections: number;
  /** Caller audio that the model never heard, and audio that it heard twice. */
  readonly lostSamples: number;
  readonly repeatedSamples: number;
  /** Audio of answers that were cut short, said nevertheless. */
  readonly lateSamples: number;
}

/** Holds the call and judges it. */
export function soak(options: SoakOptions): SoakReport {
  const stage = new GeminiStage({
    ...options,
    fake: {
      answerMs: 1200,
      speed: 3,
      goAwayAfterMs: 240_000,
      timeLeftMs: 5000,
      react: (input) =>
        input % 9 === 0 ? { kind: 'tool', name: 'weather', args: {} } : { kind: 'answer' },
      ...options.fake,
    },
  });
  const random = randomFrom(options.seed);
  let turns = 0;
  let interruptions = 0;
  let lateSamples = 0;
  stage.run(1000);
  while (stage.nowMs < options.lengthMs) {
    turns++;
    stage.startTurn();
    stage.speak(callerVoice(turns, 200 + 20 * Math.floor(random() * 20)));
    if (random() < 0.08) stage.fake.connection.cut();
    if (random() < 0.05) stage.fake.connection.end(1011, 'Internal error', stage.nowMs);
    stage.speak(callerVoice(turns + 10_000, 200));
    stage.endTurn();
    stage.run(700);
    const call = stage.toolCalls.pop();
    if (call !== undefined) {
      stage.event((nowMs) => call.done({ kind: 'result', value: turns }, nowMs));
      stage.run(700);
    }
    const spoken = stage.host.utterances.findLast(({ samples }) => samples.length > 0);
    if (spoken !== undefined && random() < 0.3) {
      interruptions++;
      const before = spoken.samples.length;
      stage.host.interrupt();
      stage.hear(spoken.number, Math.floor(before / 2));
      turns++;
      stage.say(400);
      // Nothing was asked since, so whatever was said meanwhile belongs to what was cut short.
      for (const { number, samples } of stage.host.utterances) {
        if (number > spoken.number) lateSamples += samples.length;
      }
      lateSamples += spoken.samples.length - before;
    }
    stage.run(4000 + Math.floor(random() * 6000));
  }
  stage.run(8000);
  const { lost, repeated } = difference(stage.allSaid, stage.fake.session.audio);
  const complaints = [
    ...stage.fake.violations,
    ...stage.host.failures.map((code) => `The caller was told: ${code}.`),
    ...(stage.fake.sessions.length > 1 ? ['The session was not resumed.'] : []),
    ...(lost > 0 ? [`${lost} samples were lost.`] : []),
    ...(repeated > 0 ? [`${repeated} samples came twice.`] : []),
    ...(lateSamples > 0 ? [`${lateSamples} samples were said too late.`] : []),
    ...(stage.fake.session.count('activity-end') < turns ? ['A turn was never ended.'] : []),
  ];
  const connections = stage.fake.connections.length;
  return {
    complaints,
    turns,
    interruptions,
    connections,
    lostSamples: lost,
    repeatedSamples: repeated,
    lateSamples,
  };
}

/** Both are the same noise in chunks of 20 ms, so one chunk is told from another by its first samples. */
function difference(said: Int16Array, taken: Int16Array): { lost: number; repeated: number } {
  const counts = new Map<string, number>();
  const note = (samples: Int16Array, change: number): void => {
    for (let from = 0; from < samples.length; from += CHUNK) {
      const key = samples.subarray(from, from + KEY).join();
      counts.set(key, (counts.get(key) ?? 0) + change);
    }
  };
  note(said, 1);
  note(taken, -1);
  let lost = 0;
  let repeated = 0;
  for (const count of counts.values()) {
    if (count > 0) lost += count * CHUNK;
    else repeated -= count * CHUNK;
  }
  return { lost, repeated };
}

const CHUNK = 320;
const KEY = 6;

function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
