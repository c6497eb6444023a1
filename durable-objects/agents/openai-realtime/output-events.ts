// What the model gives: speech, words, calls of tools, ends and failures, each brought to the part that it concerns.

import type { AgentHost } from '../../../core/conversation/agent.ts';
import type { Answers } from './answers.ts';
import type { History } from './history.ts';
import type { OutputItem, ServerEvent } from './server-event.ts';
import type { ToolCalls } from './tool-calls.ts';
import { usageReport } from './usage-report.ts';

export interface OutputPorts {
  readonly host: () => AgentHost;
  readonly history: History;
  readonly answers: Answers;
  readonly calls: ToolCalls;
  readonly gaveUp: (code: string, sentence: string) => void;
}

type ResponseDone = Extract<ServerEvent, { type: 'response.done' }>['response'];
type VendorError = Extract<ServerEvent, { type: 'error' }>['error'];

/** Failures that asking again does not mend. */
const RATE_LIMITS: readonly string[] = ['rate_limit_exceeded', 'insufficient_quota'];

/** Refusals that only say that two messages have crossed. */
const CROSSED: readonly string[] = ['response_cancel_not_active', 'session_expired'];
const BUSY = 'conversation_already_has_active_response';

/** The ids of our requests for a response begin like this. */
const ASKED = /^ask_/;

export class OutputEvents {
  readonly #ports: OutputPorts;

  constructor(ports: OutputPorts) {
    this.#ports = ports;
  }

  heard(event: ServerEvent): void {
    const { answers } = this.#ports;
    switch (event.type) {
      case 'response.created':
        answers.created(event.response.id);
        break;
      case 'response.output_audio.delta':
        answers.audio(event);
        break;
      case 'response.output_audio_transcript.delta':
      case 'response.output_audio_transcript.done':
        answers.words(event);
        break;
      case 'response.output_item.done':
        this.#itemDone(event.response_id, event.item);
        break;
      case 'response.done':
        this.#responseDone(event.response);
        break;
      case 'conversation.item.input_audio_transcription.completed':
        this.#transcribed(event);
        break;
      case 'error':
        this.#refused(event.error);
        break;
      default:
        break;
    }
  }

  #itemDone(response: string, item: OutputItem): void {
    const { answers, calls } = this.#ports;
    answers.itemDone(response, item.id);
    const { type, call_id: callId, name, arguments: args = '' } = item;
    if (type !== 'function_call' || callId === undefined || name === undefined) return;
    // Half a call is no call.
    if (item.status === 'incomplete' || !answers.isCurrent(response)) return;
    calls.called({ callId, name, args });
  }

  #responseDone({ id, status, status_details: details, usage }: ResponseDone): void {
    const { answers, calls, history, host, gaveUp } = this.#ports;
    if (usage != null) host().usage(usageReport(usage));
    if (status === 'failed') {
      if (!answers.isCurrent(id)) return;
      const code = details?.error?.code ?? details?.error?.type ?? '';
      const isLimit = RATE_LIMITS.includes(code);
      if (isLimit) gaveUp('agent-rate-limited', 'The agent has been asked too much for now.');
      answers.failed(!isLimit);
      return;
    }
    const isWhole = status === 'completed' || status === 'incomplete';
    const isAnswer = isWhole || answers.hasBegun;
    // A response that only calls a tool answers nothing yet.
    if (answers.done(id, isWhole) && isAnswer && !calls.isWaiting) history.settleCaller();
  }

  #transcribed({
    item_id,
    transcript,
    usage,
  }: Extract<
    ServerEvent,
    { type: 'conversation.item.input_audio_transcription.completed' }
  >): void {
    const { history, host } = this.#ports;
    const text = transcript.trim();
    if (!history.transcribed(item_id, text)) return;
    host().transcript('caller', text, true);
    const amounts = {
      transcriptionSeconds: usage?.seconds,
      transcriptionTokens: usage?.total_tokens,
    };
    for (const [name, amount] of Object.entries(amounts)) {
      if (amount !== undefined) host().usage({ [name]: amount });
    }
  }

  #refused({ code, event_id }: VendorError): void {
    const { answers, gaveUp, host } = this.#ports;
    if (code != null && CROSSED.includes(code)) return;
    const isAsked = event_id != null && ASKED.test(event_id);
    if (isAsked && code === BUSY) answers.postpone();
    else if (isAsked) {
      const isLimit = code != null && RATE_LIMITS.includes(code);
      if (isLimit) gaveUp('agent-rate-limited', 'The agent has been asked too much for now.');
      answers.failed(false);
    } else host().fail('agent-refused', `The agent's vendor refused a message (${code ?? '-'}).`);
  }
}
