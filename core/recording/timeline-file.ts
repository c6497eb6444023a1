// The timeline of a recording, chunk by chunk: the lines of the journal, then what the recording itself has to say.

import type { JournalSource } from './caller-track.ts';
import type { Run } from './runs.ts';
import type { SpeechSource } from './speech-source.ts';
import type { RecordingPlan } from './survey.ts';
import type { PlacedLine, RecordingLine } from './timeline-line.ts';

/** Lines about runs in one chunk. */
const CHUNK_RUNS = 256;

/** How finely it is looked for speech that is lost. */
const STEP_SAMPLES = 1000;

/** Gaps that are told one by one. */
const GAPS_TOLD = 1000;

/** Lines of the timeline as text, one JSON object each; the chunk after the last is null. */
export function timelineChunk(
  plan: RecordingPlan,
  journal: JournalSource,
  speech: SpeechSource,
  index: number,
): string | null {
  if (index < plan.rows) return textOf(journal.row(index)?.lines ?? []);
  const first = (index - plan.rows) * CHUNK_RUNS;
  const runs = plan.runs.slice(first, first + CHUNK_RUNS);
  if (runs.length > 0) {
    return textOf(
      runs.map((run) => JSON.stringify({ type: 'placed', ...run } satisfies PlacedLine)),
    );
  }
  const isLast = first < plan.runs.length + CHUNK_RUNS;
  return isLast ? textOf([JSON.stringify(recordingLine(plan, speech))]) : null;
}

/** What the recording is, and what it lacks. */
export function recordingLine(plan: RecordingPlan, speech: SpeechSource): RecordingLine {
  const { caller, callerRateHz, lengthSamples, runs } = plan;
  const gaps = caller.gaps.map(({ from, to }) => ({ fromSample: from, lengthSamples: to - from }));
  return {
    type: 'recording',
    lengthSamples,
    callerRateHz,
    packets: caller.packets,
    duplicates: caller.duplicates,
    callerGaps: gaps.slice(0, GAPS_TOLD),
    callerGapSamples: gaps.reduce((sum, gap) => sum + gap.lengthSamples, caller.untoldGapSamples),
    agentGapSamples: runs.reduce((lost, run) => lost + lostOf(run, speech), 0),
  };
}

function lostOf({ speechFrom, speechTo }: Run, speech: SpeechSource): number {
  let lost = 0;
  // Speech is stored in blocks that are longer than this, and lost block by block.
  for (let position = speechFrom; position < speechTo; position += STEP_SAMPLES) {
    const end = Math.min(speechTo, position + STEP_SAMPLES);
    lost += speech.lostTo(position, end) - position;
  }
  return lost;
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
