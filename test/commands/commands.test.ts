// The commands as a person runs them: processes with arguments, output and exit codes.

import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConversation } from '../../client/node/service-api.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { readWavFile } from '../../client/node/wav-file.ts';
import { CommandRun } from '../support/command-run.ts';

const SAMPLE = fileURLToPath(new URL('../../samples/conversation.wav', import.meta.url));

let service: LaunchedService;
let secured: LaunchedService;
const commands: CommandRun[] = [];

beforeAll(async () => {
  service = await launchService();
  secured = await launchService({
    ISOCHRON_SECRET: 'a-secret-of-at-least-thirty-two-bytes',
    ISOCHRON_API_KEYS: 'the-right-key',
  });
});
afterAll(async () => {
  for (const command of commands) await command.remove();
  await service?.stop();
  await secured?.stop();
});

async function run(name: string, ...args: string[]): Promise<CommandRun> {
  const command = await CommandRun.start(name, ...args);
  commands.push(command);
  return command;
}

/** What the last line of a command's output says. */
const lastLine = (output: string): unknown => JSON.parse(output.trimEnd().split('\n').at(-1)!);

/** A command that fails says one sentence and nothing of its inside. */
async function expectFailure(command: CommandRun, sentence: RegExp): Promise<void> {
  const { exitCode, errors } = await command.end;
  expect(errors).toMatch(sentence);
  expect(errors.trimEnd().split('\n')).toHaveLength(1);
  expect(exitCode).toBe(1);
}

describe.concurrent('talk', () => {
  it('[X14] fails with a sentence when the recording is missing or broken', async () => {
    await expectFailure(
      await run('talk', 'no.wav'),
      /Cannot read "no\.wav": there is no such file/,
    );
    const broken = await run('talk', `${SAMPLE.slice(0, -4)}.json`);
    await expectFailure(broken, /Cannot read ".*conversation\.json": it is not a WAV file/);
  });

  it('[X14] fails with a sentence when there is no service', async () => {
    const port = await freePort();
    const command = await run('talk', SAMPLE, '--url', `http://127.0.0.1:${port}`);
    await expectFailure(
      command,
      /There is no service at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\)/,
    );
  });

  it('[X14] fails with a sentence when the API key or the token is refused', async () => {
    const { href } = secured.url;
    const noKey = await run('talk', SAMPLE, '--url', href);
    await expectFailure(noKey, /The service refused \(401\): This needs an API key/);
    const wrongKey = await run('talk', SAMPLE, '--url', href, '--api-key', 'a-wrong-key');
    await expectFailure(wrongKey, /The service refused \(401\)/);
    const { token } = await createConversation({ url: secured.url, apiKey: 'the-right-key' }, {});
    const forged = `${token.slice(0, -4)}AAAA`;
    const wrongToken = await run('talk', SAMPLE, '--url', href, '--token', forged);
    await expectFailure(wrongToken, /The service refused the token: The token is not valid/);
  });

  it('[X14] fails with a sentence when the connection is lost and cannot be had again', async () => {
    const doomed = await launchService();
    const command = await run('talk', SAMPLE, '--url', doomed.url.href, '--reconnect-ms', '1000');
    await command.printed(/speech started/);
    await doomed.stop();
    await expectFailure(command, /The connection was lost after \d+\.\d s of the call/);
    expect((await command.end).output).toMatch(/connection lost \(close code \d+\), trying again/);
  });

  it('[X15] talks with a token alone, prints the timeline and the summary, and writes what was heard', async () => {
    const { token } = await createConversation({ url: secured.url, apiKey: 'the-right-key' }, {});
    const command = await run(
      'talk',
      SAMPLE,
      ...['--url', secured.url.href, '--token', token],
      ...['--maximum-s', '8', '--out', 'heard.wav', '--json'],
    );
    const { exitCode, output, errors } = await command.end;
    expect(errors).toBe('');
    expect(exitCode).toBe(0);
    expect(output).toMatch(/caller {3}turn 1 ended \(0\.\d\d s to 5\.\d\d s, silence\)/);
    expect(output).not.toContain('\u001b');
    expect(lastLine(output)).toMatchObject({ turns: 1, utterances: 1, underruns: 0 });
    const { rateHz, samples } = await readWavFile(`${command.folder}/heard.wav`);
    expect(rateHz).toBe(16_000);
    expect(samples.length / rateHz).toBeCloseTo(8, 0);
    expect(samples.some((sample) => Math.abs(sample) > 0.1)).toBe(true);
  });

  it('[X16] hangs up at Ctrl-C and writes what was heard until then', async () => {
    const command = await run('talk', SAMPLE, '--url', service.url.href, '--agent', 'storyteller');
    await command.printed(/utterance 1 audible/);
    command.interrupt();
    const { exitCode, output } = await command.end;
    expect(exitCode).toBe(130);
    expect(output).toMatch(/What the caller heard is in reply\.wav/);
    expect((await command.file('reply.wav')).toString('latin1', 0, 4)).toBe('RIFF');
  });
});

describe.concurrent('demo', () => {
  it('[X17] holds the whole conversation, writes reply.wav and ends with the numbers as JSON', async () => {
    const command = await run('demo', '--json');
    const { exitCode, output, errors } = await command.end;
    expect(errors).toBe('');
    expect(exitCode).toBe(0);
    expect(lastLine(output)).toEqual({
      turns: 4,
      utterances: 4,
      underruns: 0,
      overruns: 0,
      concealedMs: 0,
      replyLatencyMs: { median: expect.any(Number), max: expect.any(Number) },
      scorer: 'kernel',
      lagMs: { p50: expect.any(Number), p99: expect.any(Number), max: expect.any(Number) },
      lagByCause: {
        network: { count: expect.any(Number), maxMs: expect.any(Number) },
        isolate: { count: expect.any(Number), maxMs: expect.any(Number) },
      },
    });
    const { samples } = await readWavFile(`${command.folder}/reply.wav`);
    expect(samples.some((sample) => Math.abs(sample) > 0.1)).toBe(true);
  });

  it('[X18] shows underruns, and says why, when the isolate is burned and the lead is short', async () => {
    const command = await run('demo', '--burn', '300', '--json');
    const { exitCode, output } = await command.end;
    expect(exitCode).toBe(0);
    const { underruns, overruns } = lastLine(output) as { underruns: number; overruns: number };
    expect(underruns).toBeGreaterThan(0);
    expect(overruns).toBe(0);
    expect(output).toMatch(/computed for 300 ms each second/);
  });

  it('[X19] leaves no service behind at Ctrl-C', async () => {
    const command = await run('demo');
    await command.printed(/connected/);
    command.interrupt();
    const { exitCode, output } = await command.end;
    expect(exitCode).toBe(130);
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(output)!;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});

describe.concurrent('start', () => {
  it('[X20] serves on the port asked for, says what to do next, and ends at Ctrl-C', async () => {
    const port = await freePort();
    const command = await run('start', '--port', String(port));
    await command.printed(/npm run talk -- --url/);
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(response.status).toBe(200);
    const second = await run('start', '--port', String(port));
    await expectFailure(second, new RegExp(`Port ${port} is in use`));
    command.interrupt();
    expect((await command.end).exitCode).toBe(130);
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  });
});

/** A port on which nobody listens. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address!.port : 0));
    });
  });
}
