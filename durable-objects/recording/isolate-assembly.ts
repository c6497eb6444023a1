// One recording at a time is assembled in an isolate: a part in the making takes 5 MiB, and memory is shared by all.

/** A turn that was not given back is over after this long: its object was reset, and nothing of it runs any more. */
const LONGEST_TURN_MS = 120_000;

let turn = 0;
let endsAtMs = Number.NEGATIVE_INFINITY;

/** The caller's turn, to be given back with `leaveAssembly`; null while it is somebody else's. */
export function takeAssembly(nowMs: number): number | null {
  if (nowMs < endsAtMs) return null;
  endsAtMs = nowMs + LONGEST_TURN_MS;
  return ++turn;
}

/** Does nothing when the turn is somebody else's by now. */
export function leaveAssembly(taken: number): void {
  if (taken === turn) endsAtMs = Number.NEGATIVE_INFINITY;
}
