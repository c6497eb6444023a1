// Decides whether a conversation can have the webhook that was asked for.

import { webhookSecret } from '../durable-objects/recording/webhook-secret.ts';
import { webhookFault } from '../durable-objects/recording/webhook-target.ts';
import { Refusal } from './refusal.ts';
import type { CreateRequest } from './requests.ts';
import type { ServiceSettings } from './settings.ts';

/** Checks that events may be sent there, and can be signed. Throws Refusal. */
export function checkWebhook(
  { webhook }: CreateRequest,
  env: Env,
  { development, secured }: ServiceSettings,
): void {
  if (webhook === null) return;
  const fault = webhookFault(webhook.url, development && !secured);
  if (fault !== null) throw new Refusal('invalid-request', fault);
  if (webhookSecret(env) === null) {
    throw new Refusal(
      'invalid-request',
      'No key is configured to sign webhooks with. Set ISOCHRON_WEBHOOK_SECRET.',
    );
  }
}
