// What can be done at all on a trace: the best fixed delay, the least delay for a loss, and the plainest player.

import { isPause, type SpeechLoop } from './speech-loop.ts';
import type { Trace } from './trace-generators.ts';

/** Pauses at least this long part talkspurts. */
const SPURT_PAUSE_MS = 200;

/** The first of a trace, which has a row of its own. */
const SKIPPED_MS = 10_000;

/** Halvings of the price of a late frame. */
const HALVINGS = 40;

/** The least constant delay, known afterwards, that leaves no more than this share of the frames unheard; in ms. */
export function bestFixedDelayMs(trace: Trace, concealedPct: number): number {
  const delays = measured(trace);
  const heard = delays.filter((delay) => delay !== null).toSorted((a, b) => a - b);
  const lost = delays.length - heard.length;
  const late = Math.max(0, Math.floor((concealedPct / 100) * delays.length) - lost);
  return heard[Math.max(0, heard.length - 1 - late)]!;
}

/**
 * The least mean delay of the frames heard when the delay may change between talkspurts only, every arrival is known
 * beforehand, and no more than this share is unheard: the bound of Moon, Kurose and Towsley, "Packet audio playout delay
 * adjustment: performance bounds and algorithms" (1998), found at the corners of its convex hull by a price of lateness.
 */
export function leastSpurtDelayMs(trace: Trace, speech: SpeechLoop, concealedPct: number): number {
  const spurts = talkspurts(trace, speech);
  const frames = spurts.reduce((sum, spurt) => sum + spurt.length, 0);
  let cheap = 0;
  let dear = 1e6;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const price = Math.sqrt(Math.max(1e-3, cheap) * dear);
    const { unheard } = spurtsAtPrice(spurts, price);
    if ((100 * unheard) / frames > concealedPct) cheap = price;
    else dear = price;
  }
  return spurtsAtPrice(spurts, dear).meanMs;
}

/** A player that appends what comes and waits when it has nothing: mean delay in ms, and waits of ≥ 150 ms a minute. */
export function cursorPlayer(trace: Trace): { meanMs: number; interruptionsPerMin: number } {
  const arrivals = trace.delaysMs
    .flatMap((delay, frame) =>
      delay === null ? [] : [{ frame, atMs: frame * trace.frameMs + delay }],
    )
    .sort((a, b) => a.atMs - b.atMs);
  let endMs = 0;
  let sumMs = 0;
  let played = 0;
  let interruptions = 0;
  for (const { frame, atMs } of arrivals) {
    const startMs = Math.max(atMs, endMs);
    const sentAtMs = frame * trace.frameMs;
    if (sentAtMs >= SKIPPED_MS) {
      if (startMs - endMs >= 150) interruptions++;
      sumMs += startMs - sentAtMs;
      played++;
    }
    endMs = startMs + trace.frameMs;
  }
  return {
    meanMs: sumMs / played,
    interruptionsPerMin: interruptions / ((played * trace.frameMs) / 60_000),
  };
}

function measured(trace: Trace): readonly (number | null)[] {
  return trace.delaysMs.slice(SKIPPED_MS / trace.frameMs);
}

type Spurt = readonly (number | null)[];

function talkspurts(trace: Trace, speech: SpeechLoop): readonly Spurt[] {
  const spurts: (number | null)[][] = [[]];
  let pauseMs = 0;
  measured(trace).forEach((delay, frame) => {
    const position = frame * speech.frameSamples;
    const pauses = isPause(speech, position) && isPause(speech, position + speech.frameSamples / 2);
    pauseMs = pauses ? pauseMs + trace.frameMs : 0;
    if (pauseMs === SPURT_PAUSE_MS) spurts.push([]);
    spurts.at(-1)!.push(delay);
  });
  return spurts.filter((spurt) => spurt.length > 0);
}

/** The best delay of each talkspurt when a late frame costs as much as this many ms of delay of one frame. */
function spurtsAtPrice(spurts: readonly Spurt[], price: number) {
  let sumMs = 0;
  let heardFrames = 0;
  let unheard = 0;
  for (const spurt of spurts) {
    const sorted = spurt.filter((delay) => delay !== null).toSorted((a, b) => a - b);
    let best = { cost: price * sorted.length, heard: 0, delayMs: 0 };
    sorted.forEach((delayMs, index) => {
      const heard = index + 1;
      const cost = delayMs * heard + price * (sorted.length - heard);
      if (cost < best.cost) best = { cost, heard, delayMs };
    });
    sumMs += best.delayMs * best.heard;
    heardFrames += best.heard;
    unheard += spurt.length - best.heard;
  }
  return { meanMs: sumMs / heardFrames, unheard };
}
