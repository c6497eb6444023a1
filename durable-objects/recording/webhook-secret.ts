// The key that webhooks are signed with.

import * as v from 'valibot';

/** Signs where no secret is configured at all; everyone knows it. */
const DEVELOPMENT_SECRET = 'isochron-development-webhook-secret';

const VARIABLES = v.object({
  ISOCHRON_SECRET: v.optional(v.string(), ''),
  ISOCHRON_WEBHOOK_SECRET: v.optional(v.string(), ''),
});

/** ISOCHRON_WEBHOOK_SECRET; null when a service with a secret has none for its webhooks. */
export function webhookSecret(env: unknown): string | null {
  const variables = v.parse(VARIABLES, env);
  if (variables.ISOCHRON_WEBHOOK_SECRET !== '') return variables.ISOCHRON_WEBHOOK_SECRET;
  return variables.ISOCHRON_SECRET === '' ? DEVELOPMENT_SECRET : null;
}
