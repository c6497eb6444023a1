// A long call with the parrot while its page is kept from working, and for half of the time is not even seen.

import { setTimeout as pause } from 'node:timers/promises';
import { type Figures, figures } from '../barge-in/figures.ts';
import type { BenchBrowser } from './bench-browser.ts';
import type { BenchPage } from './bench-page.ts';
import { HeardCall } from './heard-call.ts';
import type { Playing, Stage } from './stage.ts';
import type { SpokenTurn } from './voice-finder.ts';

/** Three times a minute the page's own thread computes for so long. */
const BLOCK_MS = 500;
const BLOCK_EVERY_MS = 20_000;

/** −50 dB of full scale. */
const AUDIBLE = 100 / 32_768;

/** An answer that has not come by then does not count as one. */
const LONGEST_ANSWER_MS = 3000;

/** Of the uplink. */
const PACKET_MS = 20;

/** Before it compiled code, caches and the first turns are still coming; a short run has less of it. */
const WARM_UP_MS = 60_000;
const HEAP_EVERY_MS = 20_000;

const LISTEN_EVERY_MS = 500;

const SPOIL_EVERY_MS = 2000;

/** How the answer to one turn came about, in ms. */
interface Answer {
  /** From the last sample of speech at the microphone to the packet that completes the deciding window, less the hangover. */
  readonly decideMs: number;
  /** From that packet's last sample to the page's worker knowing that the turn is over. */
  readonly tellMs: number;
  /** From there to the first audible sample at the output. */
  readonly answerMs: number;
}

export interface TalkResult {
  readonly minutes: number;
  readonly turns: number;
  readonly answered: number;
  readonly underruns: number;
  readonly concealedMs: number;
  readonly uplinkGaps: number;
  readonly uplinkGapMs: number;
  readonly blocks: number;
  /** Whether the page knew that it was hidden, for half of the time. */
  readonly hidden: boolean;
  readonly turnLatencyMs: Figures & {
    readonly stages: Readonly<Record<keyof Answer, Figures>>;
    readonly fromDecidedMs: Figures;
  };
  readonly reportGapsMs: Figures;
  readonly roundTripMs: number | null;
  /** What the browser says that its device adds to everything at the output. */
  readonly deviceLatencyMs: number;
  readonly heapBytes: readonly number[];
  readonly heapGrowthBytesPerMin: number | null;
  readonly faults: readonly string[];
}

/** What is done to the page; nothing unless said. */
export interface TalkOrder {
  readonly minutes: number;
  readonly page: Readonly<Record<string, unknown>>;
  /** Carried out in the page every two seconds. */
  readonly spoil?: string | undefined;
}

export async function talk(
  browser: BenchBrowser,
  { stage, stop }: Playing,
  order: TalkOrder,
): Promise<TalkResult> {
  const page = await browser.open('call-page', { conversation: {}, tapped: true, ...order.page });
  try {
    const call = await HeardCall.of(page, stage.service);
    const during = await spend(page, call, order, stage, stop);
    await call.hangUp();
    return { minutes: order.minutes, ...during, ...judge(call, stage) };
  } finally {
    await page.close();
  }
}

