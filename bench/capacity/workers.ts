// The two Workers that the capacity benchmark runs beside each other: Isochron as it would be uploaded, and a bare echo.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommandError } from '../../client/node/command-error.ts';
import type { ObjectWorker } from './object-server.ts';

/** The least that a Durable Object can do with a message: send it back. Its path names the object. */
export const BARE_ECHO: ObjectWorker = {
  className: 'BareEcho',
  binding: 'ECHO',
  variables: {},
  modules: [
    {
      name: 'echo.js',
      content: `
        import { DurableObject } from 'cloudflare:workers';
        export class BareEcho extends DurableObject {
          fetch() {
            const pair = new WebSocketPair();
            this.ctx.acceptWebSocket(pair[1]);
            return new Response(null, { status: 101, webSocket: pair[0] });
          }
          webSocketMessage(socket, message) {
            socket.send(message);
          }
        }
        export default {
          fetch(request, { ECHO }) {
            return ECHO.get(ECHO.idFromName(new URL(request.url).pathname)).fetch(request);
          },
        };`,
    },
  ],
};

/** A deployed service has a secret; who creates conversations needs a key. */
export const API_KEY = crypto.randomUUID();
const VARIABLES = {
  ISOCHRON_SECRET: crypto.randomUUID(),
  ISOCHRON_API_KEYS: API_KEY,
  // A machine this busy is late all the time; the bench tells of it in numbers.
  ISOCHRON_LAG_WARNING_MS: '10000',
};

/** Bundles the session Worker. Throws CommandError when it cannot be built. */
export async function bundleIsochron(): Promise<ObjectWorker> {
  const directory = mkdtempSync(join(tmpdir(), 'isochron-bundle-'));
  try {
    const command = ['run', '--silent', 'deploy:dry-run', '--', '--outdir', directory];
    await promisify(execFile)('npm', command);
    const names = readdirSync(directory).filter((name) => /\.(js|wasm|bin)$/.test(name));
    const modules = names
      .toSorted((one, other) => Number(other === 'index.js') - Number(one === 'index.js'))
      .map((name) => ({ name, content: readFileSync(join(directory, name)) }));
    return {
      className: 'ConversationObject',
      binding: 'CONVERSATION',
      variables: VARIABLES,
      modules,
    };
  } catch (fault) {
    throw new CommandError(`Cannot bundle the Worker: ${(fault as Error).message}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
