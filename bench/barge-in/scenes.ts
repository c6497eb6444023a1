// What the benchmark measures, scene by scene.

import { showProgress } from '../accuracy/progress.ts';
import { CallWorld } from './call-world.ts';
import { type Figures, figures, share } from './figures.ts';
import { interrupt, listen, silence } from './interruption.ts';
import type { Noise } from './noises.ts';
import { DISTORTIONS, OpenSpeaker } from './open-speaker.ts';
import { randomFrom } from './random.ts';
import { TalkativeAgent } from './talkative-agent.ts';
import { activeRms, type Voices } from './voices.ts';

/** A link between caller and engine. */
export interface Link {
  readonly name: string;
  readonly delayMs: number;
  readonly downKbitPerSecond: number;
}

const HOUR_MS = 3_600_000;
const RATE_PER_MS = 16;

/** Speech that was heard is known to this: a frame. */
const FRAME_SAMPLES = 320;

/** An interruption over an echo is to be settled by then. */
const ECHO_COMMIT_MS = 700;

const LEAKS_DB = [-10, -20, -30];
const DELAYS_MS = [80, 150, 250, 400];

export interface InterruptionResult {
  readonly onsetToSilence: Figures;
  readonly onsetToCommit: Figures;
  readonly missed: number;
  readonly heardWithinAFramePct: number;
  readonly heardErrorMaxSamples: number;
  readonly clearedSamplesPlayed: number;
}

/** Each caller interrupts so many times, at other moments: a 95th percentile needs about a hundred. */
const ROUNDS = 6;

/** Callers who interrupt in earnest, one after another. */
export function interruptions(voices: Voices, link: Link): InterruptionResult {
  const random = randomFrom(11);
  const agent = new TalkativeAgent(voices.story);
  const world = new CallWorld({ agent, ...link, echoGuard: 'auto', random });
  const silentMs: number[] = [];
  const commitMs: number[] = [];
  const errors: number[] = [];
  let missed = 0;
  const clips = Array.from({ length: ROUNDS }, () => voices.interruptions).flat();
  for (const [index, clip] of clips.entries()) {
    listen(world, 2000 + Math.round(random() * 1000));
    const told = agent.interruptions.length;
    const result = interrupt(world, clip);
    if (result.silentMs === null) missed++;
    else silentMs.push(result.silentMs);
    if (result.clearMs !== null) commitMs.push(result.clearMs);
    const heard = agent.interruptions[told];
    if (heard !== undefined) errors.push(Math.abs(heard.heardSamples - world.soundSamples));
    world.runTo(world.nowMs + 3500);
    showProgress(link.name, index + 1, clips.length);
  }
  return {
    onsetToSilence: figures(silentMs),
    onsetToCommit: figures(commitMs),
    missed,
    heardWithinAFramePct: share(errors, (error) => error <= FRAME_SAMPLES),
    heardErrorMaxSamples: Math.max(0, ...errors),
    clearedSamplesPlayed: world.clearedSamples,
  };
}

/** From the decision to silence at the speaker: the button, with nothing held before. */
export function confirmedToSilent(voices: Voices, link: Link): Figures {
  const random = randomFrom(12);
  const agent = new TalkativeAgent(voices.story);
  const world = new CallWorld({ agent, ...link, echoGuard: 'off', random });
  const silentMs: number[] = [];
  for (let trial = 0; trial < 40; trial++) {
    listen(world, 100 + Math.round(random() * 1900));
    const sinceMs = world.nowMs;
    world.session.interrupt();
    const silentAtMs = silence(world, sinceMs);
    const clearMs = world.firstSince('clear', sinceMs);
    if (silentAtMs !== null && clearMs !== null) silentMs.push(silentAtMs - clearMs);
    world.runTo(world.nowMs + 2000);
  }
  return figures(silentMs);
}