async function spend(
  page: BenchPage,
  call: HeardCall,
  { minutes, spoil }: TalkOrder,
  { say }: Stage,
  stop: AbortSignal,
): Promise<Pick<TalkResult, 'blocks' | 'hidden' | 'heapBytes' | 'heapGrowthBytesPerMin'>> {
  const lengthMs = minutes * 60_000;
  const warmUpMs = Math.min(WARM_UP_MS, lengthMs / 4);
  const beganMs = performance.now();
  const heap: { readonly atMs: number; readonly bytes: number }[] = [];
  let blocks = 0;
  let hidden: boolean | null = null;
  let isBack = false;
  let spoiled = 1;
  for (let atMs = 0; atMs < lengthMs && !stop.aborted; atMs = performance.now() - beganMs) {
    await pause(LISTEN_EVERY_MS);
    await call.listen();
    say(`talking, ${Math.floor(atMs / 1000)} of ${Math.round(lengthMs / 1000)} s`);
    if (atMs > (blocks + 0.5) * BLOCK_EVERY_MS) {
      blocks++;
      await page.block(BLOCK_MS);
    }
    if (hidden === null && atMs > lengthMs / 4) hidden = await page.hide();
    if (!isBack && atMs > (3 * lengthMs) / 4) {
      isBack = true;
      await page.show();
    }
    if (atMs > warmUpMs + heap.length * HEAP_EVERY_MS)
      heap.push({ atMs, bytes: await page.heapBytes() });
    if (spoil !== undefined && atMs > spoiled * SPOIL_EVERY_MS) {
      spoiled++;
      await page.evaluate(spoil);
    }
  }
  return {
    blocks,
    hidden: hidden === true,
    heapBytes: heap.map(({ bytes }) => bytes),
    heapGrowthBytesPerMin: slopeOf(heap),
  };
}

function judge(call: HeardCall, stage: Stage) {
  const { uplink, playback, network, devices } = call.statistics;
  const answers: Answer[] = [];
  let turns = 0;
  for (const turn of call.turns) {
    if (turn.state !== 'ended') continue;
    turns++;
    const answer = answerTo(call, turn, stage);
    if (answer !== null) answers.push(answer);
  }
  const over = (value: (answer: Answer) => number) => figures(answers.map(value));
  return {
    turns,
    answered: answers.length,
    underruns: playback.underruns,
    concealedMs: playback.concealedMs,
    uplinkGaps: uplink.gaps,
    uplinkGapMs: uplink.gapSamples / 16,
    turnLatencyMs: {
      ...over(({ decideMs, tellMs, answerMs }) => decideMs + tellMs + answerMs),
      stages: {
        decideMs: over(({ decideMs }) => decideMs),
        tellMs: over(({ tellMs }) => tellMs),
        answerMs: over(({ answerMs }) => answerMs),
      },
      fromDecidedMs: over(({ tellMs, answerMs }) => tellMs + answerMs),
    },
    reportGapsMs: figures(call.observed.reportGapsMs),
    roundTripMs: network.roundTripMs,
    deviceLatencyMs: devices.outputLatencyMs,
    faults: call.faults,
  };
}

/** Null for a turn that cannot be judged: none of the recording's, or never answered. */
function answerTo(
  { captured, output, observed }: HeardCall,
  turn: SpokenTurn & { readonly turn: number; readonly atMs: number },
  { finder, hangoverMs }: Stage,
): Answer | null {
  const spoken = finder.find(captured, turn);
  const detectMs = observed.latencyOf(turn.turn)?.detectMs ?? null;
  const heardMs = output.soundFrom(turn.atMs, turn.atMs + LONGEST_ANSWER_MS, AUDIBLE);
  if (spoken === null || detectMs === null || heardMs === null || !output.isPlaced) return null;
  const decidedMs = Math.ceil((turn.endMs + detectMs) / PACKET_MS) * PACKET_MS;
  return {
    decideMs: decidedMs - spoken.endMs - hangoverMs,
    tellMs: turn.atMs - decidedMs,
    answerMs: heardMs - turn.atMs,
  };
}

/** Growth by least squares, null of fewer than three values. */
function slopeOf(
  heap: readonly { readonly atMs: number; readonly bytes: number }[],
): number | null {
  if (heap.length < 3) return null;
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value) / values.length;
  const atMs = mean(heap.map((each) => each.atMs));
  const bytes = mean(heap.map((each) => each.bytes));
  const product = mean(heap.map((each) => (each.atMs - atMs) * (each.bytes - bytes)));
  const square = mean(heap.map((each) => (each.atMs - atMs) ** 2));
  return (product / square) * 60_000;
}
