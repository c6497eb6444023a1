// A long call with OpenAI Realtime in virtual time: turns, interruptions, and a session that dies now and then.

import { randomOf } from '../../../simulation/random.ts';
import { voiceScript } from '../../support/voice-script.ts';
import { OpenAiStage } from './stage.ts';

const SEED = 7;
/** One way to the vendor: a truncation leaves in the event in which the cut is told. */
const LINE_MS = 10;
const MOST_ENTRIES = 200;

/** What went wrong in a call, and how much happened in it. */
export interface OpenAiSoakReport {
  /** One sentence each; none in a call that went well. */
  readonly complaints: readonly string[];
  readonly turns: number;
  readonly truncations: number;
  readonly sessions: number;
  /** Vendor samples of answers heard to their end that the caller did not get. */
  readonly lostSamples: number;
}

/** Holds the call, in which every other answer is cut short at any moment of it, and judges it. */
export function soakOpenAi(minutes: number): OpenAiSoakReport {
  const random = randomOf(SEED);
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
  while (stage.world.nowMs < minutes * 60_000) {
    stage.speak(voiceScript([[0, 400 + 20 * Math.floor(random() * 60)]], ++turns));
    const pauseMs = turns % 2 === 0 ? 14_000 : 1700 + Math.floor(random() * 2500);
    stage.world.runTo(stage.world.nowMs + pauseMs);
  }
  stage.world.runTo(stage.world.nowMs + 6000);
  const { sessions } = stage.service;
  return {
    complaints: complaintsAbout(stage, turns),
    turns,
    truncations: sessions.flatMap(({ truncations }) => truncations).length,
    sessions: sessions.length,
    lostSamples: lostOf(stage),
  };
}

function complaintsAbout(stage: OpenAiStage, turns: number): string[] {
  const { service, cuts, utterances } = stage;
  const wrong = service.sessions
    .flatMap(({ truncations }) => truncations)
    .filter(
      ({ atMs, audioEndMs }) =>
        !cuts.some((cut) => atMs - cut.atMs === LINE_MS && Math.abs(cut.heardMs - audioEndMs) < 1),
    );
  const transcribed = stage.finals('caller').length;
  const isLeft = utterances.some(({ phase }) => phase === 'open' || phase === 'ended');
  const state = stage.agent.save() as { readonly history: { readonly entries: unknown[] } };
  return [
    ...service.violations,
    ...stage.failures.map((code) => `The caller was told: ${code}.`),
    ...wrong.map(({ item, audioEndMs }) => `Item ${item} was truncated to ${audioEndMs} ms.`),
    ...(transcribed === turns ? [] : [`Of ${turns} turns ${transcribed} were written down.`]),
    ...(isLeft ? ['An utterance never came to its end.'] : []),
    ...(state.history.entries.length > MOST_ENTRIES ? ['The state grows.'] : []),
  ];
}

/** Of answers that nobody cut short. Utterances are begun in the order of the items, but for those called off unheard. */
function lostOf({ service, utterances }: OpenAiStage): number {
  const items = service.sessions
    .flatMap(({ everSaid }) => everSaid)
    .filter(({ isCalledOff, heardMs }) => isCalledOff !== true || heardMs !== null);
  return items.reduce((sum, { audioSamples }, index) => {
    const utterance = utterances[index];
    if (utterance?.phase === 'interrupted') return sum;
    return sum + (audioSamples ?? 0) - ((utterance?.heardSamples ?? 0) * 3) / 2;
  }, 0);
}
