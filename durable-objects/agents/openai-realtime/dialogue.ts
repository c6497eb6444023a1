// The conversation between the caller and the model: turns go to the vendor, its events become speech, and a lost session is made good.

import * as v from 'valibot';
import type { AgentHost, Heard } from '../../../core/conversation/agent.ts';
import type { AgentServices } from '../agent-services.ts';
import { encodeBase64 } from '../vendor/base64.ts';
import { ANSWERS_SNAPSHOT, Answers } from './answers.ts';
import { CALLER_AUDIO_SNAPSHOT, CallerAudio } from './caller-audio.ts';
import {
  type CallerEntry,
  HISTORY_SNAPSHOT,
  History,
  type HistoryEntry,
  itemOf,
} from './history.ts';
import type { OpenAiRealtimeOptions } from './options.ts';
import { OutputEvents } from './output-events.ts';
import type { ServerEvent } from './server-event.ts';
import { TOOL_CALLS_SNAPSHOT, ToolCalls } from './tool-calls.ts';
import { vendorPcm } from './vendor-pcm.ts';
import type { VendorSession } from './vendor-session.ts';
import { type Wish, wishFor } from './wish.ts';

/** Audio is sent in pieces: small ones where the vendor waits for a turn's end, larger ones where we do (16 kHz samples). */
const BATCH_SAMPLES = { ours: 1600, server_vad: 640, semantic_vad: 640 } as const;

export const DIALOGUE_SNAPSHOT = v.object({
  history: HISTORY_SNAPSHOT,
  caller: CALLER_AUDIO_SNAPSHOT,
  answers: ANSWERS_SNAPSHOT,
  calls: TOOL_CALLS_SNAPSHOT,
  hasGreeted: v.boolean(),
  isCommitOwed: v.boolean(),
});
type DialogueSnapshot = v.InferOutput<typeof DIALOGUE_SNAPSHOT>;

export interface DialoguePorts {
  readonly options: OpenAiRealtimeOptions;
  readonly services: AgentServices;
  readonly session: VendorSession;
  readonly host: () => AgentHost;
  /** The vendor does not answer the caller, and will not be asked again. */
  readonly gaveUp: (code: string, sentence: string) => void;
  /** Something outside has come: what follows from it can be asked for. */
  readonly moved: (nowMs: number) => void;
}

/** Knows nothing of time: what is owed, and since when, is the agent's business. */
export class Dialogue {
  readonly #ports: DialoguePorts;
  readonly #history = new History();
  readonly #caller: CallerAudio;
  readonly #answers: Answers;
  readonly #calls: ToolCalls;
  readonly #output: OutputEvents;
  #hasGreeted = false;
  /** The turn that has ended, and that the vendor was not told. */
  #owed: CallerEntry | null = null;
  /** Turns committed in this session whose ids the vendor has not told yet. */
  #committed: CallerEntry[] = [];

