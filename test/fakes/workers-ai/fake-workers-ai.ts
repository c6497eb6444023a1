// Workers AI for tests: the three kinds of models that the cascade runs, each over a line of its own, with everything that they were given.

import type { FakeConnection, FakeLine } from '../ws-server.ts';
import { FakeListener } from './fake-listener.ts';
import { FAKE_DEFAULTS, type FakeWorkersAiOptions } from './fake-options.ts';
import { FakeSpeaker } from './fake-speaker.ts';
import { FakeWriter } from './fake-writer.ts';

/**
 * A run of a model is a connection whose path names the model: `/@cf/deepgram/flux?encoding=…` is its socket; for those that
 * write or speak the first message is what `run` was given, and what comes back is the body: closed with 1000 it was whole,
 * with anything else the run has failed.
 */
export class FakeWorkersAi {
  options: FakeWorkersAiOptions;
  readonly listeners: FakeListener[] = [];
  readonly writers: FakeWriter[] = [];
  readonly speakers: FakeSpeaker[] = [];
  /** Everything that was asked against the rules, one sentence each. */
  readonly violations: string[] = [];
  /** While true, no run begins. */
  isDown = false;
  #turns = 0;
  #questions = 0;
  #sentences = 0;

  constructor(options: Partial<FakeWorkersAiOptions> = {}) {
    this.options = { ...FAKE_DEFAULTS, ...options };
  }

  connect(line: FakeLine, nowMs: number): FakeConnection {
    const model = line.path.split('?')[0] ?? '';
    const connection = this.#connect(line, model, nowMs);
    if (this.isDown) {
      line.close(4503, '');
      connection.closed?.(4503, nowMs);
    }
    return connection;
  }

  /** What the model was asked last. */
  get asked(): readonly { readonly role: string; readonly content: string }[] {
    return this.writers.at(-1)?.inputs?.messages ?? [];
  }

  #connect(line: FakeLine, model: string, nowMs: number): FakeConnection {
    const { options, violations } = this;
    const ports = {
      options,
      violations,
      nextTurn: () => ++this.#turns,
      nextQuestion: () => ++this.#questions,
      nextSentence: () => ++this.#sentences,
    };
    if (/^\/@cf\/deepgram\/(flux|nova-3)$/.test(model)) {
      const kind = model.endsWith('flux') ? 'flux' : 'nova-3';
      const listener = new FakeListener(ports, line, kind, nowMs);
      this.listeners.push(listener);
      return listener;
    }
    if (/^\/@cf\/deepgram\/aura-/.test(model)) {
      const speaker = new FakeSpeaker(ports, line);
      this.speakers.push(speaker);
      return speaker;
    }
    const writer = new FakeWriter(ports, line);
    this.writers.push(writer);
    return writer;
  }
}
