// The kernel's own count of its work, against which a budget can check what it declared.

/** Thousands of multiply-adds done by this instance, every window rounded up; wraps at 2³². */
let units: usize = 0;

/** Multiply-adds of the window in progress. */
let multiplyAdds: usize = 0;

/** A stage reports what it just did. */
@inline
export function countMultiplyAdds(count: usize): void {
  multiplyAdds += count;
}

/** Closes a window's account. */
@inline
export function settleWindow(): void {
  units += (multiplyAdds + 999) / 1000;
  multiplyAdds = 0;
}

/** Thousands of multiply-adds done so far. */
@inline
export function unitsDone(): usize {
  return units;
}
