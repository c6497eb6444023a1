// A failure that the person at the terminal can do something about.

/** The message is a sentence for that person; `exitCode` is 1 for a failure and 2 for a command that cannot be understood. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: 1 | 2;

  constructor(sentence: string, exitCode: 1 | 2 = 1) {
    super(sentence);
    this.exitCode = exitCode;
  }
}
