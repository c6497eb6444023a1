// A caller who talks over the storyteller: how soon after the first sound at the microphone the output is silent.

import { setTimeout as pause } from 'node:timers/promises';
import { type Figures, figures } from '../barge-in/figures.ts';
import type { BenchBrowser } from './bench-browser.ts';
import { HeardCall } from './heard-call.ts';
import type { Playing, Stage } from './stage.ts';

/** A caller is not interrupting when the story paused in the moment before. */
const TALKING_MS = 300;
const AUDIBLE = 100 / 32_768;

/** A story that still goes on then was not interrupted at all. */
const LONGEST_MS = 3000;

/** Of the uplink. */
const PACKET_MS = 20;

const LISTEN_EVERY_MS = 500;

export interface InterruptResult {
  readonly interruptions: number;
  /** Turns that are none of the recording's, or of which nothing can be said. */
  readonly unplaced: number;
  /** Of the interruptions, those that never made it silent. */
  readonly missed: number;
  /** From the first sound of the caller at the microphone. Infinity where it never came. */
  readonly onsetToSilenceMs: Figures;
  /** From the packet's last sample at the microphone with which the service may know that the caller speaks. */
  readonly holdToSilenceMs: Figures;
  readonly faults: readonly string[];
}

export async function interrupt(
  browser: BenchBrowser,
  { stage, stop }: Playing,
  { minutes, page: order }: { readonly minutes: number; readonly page: object },
): Promise<InterruptResult> {
  const conversation = { agent: { name: 'storyteller' } };
  const page = await browser.open('call-page', { conversation, tapped: true, ...order });
  try {
    const call = await HeardCall.of(page, stage.service);
    const endMs = performance.now() + minutes * 60_000;
    while (performance.now() < endMs && !stop.aborted) {
      await pause(LISTEN_EVERY_MS);
      await call.listen();
      stage.say(`interrupting, ${Math.ceil((endMs - performance.now()) / 1000)} s to go`);
    }
    await call.hangUp();
    return judge(call, stage);
  } finally {
    await page.close();
  }
}

function judge(call: HeardCall, { finder, onsetMs }: Stage): InterruptResult {
  const { captured, output, turns, speaking, faults } = call;
  const onsetToSilence: number[] = [];
  const holdToSilence: number[] = [];
  let unplaced = 0;
  for (const turn of turns) {
    if (turn.state !== 'ended') continue;
    const spoken = finder.find(captured, turn);
    if (spoken === null || !output.isPlaced) {
      unplaced++;
      continue;
    }
    const { startMs } = spoken;
    if (output.soundFrom(startMs - TALKING_MS, startMs, AUDIBLE) === null) continue;
    const silentMs = silentAfter(call, startMs);
    onsetToSilence.push(silentMs - startMs);
    const heard = speaking.find(
      (event) => event.party === 'caller' && event.speaking && event.atMs > startMs,
    );
    if (heard === undefined) continue;
    const candidateMs = Math.ceil((heard.soundMs + onsetMs) / PACKET_MS) * PACKET_MS;
    holdToSilence.push(silentMs - candidateMs);
  }
  return {
    interruptions: onsetToSilence.length,
    unplaced,
    missed: onsetToSilence.filter((ms) => !Number.isFinite(ms)).length,
    onsetToSilenceMs: figures(onsetToSilence),
    holdToSilenceMs: figures(holdToSilence),
    faults,
  };
}

/** Where the output falls silent because of the caller: not where the story happens to pause before it is told to. */
function silentAfter({ interruptions, output }: HeardCall, startMs: number): number {
  const told = interruptions.find(({ stage, atMs }) => stage !== 'release' && atMs > startMs);
  if (told === undefined) return Number.POSITIVE_INFINITY;
  return output.silenceFrom(told.atMs, startMs + LONGEST_MS) ?? Number.POSITIVE_INFINITY;
}
