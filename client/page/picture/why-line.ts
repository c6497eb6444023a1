// Says in a sentence what the last glitch was, and why it happened.

import { type Glitch, isHeard } from './glitch.ts';

/** What was heard is told of first, for so long after it. */
const HARM_FIRST_MS = 6000;
/** A cause lies at most this far before what it caused: as long as the largest lead. */
const CAUSE_REACH_MS = 2500;
/** What is told of both by different ways may come in another order by this much. */
const ORDER_MS = 700;

/** The last glitch in words. */
export interface WhyLine {
  /** `calm`: nothing went wrong. `carried`: something did, and nobody heard it. `heard`: it was heard. */
  readonly state: 'calm' | 'carried' | 'heard';
  readonly sentence: string;
  readonly glitch: Glitch | null;
}

const CALM = 'Nothing has gone wrong so far.';

/** The reason for the latest glitch in `glitches`; one that was heard goes before what was carried around the same time, or soon after. */
export function whyLine(glitches: readonly Glitch[]): WhyLine {
  const last = glitches.at(-1);
  if (last === undefined) return { state: 'calm', sentence: CALM, glitch: null };
  const harm = glitches.findLast(isHeard);
  const harmEndMs = harm === undefined ? Number.NEGATIVE_INFINITY : harm.atMs + harm.lengthMs;
  const glitch = harm !== undefined && harmEndMs >= last.atMs - HARM_FIRST_MS ? harm : last;
  const time = `${(glitch.atMs / 1000).toFixed(1)} s`;
  if (!isHeard(glitch)) {
    return { state: 'carried', sentence: `${time}: ${carriedWords(glitch)}`, glitch };
  }
  const cause = causeOf(glitch, glitches);
  const because = cause === null ? 'Why is not known.' : causeWords(cause);
  return { state: 'heard', sentence: `${time}: ${heardWords(glitch)} ${because}`, glitch };
}

/** What can have caused a glitch that was heard: of all that lies shortly before it, the longest. */
function causeOf(glitch: Glitch, glitches: readonly Glitch[]): Glitch | null {
  const candidates = glitches.filter(
    (each) =>
      !isHeard(each) &&
      each.kind !== 'error' &&
      each.kind !== 'page' &&
      each.atMs <= glitch.atMs + ORDER_MS &&
      each.atMs + each.lengthMs >= glitch.atMs - CAUSE_REACH_MS,
  );
  return candidates.reduce<Glitch | null>(
    (longest, each) => (longest === null || each.lengthMs > longest.lengthMs ? each : longest),
    null,
  );
}

function heardWords({ kind, lengthMs }: Glitch): string {
  const length = lengthMs >= 1 ? ` for ${ms(lengthMs)}` : '';
  switch (kind) {
    case 'underrun':
      return `the speaker ran dry${length} (underrun).`;
    case 'concealed':
      return `sound was made up${length} (concealment).`;
    case 'uplink-gap':
      return `the caller’s sound has a hole of ${ms(lengthMs)}.`;
    default:
      return 'a buffer was full, and sound was refused (overrun).';
  }
}

function causeWords(cause: Glitch): string {
  switch (cause.kind) {
    case 'lag': {
      const what = cause.cause === 'isolate' ? 'the isolate computed' : 'the network stood still';
      const had = cause.bufferedMs === null ? '' : `; ${ms(cause.bufferedMs)} were buffered`;
      return `Because ${what} for ${ms(cause.worstMs)}${had}.`;
    }
    case 'away':
      return `Because the connection was gone for ${ms(cause.lengthMs)}.`;
    default:
      return `Because ${cause.words}.`;
  }
}

function carriedWords({ kind, lengthMs, worstMs, cause, bufferedMs, words }: Glitch): string {
  switch (kind) {
    case 'lag': {
      const what = cause === 'isolate' ? 'the isolate computed' : 'the network stood still';
      const had =
        bufferedMs === null || bufferedMs <= 0
          ? 'nothing was lost'
          : `${ms(bufferedMs)} were buffered`;
      return `${what} for ${ms(worstMs)}; ${had}. Nobody heard it.`;
    }
    case 'away':
      return `the connection was gone for ${ms(lengthMs)}; what was said meanwhile was sent again.`;
    case 'page':
      return `this page stood still for ${ms(lengthMs)}; its sound, in other threads, did not.`;
    case 'error':
      return words;
    default:
      return `${words} Nobody heard it.`;
  }
}

function ms(value: number): string {
  return value >= 2000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}
