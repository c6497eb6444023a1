// What can go wrong with a call, as a picture marks it.

/**
 * `underrun`: the player found nothing. `concealed`: it made up sound. `uplink-gap`: the caller's sound has a hole.
 * `overrun`: a buffer was full. `lag`: everything took longer than usual. `away`: the connection was gone. `page`: the page's
 * main thread stood still. `scoring`: windows wait, or are judged by loudness. `error`: in the service's own words.
 */
export type GlitchKind =
  | 'underrun'
  | 'concealed'
  | 'uplink-gap'
  | 'overrun'
  | 'lag'
  | 'away'
  | 'page'
  | 'scoring'
  | 'error';

export type LagCause = 'network' | 'isolate';

/** One mark. */
export interface Glitch {
  readonly kind: GlitchKind;
  /** Where on the axis it lies, and how long it lasted; 0 when it has no length. */
  atMs: number;
  lengthMs: number;
  /** The longest of those that were joined to it: a lag is told by its size. */
  worstMs: number;
  /** Of a lag: where it came from. */
  readonly cause: LagCause | null;
  /** What the player had in hand when it began; null when nobody knows. */
  readonly bufferedMs: number | null;
  /** More words, of an error or a level. */
  readonly words: string;
}

/** Kinds that a person hears; the others are carried by what is buffered, and do no harm by themselves. */
const HEARD: ReadonlySet<GlitchKind> = new Set(['underrun', 'concealed', 'uplink-gap', 'overrun']);

export function isHeard({ kind }: Glitch): boolean {
  return HEARD.has(kind);
}

/** Two marks of a kind that lie this close are one. */
const JOIN_MS = 400;

/** The marks of a call in order; those that belong together are joined. */
export class Glitches {
  readonly list: Glitch[] = [];

  add(glitch: Omit<Glitch, 'worstMs'>): void {
    const last = this.list.findLast(({ kind }) => kind === glitch.kind);
    const isSame = last !== undefined && last.cause === glitch.cause && last.words === glitch.words;
    if (isSame && glitch.atMs <= last.atMs + last.lengthMs + JOIN_MS) {
      const endMs = Math.max(last.atMs + last.lengthMs, glitch.atMs + glitch.lengthMs);
      last.atMs = Math.min(last.atMs, glitch.atMs);
      last.lengthMs = endMs - last.atMs;
      last.worstMs = Math.max(last.worstMs, glitch.lengthMs);
    } else this.list.push({ ...glitch, worstMs: glitch.lengthMs });
  }

  /** How many of a kind. */
  count(kind: GlitchKind): number {
    return this.list.filter((each) => each.kind === kind).length;
  }

  dropBefore(ms: number): void {
    while (this.list.length > 0 && this.list[0]!.atMs + this.list[0]!.lengthMs < ms) {
      this.list.shift();
    }
  }
}
