// The controls of this page's own call: begin and end it, mute, interrupt, choose whom to talk to.

import { connect } from '../browser/connect.ts';
import type { Call, CallError, CallEvents } from '../browser/index.ts';
import { made, place } from './place.ts';
import type { Offer, Service } from './service.ts';

/** What the rest of the page wants to know of the call. */
export interface TalkListener {
  /** A call begins, before anybody is connected. */
  began(conversation: string): void;
  connected(call: Call): void;
  /** The call is over, or never came about. */
  ended(conversation: string, isRecorded: boolean): void;
}

type Phase = 'idle' | 'connecting' | 'talking' | 'ending';

const LABELS: Readonly<Record<Phase, string>> = {
  idle: 'Talk',
  connecting: 'Cancel',
  talking: 'Hang up',
  ending: 'Ending …',
};

export class TalkPanel {
  readonly #service: Service;
  readonly #listener: TalkListener;
  readonly #talk = place('talk', HTMLButtonElement);
  readonly #mute = place('mute', HTMLButtonElement);
  readonly #interrupt = place('interrupt', HTMLButtonElement);
  readonly #state = place('state', HTMLElement);
  readonly #agent = place('agent', HTMLSelectElement);
  readonly #scorer = place('scorer', HTMLSelectElement);
  readonly #record = place('record', HTMLInputElement);
  readonly #opus = place('opus', HTMLInputElement);
  #phase: Phase = 'idle';
  #giveUp = new AbortController();
  #call: Call | null = null;

  constructor(service: Service, listener: TalkListener) {
    this.#service = service;
    this.#listener = listener;
    this.#talk.addEventListener('click', () => void this.#pressed());
    this.#mute.addEventListener('click', () => this.#toggleMute());
    this.#interrupt.addEventListener('click', () => this.#call?.interrupt());
    this.#enter('idle', 'Press “Talk”, allow the microphone, and say something.');
  }

  /** Shows what can be chosen. */
  offer({ agents, scorers, recording }: Offer): void {
    fill(this.#agent, agents);
    fill(this.#scorer, scorers);
    this.#record.disabled = !recording;
    this.#record.checked = recording;
  }

  async #pressed(): Promise<void> {
    switch (this.#phase) {
      case 'idle':
        return this.#begin();
      case 'connecting':
        return this.#giveUp.abort();
      case 'talking':
        this.#enter('ending', 'Saying good-bye …');
        return this.#call?.close();
      case 'ending':
        return;
    }
  }

  async #begin(): Promise<void> {
    this.#giveUp = new AbortController();
    this.#enter('connecting', 'Connecting …');
    const isRecorded = this.#record.checked;
    let conversation = '';
    try {
      const choice = {
        agent: this.#agent.value,
        scorer: this.#scorer.value,
        recording: isRecorded,
      };
      const created = await this.#service.create(choice);
      conversation = created.conversation;
      this.#listener.began(conversation);
      const { signal } = this.#giveUp;
      const files = new URL('/client/', this.#service.origin);
      const service = this.#service.origin;
      const codec = this.#opus.checked ? 'opus' : 'pcm16';
      const call = await connect({ ...created, service, files, signal, codec });
      this.#connected(call, conversation, isRecorded);
    } catch (fault) {
      this.#enter('idle', (fault as Error).message, 'error');
      this.#listener.ended(conversation, false);
    }
  }

  #connected(call: Call, conversation: string, isRecorded: boolean): void {
    this.#call = call;
    this.#enter('talking', 'Connected. Say something.', 'live');
    call.on('connection', (event) => this.#connection(event, conversation, isRecorded));
    call.on('error', (error: CallError) => this.#say(error.message, 'error'));
    call.on('audio', ({ state }) => {
      if (state === 'blocked')
        this.#say('The browser wants a click before it lets anything sound.', 'error');
    });
    call.on('speaking', ({ party, speaking }) => {
      if (speaking) this.#say(party === 'caller' ? 'Listening …' : 'The agent speaks.', 'live');
    });
    this.#listener.connected(call);
  }

  #connection(event: CallEvents['connection'], conversation: string, isRecorded: boolean): void {
    switch (event.state) {
      case 'live':
        return this.#say('Connected.', 'live');
      case 'lost':
        return this.#say(`Connection lost; trying again (${event.attempt}) …`, 'error');
      case 'closed':
        this.#call = null;
        this.#enter('idle', event.reason === '' ? 'The call is over.' : event.reason);
        return this.#listener.ended(conversation, isRecorded);
    }
  }

  #toggleMute(): void {
    const call = this.#call;
    if (call === null) return;
    if (call.muted) call.unmute();
    else call.mute();
    this.#mute.setAttribute('aria-pressed', String(call.muted));
    this.#say(call.muted ? 'Muted.' : 'Listening …', 'live');
  }

  #enter(phase: Phase, words: string, state = ''): void {
    this.#phase = phase;
    const isTalking = phase === 'talking';
    this.#talk.textContent = LABELS[phase];
    this.#talk.dataset['phase'] = phase;
    this.#talk.disabled = phase === 'ending';
    this.#mute.disabled = !isTalking;
    this.#mute.setAttribute('aria-pressed', 'false');
    this.#interrupt.disabled = !isTalking;
    for (const choice of [this.#agent, this.#scorer, this.#opus])
      choice.disabled = phase !== 'idle';
    this.#say(words, state);
  }

  #say(words: string, state: string): void {
    this.#state.textContent = words;
    this.#state.dataset['state'] = state;
  }
}

function fill(select: HTMLSelectElement, names: readonly string[]): void {
  select.replaceChildren(...names.map((name) => made('option', name)));
}
