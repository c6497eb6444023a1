// Runs one of the project's commands as a person would: as a process of its own, in a folder of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMANDS = new URL('../../client/node/', import.meta.url);

export interface CommandEnd {
  readonly exitCode: number | null;
  readonly output: string;
  readonly errors: string;
}

/** A command under way; `remove` takes its folder away. */
export class CommandRun {
  readonly folder: string;
  readonly end: Promise<CommandEnd>;
  readonly #child: ChildProcess;
  #output = '';
  #errors = '';
  readonly #watchers = new Set<() => void>();

  private constructor(folder: string, child: ChildProcess) {
    this.folder = folder;
    this.#child = child;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      for (const watcher of this.#watchers) watcher();
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.end = new Promise((resolve) => {
      child.on('close', (exitCode) =>
        resolve({ exitCode, output: this.#output, errors: this.#errors }),
      );
    });
  }

  /** Starts `client/node/<name>.ts`. */
  static async start(name: string, ...args: string[]): Promise<CommandRun> {
    const folder = await mkdtemp(join(tmpdir(), 'isochron-'));
    const program = fileURLToPath(new URL(`${name}.ts`, COMMANDS));
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, ...args],
      { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder } },
    );
    return new CommandRun(folder, child);
  }

  /** Resolves when the command has printed something that matches. Rejects when it ends without that. */
  async printed(pattern: RegExp): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      const watcher = () => {
        if (!pattern.test(this.#output)) return;
        this.#watchers.delete(watcher);
        resolve();
      };
      this.#watchers.add(watcher);
      watcher();
    });
    const ended = this.end.then(({ output, errors }) => {
      throw new Error(`The command ended without printing ${pattern}:\n${output}\n${errors}`);
    });
    await Promise.race([seen, ended]);
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** A file that the command wrote into its folder. */
  file(name: string): Promise<Buffer> {
    return readFile(join(this.folder, name));
  }

  async remove(): Promise<void> {
    this.#child.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
