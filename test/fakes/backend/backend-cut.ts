// A call with a backend behind the real engine, in which the caller cuts an answer short.

import * as v from 'valibot';
import { WEBSOCKET_OPTIONS } from '../../../durable-objects/agents/websocket/options.ts';
import { WebSocketAgent } from '../../../durable-objects/agents/websocket/websocket-agent.ts';
import { type CutCallFigures, type CutCallOptions, holdCutCall } from '../cut-call.ts';
import { answerSamples, FakeBackend } from './fake-backend.ts';

const ANSWER_MS = 6000;
const BURST_MS = 50;
/** The first turn's end is the second message. */
const FIRST_ANSWER = 'answer-2';

export interface BackendCutOptions extends Pick<CutCallOptions, 'cutInMs' | 'sabotage'> {
  /** Speech per time: whether the backend still gives its answer when it is cut short. */
  readonly speed: number;
}

export function holdBackendCut({ speed, ...options }: BackendCutOptions): CutCallFigures {
  const burstEveryMs = BURST_MS / speed;
  const backend = new FakeBackend({ answerMs: ANSWER_MS, burstMs: BURST_MS, burstEveryMs });
  const url = 'ws://backend.test';
  return holdCutCall({
    ...options,
    agent: (services) => new WebSocketAgent(v.parse(WEBSOCKET_OPTIONS, { url }), services),
    make: (line, nowMs) => backend.connect(line, nowMs),
    violations: () => backend.violations,
    isSpeech: (data) => typeof data !== 'string',
    stops: (text) => text.includes('"state":"started"'),
    toldMs: (text) => {
      const samples = /"type":"interrupted".*"heardSamples":(\d+)/.exec(text)?.[1];
      return samples === undefined ? null : Number(samples) / 16;
    },
    answer: answerSamples(FIRST_ANSWER, 0, ANSWER_MS * 16),
  });
}
