// The Worker's entry: admits requests, answers them, and exports the object that holds a conversation.

import { logFault, logNotice } from '../durable-objects/runtime/log.ts';
import { admitPeer } from './admission.ts';
import { UNSECURED_NOTICE } from './health.ts';
import { Refusal } from './refusal.ts';
import { route } from './routes.ts';
import { readSettings, SettingsError } from './settings.ts';

export { ConversationObject } from '../durable-objects/conversation.ts';
export { LiveConversations } from '../durable-objects/live-conversations.ts';
export { VadShard } from '../durable-objects/vad-shard.ts';

let noticeIsLogged = false;

export default {
  async fetch(request, env): Promise<Response> {
    const nowMs = Date.now();
    try {
      const settings = readSettings(env);
      if (!settings.secured) logUnsecured();
      admitPeer(request, settings);
      return await route(request, env, settings, nowMs);
    } catch (fault) {
      if (fault instanceof Refusal) return fault.toResponse();
      logFault('request-failed', fault);
      const sentence = fault instanceof SettingsError ? fault.message : 'The service failed.';
      return new Refusal('failure', sentence).toResponse();
    }
  },
} satisfies ExportedHandler<Env>;

function logUnsecured(): void {
  if (noticeIsLogged) return;
  noticeIsLogged = true;
  logNotice('unsecured', { notice: UNSECURED_NOTICE });
}
