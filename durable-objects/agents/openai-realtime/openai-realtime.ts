// The agent behind which OpenAI's Realtime API answers: one speech-to-speech model over one WebSocket.

import * as v from 'valibot';
import type {
  Agent,
  AgentHost,
  Heard,
  SayTextOptions,
  TurnEnd,
  TurnStart,
} from '../../../core/conversation/agent.ts';
import type { AgentServices } from '../agent-services.ts';
import { Fallback } from '../vendor/fallback.ts';
import { Filler } from '../vendor/filler.ts';
import { DIALOGUE_SNAPSHOT, Dialogue } from './dialogue.ts';
import type { OpenAiRealtimeOptions } from './options.ts';
import { sessionSettings } from './session-settings.ts';
import { VendorSession } from './vendor-session.ts';

/** A turn that no checkpoint has followed for so long is told all the same: a full storage must not silence the agent. */
const COMMIT_PATIENCE_MS = 250;

/**
 * With `ours`, Isochron's turns go to the vendor, which is asked for each answer; with the vendor's own detection it hears
 * everything and answers by itself. The session is replaced before it expires and when it is lost; the conversation goes on.
 */
export class OpenAiRealtime implements Agent {
  readonly name = 'openai-realtime';
  readonly hears: 'turns' | 'everything';
  readonly #options: OpenAiRealtimeOptions;
  readonly #session: VendorSession;
  readonly #dialogue: Dialogue;
  readonly #fallback: Fallback;
  readonly #filler: Filler;
  #host: AgentHost | null = null;
  /** The vendor is dialled in the first tick, when it is known whether there was a conversation before. */
  #beginsMs = Number.POSITIVE_INFINITY;
  /** When a turn that has ended is told at the latest. */
  #commitMs = Number.POSITIVE_INFINITY;

  constructor(options: OpenAiRealtimeOptions, services: AgentServices) {
    this.#options = options;
    this.hears = options.turnDetection === 'ours' ? 'turns' : 'everything';
    this.#fallback = new Fallback(options.fallback, services);
    this.#filler = new Filler(options.filler);
    const { patienceMs } = options;
    this.#session = new VendorSession(
      { services, settings: sessionSettings(options), patienceMs },
      {
        opened: (nowMs) => {
          this.#dialogue.opened();
          this.#watch(nowMs);
        },
        event: (event, nowMs) => {
          // Connections and promises prove nothing: the vendor is there again when it speaks.
          if (event.type === 'response.output_audio.delta') this.#fallback.recovered();
          this.#dialogue.heard(event);
          this.#watch(nowMs);
        },
        lost: (nowMs) => {
          this.#dialogue.lost();
          this.#watch(nowMs);
        },
        unavailable: (code, sentence) => this.#unavailable(code, sentence),
      },
    );
    this.#dialogue = new Dialogue({
      options,
      services,
      session: this.#session,
      host: () => this.#to,
      gaveUp: (code, sentence) => this.#unavailable(code, sentence),
      moved: (nowMs) => this.#watch(nowMs),
    });
  }

  get nextDeadlineMs(): number {
    const isQuiet = this.#dialogue.isQuiet;
    return Math.min(
      this.#beginsMs,
      this.#commitMs,
      this.#session.nextDeadlineMs,
      this.#filler.nextDeadlineMs,
      isQuiet ? this.#session.renewFromMs : Number.POSITIVE_INFINITY,
    );
  }

  open(host: AgentHost, nowMs: number): void {
    this.#host = host;
    this.#beginsMs = nowMs;
  }

  turnStarted(start: TurnStart, nowMs: number): void {
    if (this.hears === 'everything') return;
    this.#dialogue.turnStarted(start.startSample);
    this.#session.open();
    this.#watch(nowMs);
  }

  audio(fromSample: number, samples: Int16Array): void {
    this.#dialogue.audio(fromSample, samples);
    if (this.hears === 'everything') this.#session.open();
  }

  turnEnded(end: TurnEnd, nowMs: number): void {
    if (this.hears === 'everything') return;
    this.#dialogue.turnEnded(end.endSample);
    this.#commitMs = nowMs + COMMIT_PATIENCE_MS;
  }

  /** The turn's end is on disk: from here on it is told, and not again. */
  stored(nowMs: number): void {
    if (this.#dialogue.isCommitOwed) this.#dialogue.commit();
    this.#watch(nowMs);
  }

  text(text: string, nowMs: number): void {
    this.#dialogue.typed(text);
    this.#session.open();
    this.#watch(nowMs);
  }

  sayText(text: string, { interruptible }: SayTextOptions, nowMs: number): void {
    this.#dialogue.say(text, interruptible);
    this.#session.open();
    this.#watch(nowMs);
  }

  userIdle(_idleMs: number, nowMs: number): void {
    const { idlePrompt: note, interruptible: isInterruptible } = this.#options;
    if (note === null || !this.#dialogue.isQuiet) return;
    this.#dialogue.prompt({ note, isInterruptible, isAnswer: true });
    this.#watch(nowMs);
  }

  interrupted(heard: Heard, nowMs: number): void {
    if (!this.#isOurs(heard, nowMs)) this.#dialogue.interrupted(heard);
    this.#watch(nowMs);
  }

  completed(heard: Heard, nowMs: number): void {
    if (!this.#isOurs(heard, nowMs)) this.#dialogue.completed(heard);
    this.#watch(nowMs);
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#beginsMs) {
      this.#beginsMs = Number.POSITIVE_INFINITY;
      this.#dialogue.wake();
      this.#session.open();
    }
    if (nowMs >= this.#commitMs && this.#dialogue.isCommitOwed) this.#dialogue.commit();
    if (nowMs >= this.#filler.nextDeadlineMs) this.#filler.tick(this.#to, nowMs);
    this.#session.tick(nowMs);
    if (this.#dialogue.isQuiet) this.#session.renew(nowMs);
    this.#watch(nowMs);
  }

  save(): unknown {
    return this.#dialogue.snapshot();
  }

  restore(state: unknown, nowMs: number): void {
    const saved = v.safeParse(DIALOGUE_SNAPSHOT, state);
    if (!saved.success) return;
    this.#dialogue.restore(saved.output);
    if (this.#dialogue.isCommitOwed) this.#commitMs = nowMs + COMMIT_PATIENCE_MS;
  }

  close(_reason: string): void {
    this.#session.close();
    this.#filler.stop();
    this.#beginsMs = Number.POSITIVE_INFINITY;
    this.#commitMs = Number.POSITIVE_INFINITY;
  }

  get #to(): AgentHost {
    if (this.#host === null) throw new Error('The agent was not opened.');
    return this.#host;
  }

  /** Sounds that fill a pause, and words about an outage, are none of the model's. */
  #isOurs(heard: Heard, nowMs: number): boolean {
    return this.#filler.owns(heard, nowMs) || this.#fallback.owns(heard);
  }

  #unavailable(code: string, sentence: string): void {
    this.#filler.stop();
    this.#fallback.unavailable(this.#to, code, sentence);
  }

  /** After every event: whether the vendor owes us something, and whether the caller waits for a tool. */
  #watch(nowMs: number): void {
    if (!this.#dialogue.isCommitOwed) this.#commitMs = Number.POSITIVE_INFINITY;
    this.#dialogue.pump();
    this.#session.awaits(this.#dialogue.isOwed, nowMs);
    if (this.#dialogue.isWaitingForTools) this.#filler.wait(nowMs);
    else this.#filler.stop();
  }
}
