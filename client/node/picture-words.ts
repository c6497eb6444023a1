// What the picture of a call says in words, for its headline and for those who cannot see it.

import { turnSpans, utteranceSpans } from './call-spans.ts';
import type { CallSummary } from './call-summary.ts';
import type { CallRecord } from './conversation-client.ts';
import { replies } from './reply-latency.ts';
import { seconds } from './timeline-event.ts';

/** The summary in one line, without the underruns. */
export function headline({ turns, utterances, replyLatencyMs }: CallSummary): string {
  const reply = replyLatencyMs === null ? 'no reply' : `median reply ${replyLatencyMs.median} ms`;
  return `${counted(turns, 'turn')} · ${counted(utterances, 'utterance')} · ${reply}`;
}

/** How many underruns there were. */
export function underrunWords(underruns: number): string {
  return underruns === 0 ? 'no underruns' : counted(underruns, 'underrun');
}

/** The whole picture as sentences. */
export function describeCall(
  { events, summary }: Pick<CallRecord, 'events' | 'summary'>,
  callMs: number,
): string {
  const answers = new Map(
    replies(events).map(({ turn, leftAtMs, audibleAtMs }) => [turn, audibleAtMs - leftAtMs]),
  );
  const turns = turnSpans(events, callMs).map(({ name, number, startMs, endMs }) => {
    const waitMs = answers.get(number);
    const answer = waitMs === undefined ? 'no answer' : `answered after ${Math.round(waitMs)} ms`;
    return `${name} from ${seconds(startMs)} to ${seconds(endMs)}, ${answer}`;
  });
  const utterances = utteranceSpans(events, callMs).map(
    ({ name, startMs, endMs, isInterrupted }) =>
      `${name} from ${seconds(startMs)} to ${seconds(endMs)}${isInterrupted ? ', interrupted' : ''}`,
  );
  return [
    `A call of ${seconds(callMs)} on one time axis: the caller's audio above, what the caller heard below, and under it how much speech the player had in hand`,
    `The caller: ${listed(turns)}`,
    `The agent: ${listed(utterances)}`,
    `${underrunWords(summary.underruns)}.`,
  ].join('. ');
}

function listed(items: readonly string[]): string {
  return items.length === 0 ? 'nothing' : items.join('; ');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
