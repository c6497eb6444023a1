// Where things are in the picture of a call: one time axis, and rows below each other. In pixels.

export const WIDTH = 1000;
export const HEIGHT = 366;

/** Left and right end of the time axis. */
export const LEFT = 84;
export const RIGHT = 980;
export const COLUMNS = RIGHT - LEFT;

/** The rows from top to bottom; lanes have a top and a height, lines of text a baseline. */
export const ROWS = {
  heading: 27,
  turnNames: 58,
  caller: { top: 64, height: 78 },
  speech: 147,
  replies: 162,
  holdNames: 181,
  agent: { top: 188, height: 78 },
  utteranceNames: 280,
  lead: { top: 296, height: 32 },
  seconds: 350,
} as const;

/** Intervals between marks of the axis, in s; the first one that leaves room for the figures is used. */
const TICK_INTERVALS_S = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
const MOST_TICKS = 14;

/** Width of a character of a label: a generous guess, for fonts differ. */
const CHARACTER_PX = 6.4;

/** Maps times of a call to the axis. */
export class TimeScale {
  readonly callMs: number;

  constructor(callMs: number) {
    this.callMs = Math.max(1, callMs);
  }

  /** Where a time lies; times outside the call lie at its ends. */
  x(atMs: number): number {
    return LEFT + (COLUMNS * Math.min(Math.max(atMs, 0), this.callMs)) / this.callMs;
  }

  /** The times to be marked, in s. */
  ticksS(): number[] {
    const callS = this.callMs / 1000;
    const intervalS =
      TICK_INTERVALS_S.find((interval) => callS / interval <= MOST_TICKS) ??
      TICK_INTERVALS_S.at(-1)!;
    return Array.from({ length: Math.floor(callS / intervalS) + 1 }, (_, n) => n * intervalS);
  }
}

export interface Label {
  readonly x: number;
  /** What it could say, the longest first; without any it only keeps others from running into it. */
  readonly wordings: readonly string[];
}

export interface PlacedLabel {
  readonly x: number;
  readonly text: string;
}

/** Gives each label of a row the longest wording that ends before the next label begins; one without room is left out. */
export function placeLabels(labels: readonly Label[]): PlacedLabel[] {
  const sorted = labels.toSorted((one, other) => one.x - other.x);
  return sorted.flatMap(({ x, wordings }, index) => {
    const roomPx = (sorted[index + 1]?.x ?? WIDTH) - x;
    const text = wordings.find((wording) => (wording.length + 1) * CHARACTER_PX <= roomPx);
    return text === undefined ? [] : [{ x, text }];
  });
}
