// What an observer is sent: the lines of the timeline as they are noted, and beside them how things stand at the moment.

import * as v from 'valibot';
import { TIMELINE_LINE, type TimelineLine } from '../recording/timeline-line.ts';

/** Subprotocol of an observer's socket. Each message is JSON Lines; the last line of each is a `moment`. */
export const OBSERVE_SUBPROTOCOL = 'isochron.observe.v1';

/** Span of a column of a level: 20 ms. */
export const COLUMN_SAMPLES = 320;

/** How the path of an observer's socket ends. */
export const OBSERVE_PATH = '/observe';

/** Peaks are told in 255 steps of full scale. */
export const PEAK_STEPS = 255;

/** An observer says so after every so many messages that it has seen them; one that is behind by more is sent none. */
export const SEEN_EVERY = 8;
export const UNSEEN_MAX = 24;

const number = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Peaks of 16 kHz audio, one for each column of COLUMN_SAMPLES from `fromSample` on. */
const level = v.object({ fromSample: number, peaks: v.array(count) });

/** How things stand, a few times a second while anything goes on. Lifetime counts are those of the statistics. */
const moment = v.object({
  type: v.literal('moment'),
  atMs: number,
  /** Where the caller's audio ends (16 kHz samples since the conversation's first). */
  endSample: number,
  /** The caller's audio since the last moment. */
  level,
  /** The agent's speech that was sent since; `fromSample` is on the speech line, as in `generation`. */
  said: level,
  /** Windows scored since the last moment: where each ends, and its score in percent. */
  scores: v.object({ samples: v.array(number), percents: v.array(count) }),
  thresholds: v.object({ enter: number, leave: number }),
  connected: v.boolean(),
  muted: v.boolean(),
  scorer: v.string(),
  scoringLevel: v.picklist(['full', 'queued', 'energy', 'skip']),
  waitingWindows: count,
  /** The caller's audio that waits for a missing packet or for its score. */
  backlogMs: number,
  /** Work since the last moment, in thousand multiply-adds: of this conversation, and what all of the isolate may spend. */
  work: v.object({ units: number, budgetUnits: number }),
  /** Agent audio on its way to the ear: by the estimated playhead, and what the pacer aims for. */
  lead: v.object({ ms: number, targetMs: number }),
  /** As the client reports them. */
  client: v.object({
    underruns: count,
    concealedMs: number,
    stretchMs: number,
    bufferedMs: number,
    lagMs: number,
    roundTripMs: v.nullable(number),
    networkLags: count,
    isolateLags: count,
  }),
  uplink: v.object({
    packetsReceived: count,
    packetsDuplicated: count,
    overruns: count,
    gapEvents: count,
    gapSamples: count,
  }),
  isolate: v.object({ lagP99Ms: number, lagMaxMs: number, lagWarnings: count }),
});

/** An observer was too slow for so many messages, which were not sent: here is a hole. */
const missed = v.object({ type: v.literal('missed'), messages: count });

const own = v.variant('type', [moment, missed]);

export type Moment = v.InferOutput<typeof moment>;
export type ObservedLine = TimelineLine | v.InferOutput<typeof own>;

/** The only thing that an observer says. */
export const SEEN_MESSAGE = 'seen';

/** Reads one line of an observer's stream, or of a timeline; null for what this version does not know. Never throws. */
export function parseObservedLine(text: string): ObservedLine | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const line = v.safeParse(TIMELINE_LINE, value);
  if (line.success) return line.output;
  const other = v.safeParse(own, value);
  return other.success ? other.output : null;
}
