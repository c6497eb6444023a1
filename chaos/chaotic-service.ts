// The service under fault: the product's bundle behind the test-only entry, in Miniflare, on storage that outlives it.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { CommandError } from '../client/node/command-error.ts';
import { AgentBackend } from './agent-backend.ts';

const ENTRY = 'chaos/worker/entry.ts';
const ENTRY_MODULE = 'entry.js';
const ASSETS = fileURLToPath(new URL('../assets', import.meta.url));
const COMPATIBILITY_DATE = '2026-10-01';

/** Wrangler writes no logs and reports nothing. */
const QUIET = { WRANGLER_WRITE_LOGS: 'false', WRANGLER_SEND_METRICS: 'false' };

const run = promisify(execFile);

/** A module as it would be uploaded. */
interface WorkerModule {
  readonly type: 'ESModule' | 'CompiledWasm' | 'Data';
  readonly path: string;
  readonly contents: string | Uint8Array<ArrayBuffer>;
}

/** The modules of the service, the entry first. */
export type Bundle = readonly WorkerModule[];

/** A change of the bundle's text, which must be found exactly once. */
export interface Patch {
  readonly from: string;
  readonly to: string;
}

/** Bundles the service with its faults. Throws CommandError when it cannot be built. */
export async function bundleService(): Promise<Bundle> {
  const directory = mkdtempSync(join(tmpdir(), 'isochron-chaos-'));
  try {
    const command = ['run', '--silent', 'deploy:dry-run', '--', ENTRY, '--outdir', directory];
    await run('npm', command, { env: { ...process.env, ...QUIET } });
    return readdirSync(directory)
      .filter((name) => /\.(js|wasm|bin)$/.test(name))
      .toSorted((one, other) => Number(other === ENTRY_MODULE) - Number(one === ENTRY_MODULE))
      .map((name) => moduleOf(name, readFileSync(join(directory, name))));
  } catch (fault) {
    throw new CommandError(`Cannot bundle the service: ${(fault as Error).message}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The bundle with its text changed. Throws CommandError when a text is not there exactly once. */
export function patched(bundle: Bundle, patches: readonly Patch[]): Bundle {
  const [entry, ...others] = bundle;
  let text = String(entry!.contents);
  for (const { from, to } of patches) {
    const times = text.split(from).length - 1;
    if (times !== 1) {
      throw new CommandError(
        `Cannot sabotage the service: its bundle must have this text exactly once, and has it ${times} times:\n${from}`,
      );
    }
    text = text.replace(from, () => to);
  }
  return [{ ...entry!, contents: text }, ...others];
}

/** Survives the death of its runtime, and a restart on the same storage; its address may change with that. */
export class ChaoticService {
  /** A deployed service has a secret, and so its resume tokens are signed and rotate. */
  readonly apiKey = crypto.randomUUID();
  readonly #secret = crypto.randomUUID();
  readonly #bundle: Bundle;
  readonly #directory = mkdtempSync(join(tmpdir(), 'isochron-chaos-'));
  /** Whom the agents tell of their turns. */
  readonly backend: AgentBackend;
  readonly #backendUrl: string;
  #miniflare: Miniflare;
  #url = new URL('http://127.0.0.1');

  private constructor(bundle: Bundle, backend: AgentBackend, backendUrl: string) {
    this.#bundle = bundle;
    this.backend = backend;
    this.#backendUrl = backendUrl;
    this.#miniflare = this.#launch();
  }

  static async start(bundle: Bundle): Promise<ChaoticService> {
    const backend = new AgentBackend();
    const service = new ChaoticService(bundle, backend, await backend.listen());
    service.#url = await service.#miniflare.ready;
    return service;
  }

  get url(): URL {
    return this.#url;
  }

  /** Stops the runtime as a deploy does, and starts a new one on the same storage. */
  async restart(): Promise<void> {
    await this.#miniflare.dispose();
    this.#miniflare = this.#launch();
    this.#url = await this.#miniflare.ready;
  }

  /** Kills the runtime without a warning; Miniflare starts another one. Resolves when there is one. */
  async kill(): Promise<void> {
    for (const pid of await this.#workerds()) process.kill(pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#miniflare.dispose();
    this.backend.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #launch(): Miniflare {
    return new Miniflare({
      ...convertV4MiniflareOptions({
        name: 'isochron',
        modules: this.#bundle.map((module) => ({ ...module })),
        modulesRoot: '/',
        compatibilityDate: COMPATIBILITY_DATE,
        // By which a Worker may import workerd:unsafe; the runtime that deployments get does not know it.
        compatibilityFlags: ['unsafe_module'],
        durableObjects: {
          CONVERSATION: { className: 'ConversationObject', useSQLite: true },
          VAD_SHARD: { className: 'VadShard', useSQLite: true },
        },
        bindings: {
          ISOCHRON_SECRET: this.#secret,
          ISOCHRON_API_KEYS: this.apiKey,
          CHAOS_BACKEND: this.#backendUrl,
          // A machine that holds this many conversations is late all the time.
          ISOCHRON_LAG_WARNING_MS: '10000',
        },
        r2Buckets: { RECORDINGS: 'isochron-recordings' },
        assets: {
          directory: ASSETS,
          binding: 'ASSETS',
          routerConfig: { has_user_worker: true },
        },
        cf: false,
        log: new Log(LogLevel.NONE),
        // It logs every fault, and the verdict is what counts.
        handleStructuredLogs: () => {},
      }),
      resourcePersistencePath: this.#directory,
    });
  }

  /** The runtimes that this process has started for this service. */
  async #workerds(): Promise<number[]> {
    const { stdout } = await run('ps', ['--ppid', String(process.pid), '-o', 'pid=,comm=']);
    return stdout
      .split('\n')
      .filter((line) => line.includes('workerd'))
      .map((line) => Number.parseInt(line, 10));
  }
}

function moduleOf(name: string, contents: Buffer): WorkerModule {
  if (name.endsWith('.js')) return { type: 'ESModule', path: name, contents: contents.toString() };
  const type = name.endsWith('.wasm') ? 'CompiledWasm' : 'Data';
  return { type, path: name, contents: new Uint8Array(contents) };
}
