// What the operator has set: variables and secrets of the Worker, read and checked once per request.

import * as v from 'valibot';

/** Shortest HS256 key in bytes (RFC 7518 §3.2: at least the size of the hash). */
const SECRET_MIN_BYTES = 32;

/** Signs tokens where no secret is configured. Everyone knows it: only loopback is served then. */
const DEVELOPMENT_KEY = 'isochron-development-key-known-to-everyone';

const VARIABLES = v.object({
  ISOCHRON_SECRET: v.optional(v.string(), ''),
  ISOCHRON_API_KEYS: v.optional(v.string(), ''),
  ISOCHRON_ORIGINS: v.optional(v.string(), ''),
  ISOCHRON_DEVELOPMENT: v.optional(v.string(), ''),
});

/** The operator's settings. */
export interface ServiceSettings {
  /** False without a secret: only loopback is served, with a key that everyone knows. */
  readonly secured: boolean;
  readonly signingKey: Uint8Array;
  /** Keys that may create and control conversations. */
  readonly apiKeys: readonly string[];
  /** Browser origins that may open sockets beside the service's own. */
  readonly origins: readonly string[];
  /** Development routes are served, on loopback only. */
  readonly development: boolean;
}

/** Thrown when the operator's settings cannot be used; the message is a sentence for the operator. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Reads the settings out of the Worker's environment. Throws SettingsError. */
export function readSettings(env: unknown): ServiceSettings {
  const variables = v.safeParse(VARIABLES, env);
  if (!variables.success) {
    throw new SettingsError(
      'Cannot read the settings: every ISOCHRON_… variable must be a string.',
    );
  }
  const { ISOCHRON_SECRET, ISOCHRON_API_KEYS, ISOCHRON_ORIGINS, ISOCHRON_DEVELOPMENT } =
    variables.output;
  const secured = ISOCHRON_SECRET !== '';
  const signingKey = new TextEncoder().encode(secured ? ISOCHRON_SECRET : DEVELOPMENT_KEY);
  if (signingKey.byteLength < SECRET_MIN_BYTES) {
    throw new SettingsError(
      `Cannot sign tokens: "ISOCHRON_SECRET" must have at least ${SECRET_MIN_BYTES} bytes, received ${signingKey.byteLength}.`,
    );
  }
  return {
    secured,
    signingKey,
    apiKeys: listed(ISOCHRON_API_KEYS),
    origins: listed(ISOCHRON_ORIGINS),
    development: ISOCHRON_DEVELOPMENT === '1',
  };
}

function listed(commaSeparated: string): string[] {
  return commaSeparated
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
