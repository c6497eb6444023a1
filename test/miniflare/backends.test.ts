// Backends of one's own over TCP, with real speech: the examples as people run them, and a fake that counts every sample.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallRecord, holdConversation } from '../../client/node/conversation-client.ts';
import type { Service } from '../../client/node/service-api.ts';
import {
  answerSamples,
  FakeBackend,
  type FakeBackendOptions,
} from '../fakes/backend/fake-backend.ts';
import { type ServedFake, serveFake } from '../fakes/ws-server.ts';
import { readConversationSample } from '../support/conversation-sample.ts';
import { bestLikeness, correlationAt } from '../support/likeness.ts';
import { LinkedWorkers } from '../support/linked-workers.ts';
import { RIGID } from '../support/rigid-player.ts';
import { wavBytes } from '../support/wav-bytes.ts';

const RATE_PER_MS = 16;
const PYTHON = process.env['ISOCHRON_PYTHON'] ?? 'python3';
const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const voice = readConversationSample();
const truth = JSON.parse(readFileSync(file('samples/conversation.json'), 'utf8')) as {
  readonly turns: readonly { readonly startMs: number; readonly endMs: number }[];
};
const [FIRST_TURN] = truth.turns as [(typeof truth.turns)[number]];

/** The first turn of the sample, with the silence around it. */
const ONE_TURN = voice.subarray(0, (FIRST_TURN.endMs + 500) * RATE_PER_MS);

/** With a process of its own it dials out by itself; what the launcher starts goes through Node, which opens no sockets. */
const workers = new LinkedWorkers();
let service: Service;
const servers: ServedFake[] = [];
const processes: ChildProcess[] = [];

beforeAll(async () => {
  const vars = { ISOCHRON_DEVELOPMENT: '1', ISOCHRON_SECRET: '' };
  service = { url: await workers.start('wrangler.toml', { name: 'isochron-backends', vars }) };
});
afterAll(async () => {
  for (const process of processes) process.kill();
  for (const server of servers) await server.close();
  await workers.stop();
});

