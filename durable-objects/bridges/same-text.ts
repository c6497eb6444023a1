// Compares a secret in a time that does not tell where it differs.

/** True when both are the same and not empty. */
export function isSameText(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) {
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index % Math.max(1, other.length));
  }
  return one.length > 0 && difference === 0;
}
