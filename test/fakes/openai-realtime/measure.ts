// What the agent adds on the way between OpenAI Realtime and the conversation, measured before the fake.

import { voiceScript } from '../../support/voice-script.ts';
import { OpenAiStage } from './stage.ts';

/** Numbers of `bench:agents`. */
export interface AgentMeasure {
  /** From a vendor's audio event to the samples of it that the conversation was given, 95th percentile. */
  readonly addedMsP95: number;
  /** From the moment the caller takes the floor to `conversation.item.truncate` on the vendor's wire, 95th percentile. */
  readonly commitToWireMsP95: number;
  /** Largest distance between what was heard and what the vendor was told. */
  readonly heardErrorMsMax: number;
  /** Vendor samples of answers heard to their end that the caller did not get. */
  readonly lostSamples: number;
}

/** The client's answer to `clear`, which the truncation waits for; it is no time of ours. */
const CLEAR_MS = 30;
const LINE_MS = 10;

/**
 * Holds `turns` turns, of which every other is cut short, while the vendor's session dies now and then. Times are those
 * of the machine where computing is concerned, and of the virtual world where waiting is.
 */
export function measureOpenAiRealtime(turns: number, clock: () => number): AgentMeasure {
  const computedMs: number[] = [];
  let begunMs = 0;
  const stage = new OpenAiStage({
    vendor: (session) =>
      session % 2 === 0 ? { speed: 3, diesAfterAudioMs: 24_000 } : { speed: 3 },
    sabotage: {
      incoming: (event) => {
        begunMs = event['type'] === 'response.output_audio.delta' ? clock() : 0;
      },
    },
    said: () => {
      if (begunMs > 0) computedMs.push(clock() - begunMs);
      begunMs = 0;
    },
  });
  stage.world.runTo(500);
  for (let turn = 0; turn < turns; turn++) {
    stage.speak(voiceScript([[0, 600]], turn + 1));
    stage.world.runTo(stage.world.nowMs + (turn % 2 === 0 ? 6000 : 2300));
  }
  stage.cutIn();
  stage.world.runTo(stage.world.nowMs + 6000);
  const truncations = stage.service.sessions.flatMap((session) => session.truncations);
  const errorsMs: number[] = [];
  const wireMs: number[] = [];
  for (const { audioEndMs, atMs } of truncations) {
    const cut = stage.cuts.findLast((each) => each.atMs <= atMs)!;
    errorsMs.push(Math.abs(cut.heardMs - audioEndMs));
    wireMs.push(atMs - LINE_MS - (cut.atMs - CLEAR_MS));
  }
  const completed = stage.utterances.filter(({ phase }) => phase === 'completed');
  const said = stage.service.sessions
    .flatMap(({ everSaid }) => everSaid)
    .filter(({ heardMs }) => heardMs === null);
  const sentSamples = said.reduce((sum, { audioSamples }) => sum + (audioSamples ?? 0), 0);
  const heardSamples = completed.reduce((sum, each) => sum + each.heardSamples, 0);
  return {
    addedMsP95: percentile95(computedMs),
    commitToWireMsP95: percentile95(wireMs),
    heardErrorMsMax: Math.max(...errorsMs),
    lostSamples: sentSamples - (heardSamples * 3) / 2,
  };
}

function percentile95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? Number.NaN;
}
