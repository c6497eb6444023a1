// The end of every exhaustive switch: a compile error when a case is missing.

/** Throws when a value that the types exclude turns up after all. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable: ${JSON.stringify(value)}`);
}
