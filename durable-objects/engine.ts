// Puts the engine of a conversation together with the object's storage, agent and scorer.

import { conversationConfig } from '../core/conversation/config.ts';
import { Conversation } from '../core/conversation/conversation.ts';
import type { Watch } from '../core/observation/watch.ts';
import { makeAgent } from './agents/catalogue.ts';
import { GuardedAgent } from './agents/guarded-agent.ts';
import { platformServices } from './agents/platform-services.ts';
import type { Creation } from './creation.ts';
import { background } from './runtime/background.ts';
import { Checkpoints } from './runtime/checkpoints.ts';
import type { ConversationStore } from './runtime/conversation-store.ts';
import { isolateLedger } from './runtime/isolate-ledger.ts';
import { JournalStore } from './runtime/journal-store.ts';
import type { LagCanary } from './runtime/lag-canary.ts';
import type { RowMeter } from './runtime/row-meter.ts';
import { scorerFactory } from './runtime/scorers.ts';
import { SpeechStore } from './runtime/speech-store.ts';

/** What an engine is given by its object. */
export interface EngineSurroundings {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly store: ConversationStore;
  readonly meter: RowMeter;
  readonly canary: LagCanary;
  readonly watch: Watch;
  /** Aborted when this engine is given up. */
  readonly gone: AbortSignal;
  /** Runs an event of whichever engine is the object's when it comes. */
  readonly event: (moment: string, run: (engine: Conversation, nowMs: number) => void) => void;
}

/** A new engine, to be restored where there is a checkpoint. Throws ConfigurationError. */
export function makeEngine(
  creation: Creation,
  { ctx, env, store, meter, canary, watch, gone, event }: EngineSurroundings,
  nowMs: number,
): Conversation {
  const { storage } = ctx;
  const id = ctx.id.toString();
  const seeTo = (name: string, work: Promise<void>): void => background(ctx, name, work);
  // What an engine that is gone has waited for concerns nobody.
  const ownEvent = (moment: string, run: (nowMs: number) => void): void =>
    event(moment, (current, nowMs) => {
      if (current === engine) run(nowMs);
    });
  const inEvent = (moment: string) => (run: (nowMs: number) => void) =>
    ownEvent(moment, (nowMs) => engine.outsideEvent(run, nowMs));
  const isRecorded = creation.isRecorded === true;
  const speech = new SpeechStore(storage, meter, isRecorded, seeTo);
  speech.restore(store.speechSlots);
  const checkpoint = new Checkpoints({
    store,
    journal: new JournalStore(storage, meter),
    speech,
    snapshot: () => engine.snapshot(),
    sync: () => storage.sync(),
    confirmed: (ticket) => ownEvent('stored', (nowMs) => engine.confirmed(ticket, nowMs)),
    failed: (fault) =>
      ownEvent('stored', () => {
        throw fault;
      }),
    background: seeTo,
  });
  const { tools } = creation.agent;
  // What an agent does outside its own methods is guarded as they are.
  const inAgentEvent = (run: (nowMs: number) => void): void =>
    inEvent('agent')((nowMs) => agent.outside(run, nowMs));
  const agent = new GuardedAgent(
    makeAgent(
      creation.agent,
      platformServices({ env, conversation: id, tools, inEvent: inAgentEvent, gone }),
    ),
  );
  const scorerPorts = { env, conversation: id, inEvent: inEvent('scorer') };
  const engine: Conversation = new Conversation(
    {
      id,
      config: conversationConfig(creation.settings),
      turnTaking: creation.turnTaking,
      echoGuard: creation.echoGuard ?? 'auto',
      agent,
      createScorer: scorerFactory(creation.scorer, scorerPorts),
      ledger: isolateLedger(),
      spill: speech,
      checkpoint,
      isRecorded,
      lag: canary,
      watch,
    },
    nowMs,
  );
  return engine;
}