/** Starts an example and resolves to where it listens. */
async function start(command: string, args: readonly string[]): Promise<string> {
  const started = spawn(command, [...args, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  processes.push(started);
  const [line] = await once(createInterface(started.stdout), 'line');
  return /ws:\S+/.exec(String(line))![0];
}

async function serve(options: Partial<FakeBackendOptions>): Promise<[FakeBackend, string]> {
  const backend = new FakeBackend(options);
  const server = await serveFake((line, nowMs) => backend.connect(line, nowMs));
  servers.push(server);
  return [backend, server.url];
}

function call(url: string, options: Partial<Parameters<typeof holdConversation>[1]> = {}) {
  const conversation = { agent: { name: 'websocket', url } };
  return holdConversation(service, {
    voice: ONE_TURN,
    conversation,
    player: RIGID,
    maximumMs: 20_000,
    ...options,
  });
}

/** How well what was said first is found again in what was heard, where the answer sounds. */
function likenessOfReply({ events, heard }: CallRecord): number {
  const said = voice.subarray(FIRST_TURN.startMs * RATE_PER_MS, FIRST_TURN.endMs * RATE_PER_MS);
  const turn = events.find((event) => event.kind === 'turn-ended')!;
  const sound = events.find((event) => event.kind === 'utterance-audible')!;
  const expectedMs = sound.atMs + FIRST_TURN.startMs - turn.startMs;
  return bestLikeness(said, heard, Math.round(expectedMs * RATE_PER_MS), 20 * RATE_PER_MS)
    .correlation;
}

function hasWebsockets(): boolean {
  return spawnSync(PYTHON, ['-c', 'import websockets.asyncio.server']).status === 0;
}

const canRunPython = hasWebsockets();
/** On a machine that checks everything, a missing package is a failure; elsewhere the title says why it is left out. */
const isPythonLeftOut = !canRunPython && process.env['CI'] === undefined;
const NO_PACKAGE = `${PYTHON} has no package "websockets"`;

describe.concurrent('an example backend', () => {
  it('[H34] in TypeScript hears a real turn and says it back', async () => {
    const url = await start(process.execPath, [
      '--disable-warning=ExperimentalWarning',
      file('examples/backend.ts'),
    ]);
    expect(likenessOfReply(await call(url))).toBeGreaterThan(0.9);
  });

  it.skipIf(isPythonLeftOut)(
    `[H35] in Python hears a real turn and says it back${isPythonLeftOut ? `: not run, because ${NO_PACKAGE}` : ''}`,
    async () => {
      expect(canRunPython, NO_PACKAGE).toBe(true);
      const url = await start(PYTHON, [file('examples/backend.py')]);
      expect(likenessOfReply(await call(url))).toBeGreaterThan(0.9);
    },
  );
});

describe.concurrent('a backend over TCP', () => {
  it('[H26] dies in mid-utterance, and what is heard has neither hole nor repeat', async () => {
    const [backend, url] = await serve({ diesAfterMs: 1000, burstEveryMs: 100, answerMs: 4000 });
    const record = await call(url);
    expect(backend.violations).toEqual([]);
    expect(backend.connections).toBe(2);
    const words = answerSamples('answer-2', 0, 64_000);
    const sound = record.events.find((event) => event.kind === 'utterance-audible')!;
    const near = Math.round(sound.atMs * RATE_PER_MS);
    const { lag } = bestLikeness(words.subarray(0, 4000), record.heard, near, 1600);
    expect(correlationAt(words, record.heard, lag)).toBeGreaterThan(0.999);
    expect(backend.told('completed')).toMatchObject([{ heardSamples: 64_000 }]);
  });

  it.each([
    ['while it generates', { burstEveryMs: 200, burstMs: 200 }],
    ['when it has generated all', { burstEveryMs: 10, burstMs: 1000 }],
  ] as const)('[H22] learns what was heard when the caller cuts in %s', async (_when, pace) => {
    // The first turn twice, the second time over the answer.
    const turn = voice.subarray(0, (FIRST_TURN.endMs + 1800) * RATE_PER_MS);
    const twice = new Int16Array(2 * turn.length);
    twice.set(turn);
    twice.set(turn, turn.length);
    const [backend, url] = await serve({ answerMs: 12_000, rateHz: 24_000, ...pace });
    const record = await call(url, { voice: twice });
    expect(backend.violations).toEqual([]);
    const [cut] = backend.told('interrupted');
    const ended = record.events.find((event) => event.kind === 'utterance-ended')!;
    expect(ended.reason).toBe('interrupted');
    expect(Math.abs(cut!.heardMs - ended.heardMs)).toBeLessThanOrEqual(1);
    expect(cut!.source).toBe('reported');
    expect(cut!.heardMs).toBeGreaterThan(500);
    expect(cut!.heardSamples).toBeLessThan(cut!.givenSamples);
    expect(backend.told('turn').filter(({ state }) => state === 'ended')).toHaveLength(2);
  });

  it('[H12] says words of the service through the agent, and plays its audio by itself', async () => {
    const [backend, url] = await serve({ answerMs: 500 });
    const statuses: number[] = [];
    const post = async (id: string, type: string, body: BodyInit): Promise<void> => {
      const path = new URL(`/v1/conversations/${id}/say`, service.url);
      const headers = { 'Content-Type': type };
      statuses.push((await fetch(path, { method: 'POST', headers, body })).status);
    };
    let id = '';
    let asked = false;
    const record = await call(url, {
      voice: new Int16Array(0),
      settleMs: 4000,
      maximumMs: 5000,
      onInvited: async (invitation) => {
        id = invitation.conversation;
      },
      onProgress: ({ atMs }) => {
        if (asked || atMs < 1000) return;
        asked = true;
        const kind = { formatTag: 1, bits: 16, channels: 1, rateHz: 24_000 } as const;
        const wave = wavBytes(kind, 24_000, (frame) => 0.25 * Math.sin(frame / 4));
        void post(id, 'audio/wav', wave)
          .then(() => post(id, 'application/json', '{"text":"Hello there."}'))
          .then(() => post(id, 'application/json', '{"words":"Hello there."}'))
          .then(() => post(id, 'audio/wav', 'no wave'));
      },
    });
    expect(statuses).toEqual([202, 202, 400, 400]);
    expect(backend.told('say')).toMatchObject([{ text: 'Hello there.', interruptible: true }]);
    expect(backend.told('completed')).toEqual([]);
    const ended = record.events.filter((event) => event.kind === 'utterance-ended');
    expect(ended).toMatchObject([{ reason: 'completed', heardMs: 1000 }]);
    expect(Math.max(...record.heard)).toBeGreaterThan(6000);
  });
});
