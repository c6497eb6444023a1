// Network traces that are the same for the same seed: the delays of 20 ms frames on five kinds of path.

/** Delays of the frames of one path over its fastest, in ms; null for a frame that was lost. */
export interface Trace {
  readonly name: string;
  readonly frameMs: number;
  readonly delaysMs: readonly (number | null)[];
}

/** All generators make traces of frames this long. */
const FRAME_MS = 20;

/** Makes a trace of so many frames; the same seed gives the same trace. */
export type TraceGenerator = (frames: number, seed: number) => Trace;

/** The generators by the names of their traces. */
export const TRACE_GENERATORS = {
  clean: cleanTrace,
  wifi: wifiTrace,
  'tcp-stalls': tcpStallsTrace,
  ge5: gilbertElliottTrace,
  lte: lteTrace,
} as const satisfies Readonly<Record<string, TraceGenerator>>;

/** A wired path: the size of a normal deviate of 1 ms. */
function cleanTrace(frames: number, seed: number): Trace {
  const random = new Random(seed);
  return trace('clean', frames, () => Math.abs(random.normal()));
}

/**
 * Wi-Fi: 4 ms of jitter on average, 25 while the air is busy, six scans or roams a minute that hold everything back for
 * 80 to 220 ms, and 0.3 % loss. The access point keeps the order.
 */
function wifiTrace(frames: number, seed: number): Trace {
  const random = new Random(seed);
  let isBusy = false;
  let blockedUntilMs = -1;
  let lastMs = -1;
  return trace('wifi', frames, (atMs) => {
    if (random.next() < (isBusy ? 0.02 : 0.004)) isBusy = !isBusy;
    if (atMs >= blockedUntilMs && random.next() < 6 / (60_000 / FRAME_MS))
      blockedUntilMs = atMs + random.uniform(80, 220);
    const jitterMs = random.exponential(isBusy ? 25 : 4);
    const isLost = random.next() < 0.003;
    const freeMs = Math.max(atMs + jitterMs, atMs < blockedUntilMs ? blockedUntilMs : 0);
    lastMs = Math.max(freeMs, lastMs + 0.3);
    return isLost ? null : lastMs - atMs;
  });
}

/**
 * One TCP connection with a round trip of 60 ms and 1 % loss: what is behind a lost segment waits for the fast
 * retransmission (three more frames and a round trip) or, at the end of a burst, for a timeout of 200 ms that doubles.
 */
function tcpStallsTrace(frames: number, seed: number): Trace {
  const random = new Random(seed);
  let headMs = -1;
  return trace('tcp-stalls', frames, (atMs) => {
    let releaseMs = atMs + random.exponential(3);
    if (random.next() < 0.01) releaseMs = Math.max(releaseMs, atMs + recoveryMs(random));
    headMs = Math.max(releaseMs, headMs);
    return headMs - atMs;
  });
}

function recoveryMs(random: Random): number {
  if (random.next() >= 0.35) return 3 * FRAME_MS + 60;
  let timeoutMs = 200;
  let waitedMs = timeoutMs;
  while (random.next() < 0.12 && waitedMs < 3000) {
    timeoutMs *= 2;
    waitedMs += timeoutMs;
  }
  return waitedMs;
}

/** Loss in bursts (Gilbert-Elliott): 5 % of the packets, 2.5 at a time on average, and 4 ms of jitter. */
function gilbertElliottTrace(frames: number, seed: number): Trace {
  const random = new Random(seed);
  const toGood = 1 / 2.5;
  const toBad = (toGood * 0.05) / (1 - 0.05);
  let isBad = false;
  return trace('ge5', frames, () => {
    isBad = isBad ? random.next() >= toGood : random.next() < toBad;
    const isLost = random.next() < (isBad ? 1 : 0);
    const delayMs = random.exponential(4);
    return isLost ? null : delayMs;
  });
}

/** Mobile: a queue that grows and shrinks at random up to 120 ms, and two handovers a minute of 150 to 450 ms. */
function lteTrace(frames: number, seed: number): Trace {
  const random = new Random(seed);
  let queueMs = 10;
  let blockedUntilMs = -1;
  let lastMs = -1;
  return trace('lte', frames, (atMs) => {
    const stepMs = random.normal() * 3 - (queueMs - 15) * 0.01;
    queueMs = Math.max(0, Math.min(120, queueMs + stepMs));
    if (atMs >= blockedUntilMs && random.next() < 2 / (60_000 / FRAME_MS))
      blockedUntilMs = atMs + random.uniform(150, 450);
    const freeMs = Math.max(atMs + queueMs + random.exponential(3), blockedUntilMs);
    lastMs = Math.max(freeMs, lastMs + 0.2);
    return lastMs - atMs;
  });
}

function trace(name: string, frames: number, delayMs: (atMs: number) => number | null): Trace {
  const delaysMs = Array.from({ length: frames }, (_, frame) => {
    const delay = delayMs(frame * FRAME_MS);
    return delay === null ? null : Number(delay.toFixed(2));
  });
  return { name, frameMs: FRAME_MS, delaysMs };
}

/** Seeded random numbers: mulberry32 (Tommy Ettinger), a counter put through a mixing of 32 bits. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** At least 0 and below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    const state = this.#state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  uniform(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  /** A normal deviate of variance 1, as the sum of twelve uniform ones. */
  normal(): number {
    let sum = 0;
    for (let count = 0; count < 12; count++) sum += this.next();
    return sum - 6;
  }
}