/** Noise while the agent speaks without a break. */
export function noise(voices: Voices, noises: readonly Noise[]) {
  let holds = 0;
  let commits = 0;
  let lengthMs = 0;
  const byNoise: Record<string, { holds: number; commits: number; seconds: number }> = {};
  for (const [index, { name, samples }] of noises.entries()) {
    const agent = new TalkativeAgent(voices.story);
    const world = new CallWorld({
      agent,
      delayMs: 20,
      echoGuard: 'auto',
      ambience: (sample) => samples[sample] ?? 0,
      random: randomFrom(13),
    });
    world.runTo(samples.length / RATE_PER_MS);
    const counted = { holds: world.count('hold'), commits: world.count('clear') };
    byNoise[name] = { ...counted, seconds: Math.round(samples.length / RATE_PER_MS / 1000) };
    holds += counted.holds;
    commits += counted.commits;
    lengthMs += samples.length / RATE_PER_MS;
    showProgress('noise', index + 1, noises.length);
  }
  const perHour = (count: number) => (lengthMs === 0 ? 0 : (count * HOUR_MS) / lengthMs);
  return {
    minutes: lengthMs / 60_000,
    holdsPerHour: perHour(holds),
    commitsPerHour: perHour(commits),
    byNoise,
  };
}

/** Words of assent while the agent speaks. */
export function assent(voices: Voices) {
  const random = randomFrom(14);
  const agent = new TalkativeAgent(voices.story);
  const world = new CallWorld({ agent, delayMs: 20, echoGuard: 'auto', random });
  let held = 0;
  let committed = 0;
  for (const [index, clip] of voices.assents.entries()) {
    listen(world, 1500 + Math.round(random() * 500));
    const result = interrupt(world, clip);
    if (result.holdMs !== null) held++;
    if (result.clearMs !== null) committed++;
    world.runTo(world.nowMs + (result.clearMs === null ? 500 : 3500));
    showProgress('mm-hm', index + 1, voices.assents.length);
  }
  const words = voices.assents.length;
  return { words, heldPct: (100 * held) / words, committedPct: (100 * committed) / words };
}

/** An open speaker: the agent hears itself for `minutes` in all, and callers interrupt as loud as the echo. */
export function echo(voices: Voices, minutes: number, trialsEach: number) {
  const conditions = LEAKS_DB.flatMap((leakDb) =>
    DELAYS_MS.flatMap((delayMs) =>
      DISTORTIONS.map((distortion) => ({ leakDb, delayMs, distortion })),
    ),
  );
  const aloneMs = (minutes * 60_000) / conditions.length;
  const result = { holds: 0, commits: 0, silentMs: [] as number[], commitMs: [] as number[] };
  let trials = 0;
  for (const [index, condition] of conditions.entries()) {
    const random = randomFrom(100 + index);
    const story = turned(voices.story, index);
    const speaker = new OpenSpeaker({ ...condition, playedRms: voices.storyRms, seed: index });
    const agent = new TalkativeAgent(story);
    const world = new CallWorld({ agent, delayMs: 20, echoGuard: 'auto', speaker, random });
    world.runTo(aloneMs);
    result.holds += world.count('hold');
    result.commits += world.count('clear');
    for (let trial = 0; trial < trialsEach; trial++) {
      const clip = voices.interruptions[trials++ % voices.interruptions.length]!;
      listen(world, 4000 + Math.round(random() * 1000));
      const gain = (voices.storyRms * 10 ** (condition.leakDb / 20)) / activeRms(clip);
      const { silentMs, clearMs } = interrupt(world, clip, gain);
      result.silentMs.push(silentMs ?? Number.POSITIVE_INFINITY);
      result.commitMs.push(clearMs ?? Number.POSITIVE_INFINITY);
      world.runTo(world.nowMs + 4000);
    }
    showProgress('echo', index + 1, conditions.length);
  }
  return {
    minutes,
    commits: result.commits,
    holdsPerHour: (result.holds * 60) / minutes,
    interruptions: trials,
    committedInTimePct: share(result.commitMs, (ms) => ms <= ECHO_COMMIT_MS),
    onsetToCommit: figures(result.commitMs),
    onsetToSilence: figures(result.silentMs),
  };
}

/** The story from another sentence on. */
function turned(story: Int16Array, index: number): Int16Array {
  const from = (index * 7919 * RATE_PER_MS) % story.length;
  const all = new Int16Array(story.length);
  all.set(story.subarray(from));
  all.set(story.subarray(0, from), story.length - from);
  return all;
}
