// Computations of the isolate and stalls of a proxy over TCP, and where the client and the service place them.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallRecord, holdConversation } from '../../client/node/conversation-client.ts';
import { burnIsolate, readConversation } from '../../client/node/service-api.ts';
import { type LaunchedService, launchService } from '../../client/node/service-launcher.ts';
import { StallingProxy } from '../support/stalling-proxy.ts';

const CALL_MS = 4500;
const LAG_MS = 250;
/** One each second, from the second on in which the baseline is there. */
const LAGS = 3;

let service: LaunchedService;

beforeAll(async () => {
  service = await launchService({ ISOCHRON_LAG_WARNING_MS: '100' });
});
afterAll(() => service?.stop());

/** A silent caller over the proxy; `lag` is called each second. */
async function call(
  lag: (conversation: string, proxy: StallingProxy) => void,
): Promise<CallRecord> {
  const proxy = new StallingProxy(service.url);
  let conversation = '';
  let lags = 0;
  try {
    return await holdConversation(
      { url: await proxy.listen() },
      {
        voice: new Int16Array(0),
        conversation: {},
        maximumMs: CALL_MS,
        settleMs: CALL_MS,
        onInvited: async (invitation) => {
          conversation = invitation.conversation;
        },
        onProgress: ({ atMs }) => {
          if (lags >= LAGS || atMs < 1000 * (lags + 1)) return;
          lags++;
          lag(conversation, proxy);
        },
      },
    );
  } finally {
    proxy.close();
  }
}

describe('over TCP', () => {
  it('[K23][D23][D24] places burns in the isolate; the service counts them and names the burn in its warning', async () => {
    const { summary, invitation } = await call((conversation) => {
      burnIsolate(service, conversation, LAG_MS, 1000).catch(() => {});
    });
    const { isolate, network } = summary.lagByCause;
    expect(isolate.count).toBeGreaterThanOrEqual(LAGS);
    expect(isolate.maxMs).toBeGreaterThan(LAG_MS - 50);
    expect(network.maxMs).toBeLessThan(LAG_MS / 2);
    const { statistics } = await readConversation(service, invitation);
    expect(statistics.isolateLagMaxMs).toBeGreaterThan(LAG_MS - 50);
    expect(statistics.isolateLags).toBeGreaterThanOrEqual(LAGS - 1);
    expect(statistics.lagWarnings).toBeGreaterThanOrEqual(LAGS);
    const warning = service.logs().find((line) => line.includes('"running":"burn"'));
    expect(warning).toContain('"event":"isolate-lag"');
    expect(warning).toContain(invitation.conversation);
  });

  it('[K23] places stalls in the network', async () => {
    const { summary } = await call((_conversation, proxy) => proxy.stall(LAG_MS));
    const { isolate, network } = summary.lagByCause;
    expect(network.count).toBeGreaterThanOrEqual(LAGS);
    expect(network.maxMs).toBeGreaterThan(LAG_MS - 50);
    expect(isolate.maxMs).toBeLessThan(LAG_MS / 2);
  });
});
