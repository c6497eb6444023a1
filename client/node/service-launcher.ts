// Starts the service for as long as it is needed: on a free loopback port, quietly, leaving nothing behind.

import { fileURLToPath } from 'node:url';
import { CommandError } from './command-error.ts';
import type { Service } from './service-api.ts';

const PROJECT_FOLDER = fileURLToPath(new URL('../../', import.meta.url));

/** Wrangler writes no logs, reports nothing, and asks nobody where on earth this machine is. */
const QUIET_ENVIRONMENT = {
  WRANGLER_WRITE_LOGS: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};

/** Secrets of a developer's own .dev.vars do not apply here. */
const NO_SECRETS = { ISOCHRON_SECRET: '', ISOCHRON_API_KEYS: '', ISOCHRON_ORIGINS: '' };

/** A service of this process; nothing of it outlives `stop`. */
export interface LaunchedService extends Service {
  /** What the service has logged, one line each. */
  logs(): readonly string[];
  stop(): Promise<void>;
}

/** Builds and starts the service, with its development routes. Throws CommandError when it cannot be built. */
export async function launchService(
  secrets: Readonly<Record<string, string>> = {},
): Promise<LaunchedService> {
  Object.assign(process.env, QUIET_ENVIRONMENT);
  const { createTestHarness } = await import('wrangler');
  const harness = createTestHarness({
    root: PROJECT_FOLDER,
    workers: [
      {
        configPath: 'wrangler.toml',
        vars: { ISOCHRON_DEVELOPMENT: '1' },
        secrets: { ...NO_SECRETS, ...secrets },
      },
    ],
  });
  try {
    const { url } = await harness.listen();
    return {
      url,
      logs: () => harness.getLogs().map(({ level, message }) => `${level}: ${message}`),
      stop: () => harness.close(),
    };
  } catch (fault) {
    throw new CommandError(`The service cannot be started: ${(fault as Error).message}`);
  }
}
