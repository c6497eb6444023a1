// Says that the service is up, and how it is secured.

import { PROTOCOL_VERSION } from '../core/wire/messages.ts';
import type { Visit } from './visit.ts';

/** What an operator should know about a service without a secret. */
export const UNSECURED_NOTICE =
  'No secret is configured: only this machine is served, and everyone on it may do everything. Set ISOCHRON_SECRET and ISOCHRON_API_KEYS before serving others.';

/** `GET /healthz`. */
export function health({ settings }: Visit): Response {
  return Response.json({
    status: 'ok',
    protocol: PROTOCOL_VERSION,
    secured: settings.secured,
    ...(settings.secured ? {} : { notice: UNSECURED_NOTICE }),
  });
}
