// Workers in processes of their own that reach each other's objects, as separate deployments do.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { unstable_startWorker } from 'wrangler';
import type { ScoringLine } from '../../durable-objects/runtime/remote-scorer.ts';
import type { ScoringSession } from '../../durable-objects/runtime/scoring-session.ts';

/** What of a Worker's configuration is replaced or added. */
export interface Changes {
  readonly name?: string;
  readonly entrypoint?: string;
  readonly vars?: Readonly<Record<string, string>>;
  /** Scripts whose shards the Worker knows by these bindings. */
  readonly shards?: Readonly<Partial<Record<ShardBinding, string>>>;
}

/** The classes that conversations know behind their bindings. */
const SHARD_CLASSES = { ONNX_SHARD: 'OnnxShard', VAD_SHARD: 'VadShard' } as const;
type ShardBinding = keyof typeof SHARD_CLASSES;

/** Finds its members through a registry of its own; nothing outlives `stop`. */
export class LinkedWorkers {
  readonly #registry = mkdtempSync(join(tmpdir(), 'linked-workers-'));
  readonly #stops: (() => Promise<void>)[] = [];

  /** Builds and starts a Worker in a process of its own; resolves with where it listens. */
  async start(config: string, { vars = {}, shards = {}, ...changes }: Changes = {}): Promise<URL> {
    const worker = await unstable_startWorker({
      config,
      ...changes,
      bindings: Object.fromEntries([
        ...Object.entries(vars).map(variable),
        ...Object.entries(shards).map(namespace),
      ]),
      dev: {
        server: { port: 0 },
        inspector: false,
        persist: false,
        // A file that is edited meanwhile would start the Worker anew, in mid-call.
        watch: false,
        registry: this.#registry,
        logLevel: 'none',
      },
    });
    this.#stops.push(() => worker.dispose());
    // It is known to the others from its first answer on, whatever that is.
    await worker.fetch('http://localhost/');
    return worker.url;
  }

  /** Opens a session with a shard of a Worker that was started, from one more process that has no code of its own. */
  async lineTo(script: string, binding: ShardBinding): Promise<ScoringLine> {
    const miniflare = new Miniflare({
      ...convertV4MiniflareOptions({
        modules: true,
        script: 'export default {}',
        compatibilityDate: '2026-10-01',
        durableObjects: { SHARD: { className: SHARD_CLASSES[binding], scriptName: script } },
      }),
      enableDevRegistry: true,
      unsafeDevRegistryPath: this.#registry,
    });
    this.#stops.push(() => miniflare.dispose());
    const shards: unknown = await miniflare.getDurableObjectNamespace('SHARD');
    const session = await (shards as Shards).getByName('shard-0').open();
    return {
      score: async (windows, state) => {
        // Miniflare hands what came by RPC to Node field by field.
        const scores = await session.score(windows, state);
        return { probabilities: await scores.probabilities, state: await scores.state };
      },
      release: () => undefined,
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
    rmSync(this.#registry, { recursive: true, force: true });
  }
}

/** A namespace of shards as Miniflare shows it to Node. */
interface Shards {
  getByName(name: string): { open(): Promise<Pick<ScoringSession, 'score'>> };
}

function variable([name, value]: [string, string]) {
  return [name, { type: 'plain_text' as const, value }] as const;
}

function namespace([binding, script]: [string, string]) {
  const className = SHARD_CLASSES[binding as ShardBinding];
  const type = 'durable_object_namespace' as const;
  return [binding, { type, class_name: className, script_name: script }] as const;
}