  constructor(ports: DialoguePorts) {
    this.#ports = ports;
    const { host, options, services, session } = ports;
    const history = this.#history;
    this.#caller = new CallerAudio({
      send: (event) => session.send(event),
      canSend: () => session.canSend,
      batchSamples: BATCH_SAMPLES[options.turnDetection],
    });
    this.#answers = new Answers({
      host,
      session,
      history,
      instructions: options.instructions,
      isInterruptible: options.interruptible,
      mayAsk: () => !this.#caller.isOpen && !this.isCommitOwed,
      gaveUp: () => {
        history.settleCaller();
        ports.gaveUp('agent-failed', 'The agent did not answer.');
      },
    });
    this.#calls = new ToolCalls({
      host,
      services,
      history,
      send: (event) => session.send(event),
      answered: (nowMs) => {
        this.#answers.askForAnswer();
        ports.moved(nowMs);
      },
    });
    this.#output = new OutputEvents({
      host,
      history,
      answers: this.#answers,
      calls: this.#calls,
      gaveUp: ports.gaveUp,
    });
  }

  /** The vendor owes us something. */
  get isOwed(): boolean {
    return this.#answers.isOwed || this.#isOwedByDetection;
  }

  /** A turn has ended, and the vendor was not told. */
  get isCommitOwed(): boolean {
    return this.#owed !== null;
  }

  /** A tool runs, and there is nothing to be heard. */
  get isWaitingForTools(): boolean {
    return this.#calls.isWaiting && this.#answers.isSilent && !this.#caller.isOpen;
  }

  /** Nobody speaks, nothing is asked for, and nothing runs. */
  get isQuiet(): boolean {
    const isCallerQuiet = !this.#caller.isOpen && !this.isCommitOwed;
    return isCallerQuiet && this.#answers.isQuiet && !this.#calls.isWaiting;
  }

  turnStarted(startSample: number): void {
    // Two turns without a pause between them must not become one.
    if (this.isCommitOwed) this.commit();
    this.#caller.begin(startSample);
    this.#answers.yieldFloor(false);
  }

  audio(fromSample: number, samples: Int16Array): void {
    this.#caller.add(fromSample, samples);
  }

  turnEnded(endSample: number): void {
    this.#owed = this.#history.callerSpoke(null, this.#caller.end(endSample));
  }

  /** The turn that has ended is told to the vendor, and answered. */
  commit(): void {
    const owed = this.#owed;
    this.#owed = null;
    if (owed !== null && this.#ports.session.canSend) {
      this.#caller.flush();
      this.#ports.session.send({ type: 'input_audio_buffer.commit' });
      this.#committed.push(owed);
    }
    this.#answers.askForAnswer();
  }

  /** Typed words are a turn. */
  typed(text: string): void {
    const entry = this.#history.callerTyped(text);
    this.#ports.session.send({ type: 'conversation.item.create', item: itemOf(entry) });
    if (this.#answers.isInterruptible) this.#takeFloor(false);
    this.#answers.askForAnswer();
  }

  /** The model is to say these words, after what it is saying. */
  say(text: string, isInterruptible: boolean): void {
    this.#answers.ask(wishFor(text, isInterruptible));
  }

  /** The model is to say something of its own accord. */
  prompt(wish: Wish): void {
    this.#answers.ask(wish);
  }

  interrupted(heard: Heard): void {
    this.#answers.interrupted(heard);
  }

  completed(heard: Heard): void {
    this.#answers.completed(heard);
  }

  /** Asks for what has become possible. */
  pump(): void {
    this.#answers.pump();
  }

  /** A new session is told what was said, and asked what was not answered. */
  opened(): void {
    for (const entry of this.#history.entries) this.#tell(entry);
    const { greeting, turnDetection } = this.#ports.options;
    this.#caller.restart(turnDetection !== 'ours');
    this.#caller.resume();
    if (this.isCommitOwed) {
      this.#owed = null;
      this.#answers.askForAnswer();
    }
    if (!this.#hasGreeted && greeting !== null) this.say(greeting, this.#isInterruptible);
    this.#hasGreeted = true;
    this.#answers.pump();
  }

  /** The session is gone. */
  lost(): void {
    this.#committed = [];
    this.#answers.lost();
    if (this.#isOwedByDetection && !this.#answers.isOwed) this.#answers.askForAnswer();
  }

  /** An event of the present session. */
  heard(event: ServerEvent): void {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        if (this.#answers.isInterruptible) this.#takeFloor(true);
        this.#caller.speechSince(event.audio_start_ms);
        return;
      case 'input_audio_buffer.speech_stopped':
        if (!this.#caller.isOpen) return;
        this.#history.callerSpoke(event.item_id, this.#caller.endAt(event.audio_end_ms));
        return;
      case 'input_audio_buffer.committed': {
        const entry = this.#committed.shift();
        if (entry !== undefined) entry.itemId = event.item_id;
        return;
      }
      default:
        this.#output.heard(event);
        this.#answers.pump();
    }
  }

  snapshot(): DialogueSnapshot {
    return {
      history: this.#history.snapshot(),
      caller: this.#caller.snapshot(),
      answers: this.#answers.snapshot(),
      calls: this.#calls.snapshot(),
      hasGreeted: this.#hasGreeted,
      isCommitOwed: this.isCommitOwed,
    };
  }

  restore(saved: DialogueSnapshot): void {
    this.#history.restore(saved.history);
    this.#caller.restore(saved.caller);
    this.#answers.restore(saved.answers);
    this.#calls.restore(saved.calls);
    this.#hasGreeted = saved.hasGreeted;
    this.#owed = saved.isCommitOwed ? this.#history.newestUnanswered : null;
  }

  /** After a restore, when the host may be asked again. */
  wake(): void {
    this.#answers.endAll();
    this.#calls.repeat();
  }

  /** The vendor has found a turn, and is to answer it by itself. */
  get #isOwedByDetection(): boolean {
    if (this.#ports.options.turnDetection === 'ours' || this.#caller.isOpen) return false;
    return this.#history.newestUnanswered !== null && !this.#calls.isWaiting;
  }

  get #isInterruptible(): boolean {
    return this.#ports.options.interruptible;
  }

  /** What is being said stops; the rest follows when it is known what was heard. */
  #takeFloor(byVendor: boolean): void {
    const wasSilent = this.#answers.isSilent;
    this.#answers.yieldFloor(byVendor);
    if (!wasSilent) this.#ports.host().interrupt();
  }

  /** What was not answered is told as audio, because words that were written down are less than what was said. */
  #tell(entry: HistoryEntry): void {
    const { options, session } = this.#ports;
    if (entry.kind !== 'caller' || entry.audio === null) {
      const item = itemOf(entry);
      if (entry.kind === 'caller' || entry.kind === 'agent') entry.itemId = entry.id;
      session.send({ type: 'conversation.item.create', item });
    } else if (options.turnDetection === 'ours') {
      this.#caller.sendWhole(entry.audio);
      session.send({ type: 'input_audio_buffer.commit' });
      this.#committed.push(entry);
    } else {
      const pcm = vendorPcm(entry.audio);
      const audio = encodeBase64(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength));
      entry.itemId = entry.id;
      session.send({
        type: 'conversation.item.create',
        item: {
          id: entry.id,
          type: 'message',
          role: 'user',
          content: [{ type: 'input_audio', audio }],
        },
      });
    }
  }
}
