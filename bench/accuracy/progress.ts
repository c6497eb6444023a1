// One line at the terminal that says how far a benchmark is; nothing where nobody watches.

/** Shows `done` of `all`, on the error output so that results can be piped. */
export function showProgress(what: string, done: number, all: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r\u001b[K${done === all ? '' : `${what}: ${done} of ${all}`}`);
}
