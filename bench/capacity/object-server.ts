// A workerd process that serves one Worker with one Durable Object class, on a loopback port, and nothing else.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { processCpuUs } from '../vad/process-cpu.ts';

const COMPATIBILITY_DATE = '2026-10-01';

/** workerd comes with miniflare. */
const workerdPath: string = createRequire(createRequire(import.meta.url).resolve('miniflare'))(
  'workerd',
).default;

/** A Worker as it would be uploaded. */
export interface ObjectWorker {
  /** Name and content of each module, the entry first; the name's ending says what it is. */
  readonly modules: readonly { readonly name: string; readonly content: string | Uint8Array }[];
  /** The class, and the binding by which the Worker reaches it. */
  readonly className: string;
  readonly binding: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Storage is on this machine's disk, in a folder that goes with the process. */
export class ObjectServer {
  readonly url: URL;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(directory: string, process: ChildProcess, port: number) {
    this.#directory = directory;
    this.#process = process;
    this.url = new URL(`http://127.0.0.1:${port}`);
  }

  /** Resolves when it listens. */
  static async start(worker: ObjectWorker): Promise<ObjectServer> {
    const directory = mkdtempSync(join(tmpdir(), 'isochron-bench-'));
    mkdirSync(join(directory, 'storage'));
    const config = join(directory, 'config.capnp');
    writeFileSync(config, configText(worker, directory));
    const process = spawn(workerdPath, ['serve', config, '--control-fd=3'], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
    });
    return new ObjectServer(directory, process, await listeningPort(process));
  }

  /** CPU used so far by all threads, in µs. */
  get cpuUs(): number {
    return processCpuUs(this.#process.pid!);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#directory, { recursive: true });
  }
}

/** Cap'n Proto text; modules are embedded from files beside it. */
function configText(
  { modules, className, binding, variables }: ObjectWorker,
  directory: string,
): string {
  const embedded = modules.map(({ name, content }, index) => {
    writeFileSync(join(directory, `module-${index}`), content);
    return `(name = "${name}", ${moduleKind(name)} = embed "module-${index}")`;
  });
  const texts = Object.entries(variables).map(
    ([name, text]) => `(name = "${name}", text = "${text}")`,
  );
  const bindings = [`(name = "${binding}", durableObjectNamespace = "${className}")`, ...texts];
  return `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "main", worker = (
          compatibilityDate = "${COMPATIBILITY_DATE}",
          modules = [${embedded}],
          durableObjectNamespaces = [(className = "${className}", uniqueKey = "bench", enableSql = true)],
          durableObjectStorage = (localDisk = "storage"),
          bindings = [${bindings}]
        )),
        (name = "storage", disk = (path = "${join(directory, 'storage')}", writable = true))
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
    );`;
}

function moduleKind(name: string): string {
  if (name.endsWith('.wasm')) return 'wasm';
  return name.endsWith('.js') ? 'esModule' : 'data';
}

/** workerd reports where it listens by a line of JSON. Rejects when it ends before. */
function listeningPort(workerd: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    workerd.once('error', reject);
    workerd.once('exit', (code) => reject(new Error(`workerd ended with exit code ${code}.`)));
    createInterface({ input: workerd.stdio[3] as Readable }).on('line', (line) => {
      const { event, port } = JSON.parse(line);
      if (event === 'listen') resolve(port);
    });
  });
}
