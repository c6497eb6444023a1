import { describe, expect, it } from 'vitest';
import { agentAddresses } from '../../../durable-objects/agents/agent-addresses.ts';
import { agentFrom } from '../../../durable-objects/agents/agent-from.ts';
import { GuardedAgent } from '../../../durable-objects/agents/guarded-agent.ts';
import { dialOut, type SocketListener } from '../../../durable-objects/runtime/outgoing-socket.ts';
import { addressFault } from '../../../durable-objects/runtime/outside-address.ts';
import { RecordingHost } from './recording-host.ts';

/** A platform socket that does what its test says. */
class FakeSocket extends EventTarget {
  binaryType = 'blob';
  readonly sent: unknown[] = [];
  readonly closes: number[] = [];
  isAccepted = false;

  accept(): void {
    this.isAccepted = true;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(code: number): void {
    this.closes.push(code);
  }

  hear(data: unknown): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }

  end(code: number, reason: string): void {
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason }));
  }
}

function dialled(answer: () => Promise<unknown>) {
  const heard: string[] = [];
  const asked: { url: string; init: RequestInit }[] = [];
  const listener: SocketListener = {
    opened: (nowMs) => heard.push(`opened ${nowMs}`),
    message: (data) => heard.push(typeof data === 'string' ? data : `${data.length} bytes`),
    closed: (code, reason) => heard.push(`closed ${code} ${reason}`),
  };
  const gone = new AbortController();
  const socket = dialOut(
    {
      url: 'wss://host.example/path',
      headers: { 'X-Key': 'k' },
      protocols: ['a.v1'],
      signedText: 'id',
    },
    listener,
    {
      inEvent: (run) => run(7),
      gone: gone.signal,
      sign: (text) => Promise.resolve({ Signed: text }),
      fetch: (url, init) => {
        asked.push({ url, init });
        return answer() as Promise<Response>;
      },
    },
  );
  return { heard, asked, gone, socket };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('an outgoing socket', () => {
  it('[H13] is dialled with its headers, sends what waited, and hears bytes as bytes', async () => {
    const platform = new FakeSocket();
    const { heard, asked, socket } = dialled(() => Promise.resolve({ webSocket: platform }));
    socket.send('early');
    socket.send(new Uint8Array([1, 2]));
    await settled();
    expect(asked[0]!.url).toBe('https://host.example/path');
    expect(asked[0]!.init).toMatchObject({
      redirect: 'manual',
      headers: {
        Upgrade: 'websocket',
        'X-Key': 'k',
        Signed: 'id',
        'Sec-WebSocket-Protocol': 'a.v1',
      },
    });
    expect(platform.binaryType).toBe('arraybuffer');
    expect(platform.isAccepted).toBe(true);
    expect(platform.sent).toEqual(['early', new Uint8Array([1, 2])]);
    platform.hear('words');
    platform.hear(new Uint8Array(3).buffer);
    platform.end(4000, 'enough');
    await settled();
    platform.hear('too late');
    socket.send('too late');
    expect(heard).toEqual(['opened 7', 'words', '3 bytes', 'closed 4000 enough']);
    expect(platform.sent).toHaveLength(2);
  });

  it('[H13] that cannot be opened is closed with 1006 and a sentence, once', async () => {
    const refused = dialled(() =>
      Promise.resolve({ webSocket: null, status: 403, body: null, headers: new Headers() }),
    );
    const broken = dialled(() => Promise.reject(new Error('secret detail')));
    await settled();
    expect(refused.heard).toEqual([
      'closed 1006 The host answered with status 403 instead of a socket.',
    ]);
    expect(broken.heard).toEqual(['closed 1006 The host could not be reached.']);
  });

  it('[H13] that was closed, or whose conversation lost its memory, hears nothing any more', async () => {
    const platform = new FakeSocket();
    const closed = dialled(() => Promise.resolve({ webSocket: platform }));
    await settled();
    closed.gone.abort();
    platform.hear('too late');
    platform.end(1000, '');
    await settled();
    expect(closed.heard).toEqual(['opened 7']);
    expect(platform.closes).toEqual([1000]);
    const late = new FakeSocket();
    const unopened = dialled(() => Promise.resolve({ webSocket: late }));
    unopened.socket.close();
    await settled();
    expect(unopened.heard).toEqual([]);
    expect(late.closes).toEqual([1000]);
  });
});

describe('an address that a request names', () => {
  it('[H14] is public and encrypted; in development also this machine', () => {
    const rule = { subject: 'The agent\'s "url"', schemes: ['wss', 'ws'] } as const;
    const fault = (url: string, isDevelopment = false) =>
      addressFault(url, { ...rule, isDevelopment });
    expect(fault('wss://backend.example/agent')).toBeNull();
    for (const url of [
      'ws://backend.example',
      'wss://10.0.0.7',
      'wss://[fd00::1]',
      'wss://intranet',
      'wss://localhost:8790',
      'wss://me:secret@backend.example',
      'https://backend.example',
      'nonsense',
    ]) {
      expect(fault(url), url).toMatch(/^The agent's "url"/);
    }
    expect(fault('ws://127.0.0.1:8790', true)).toBeNull();
    expect(fault('ws://10.0.0.7:8790', true)).not.toBeNull();
    expect(
      agentAddresses({
        name: 'any',
        url: 'wss://a.example',
        tools: [{ name: 'one', url: 'https://b.example' }, { name: 'two' }],
      }).map(({ url }) => url),
    ).toEqual(['wss://a.example', 'https://b.example']);
  });
});

describe('an agent that fails outside its own methods', () => {
  it('[H11] is told of, and the call goes on', () => {
    const host = new RecordingHost();
    const agent = new GuardedAgent(agentFrom('mine', {}));
    agent.open(host, 0);
    agent.outside(() => {
      throw new Error('malformed');
    }, 10);
    expect(host.failures).toEqual(['agent-failed']);
    expect(agent.sayText).toBeUndefined();
    expect(agent.userIdle).toBeUndefined();
    expect(agent.stored).toBeUndefined();
  });
});
