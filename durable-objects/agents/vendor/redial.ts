// When to dial again after a vendor's connection was lost: at once, then at growing distances, then no more.

/** After the first attempt, which is made at once. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
/** Up to this share of a wait is taken off, so that many conversations do not dial at the same moment. */
const JITTER_SHARE = 0.25;
/** A connection that stood for so long was a good one: the next loss begins anew. */
const STEADY_MS = 10_000;

export interface RedialOptions {
  /** The conversation's id: the same waits come out of the same seed. */
  readonly seed: string;
  /** An outage that lasts longer than this is final. */
  readonly giveUpMs: number;
}

/** Counts the attempts of one connection. It dials nothing itself. */
export class Redial {
  readonly #giveUpMs: number;
  #random: number;
  #attempts = 0;
  #outageSinceMs: number | null = null;
  #connectedAtMs: number | null = null;
  #nextDeadlineMs = Number.POSITIVE_INFINITY;

  constructor({ seed, giveUpMs }: RedialOptions) {
    this.#giveUpMs = giveUpMs;
    this.#random = hashOf(seed);
  }

  /** When to dial again, Infinity while there is no need. */
  get nextDeadlineMs(): number {
    return this.#nextDeadlineMs;
  }

  /** How long nobody has answered; 0 while connected. */
  outageMs(nowMs: number): number {
    return this.#outageSinceMs === null ? 0 : nowMs - this.#outageSinceMs;
  }

  /** The connection was lost, or could not be made. 'given-up': the outage has lasted too long, and nothing is due any more. */
  lost(nowMs: number): 'waiting' | 'given-up' {
    if (this.#connectedAtMs !== null && nowMs - this.#connectedAtMs >= STEADY_MS) {
      this.#attempts = 0;
    }
    this.#connectedAtMs = null;
    this.#outageSinceMs ??= nowMs;
    const atMs = nowMs + this.#nextWaitMs();
    this.#attempts++;
    if (atMs - this.#outageSinceMs > this.#giveUpMs) {
      this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
      return 'given-up';
    }
    this.#nextDeadlineMs = atMs;
    return 'waiting';
  }

  /** Dials now: nothing is due until `lost` is called. */
  dialled(): void {
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
  }

  /** The vendor is there and works: not only its socket. */
  connected(nowMs: number): void {
    this.#connectedAtMs = nowMs;
    this.#outageSinceMs = null;
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Forgets the outage: somebody wants to try once more. */
  restart(): void {
    this.#attempts = 0;
    this.#outageSinceMs = null;
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY;
  }

  #nextWaitMs(): number {
    if (this.#attempts === 0) return 0;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#attempts - 1));
    return Math.round(waitMs * (1 - JITTER_SHARE * this.#draw()));
  }

  /** A number in [0, 1): Numerical Recipes' linear congruential generator is random enough to spread calls. */
  #draw(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#random / 2 ** 32;
  }
}

/** FNV-1a of the characters' codes. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193) >>> 0;
  }
  return hash;
}
