// A workerd process that serves a few Workers, each on a port of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { processCpuUs } from './process-cpu.ts';
import type { WorkerModule } from './worker-script.ts';

const COMPATIBILITY_DATE = '2026-10-01';

const require = createRequire(import.meta.url);

/** workerd comes with miniflare. */
const workerdPath: string = createRequire(require.resolve('miniflare'))('workerd').default;

/** Started, not yet listening for sure: `fetch` waits for that. */
export class Workerd {
  readonly #directory = mkdtempSync(join(tmpdir(), 'isochron-bench-'));
  readonly #process: ChildProcess;
  readonly #ports: Promise<ReadonlyMap<string, number>>;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** Every Worker has a name and its modules, the first of which is its entry. */
  constructor(workers: Readonly<Record<string, readonly WorkerModule[]>>) {
    const config = join(this.#directory, 'config.capnp');
    writeFileSync(config, this.#configText(workers));
    this.#process = spawn(workerdPath, ['serve', config, '--control-fd=3'], {
      stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
    });
    this.#ports = listeningPorts(this.#process, Object.keys(workers).length);
    // Whoever fetches hears of a failure; until then it is nobody's.
    this.#ports.catch(() => {});
  }

  /** CPU used so far, in µs. */
  get cpuUs(): number {
    return processCpuUs(this.#process.pid!);
  }

  /** The body of a Worker's answer. Throws when it is not a success. */
  async fetch(worker: string, path: string, body?: Uint8Array): Promise<Buffer> {
    const port = (await this.#ports).get(worker);
    const method = body === undefined ? 'GET' : 'POST';
    const options = { host: '127.0.0.1', port, path, method, agent: this.#agent };
    return new Promise((resolve, reject) => {
      const sent = request(options, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(parts);
          if (response.statusCode === 200) resolve(answer);
          else reject(new Error(`${worker}${path} answered ${response.statusCode}: ${answer}`));
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once('exit', resolve));
      this.#process.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#directory, { recursive: true });
  }

  /** Cap'n Proto text; modules are embedded from files beside it. */
  #configText(workers: Readonly<Record<string, readonly WorkerModule[]>>): string {
    const services: string[] = [];
    const sockets: string[] = [];
    for (const [worker, modules] of Object.entries(workers)) {
      const embedded = modules.map(({ name, kind, content }, index) => {
        const file = `${worker}-${index}`;
        writeFileSync(join(this.#directory, file), content);
        return `(name = "${name}", ${kind} = embed "${file}")`;
      });
      services.push(
        `(name = "${worker}", worker = (compatibilityDate = "${COMPATIBILITY_DATE}", modules = [${embedded}]))`,
      );
      sockets.push(
        `(name = "${worker}", address = "127.0.0.1:0", http = (), service = "${worker}")`,
      );
    }
    return [
      'using Workerd = import "/workerd/workerd.capnp";',
      `const config :Workerd.Config = (services = [${services}], sockets = [${sockets}]);`,
    ].join('\n');
  }
}

/** Where each of `count` sockets listens: workerd reports them by lines of JSON. Rejects when it ends before. */
function listeningPorts(
  workerd: ChildProcess,
  count: number,
): Promise<ReadonlyMap<string, number>> {
  return new Promise((resolve, reject) => {
    const ports = new Map<string, number>();
    workerd.once('error', reject);
    workerd.once('exit', (code) => reject(new Error(`workerd ended with exit code ${code}.`)));
    createInterface({ input: workerd.stdio[3] as Readable }).on('line', (line) => {
      const { event, socket, port } = JSON.parse(line);
      if (event === 'listen') ports.set(socket, port);
      if (ports.size === count) resolve(ports);
    });
  });
}
