// Reads a conversation's journal once, row by row, and finds out what its recording will be made of.

import { ENGINE_RATE_HZ } from '../media/payload-codec.ts';
import {
  CallerStreams,
  type CallerStreamsSnapshot,
  frameSpan,
  positionOf,
} from './caller-streams.ts';
import { JournalReader, type JournalRow } from './journal-row.ts';
import { Placement, type PlacementSnapshot } from './placement.ts';
import type { Run } from './runs.ts';
import type { SpeechSource } from './speech-source.ts';
import { parseTimelineLine } from './timeline-line.ts';

/** Tracks are whole milliseconds long: whole samples at every rate, and never a last FLAC block of less than 16. */
const WHOLE_MS_SAMPLES = ENGINE_RATE_HZ / 1000;

/** What a recording is made of; positions are 16 kHz samples on the caller's time. */
export interface RecordingPlan {
  readonly rows: number;
  /** Track position of the first sample of each row's packets and after its last one; both 0 for a row without packets. */
  readonly rowSpans: Float64Array;
  readonly caller: CallerStreamsSnapshot;
  /** Rate of the caller's track, in Hz. */
  readonly callerRateHz: number;
  readonly runs: readonly Run[];
  /** Length of every track. */
  readonly lengthSamples: number;
}

/** State of a survey between two rows. */
export interface SurveySnapshot {
  readonly rowSpans: Float64Array;
  readonly caller: CallerStreamsSnapshot;
  readonly placement: PlacementSnapshot;
  readonly endSample: number;
}

/** Rows are taken in their order, each once; between two rows the survey can be stored and go on elsewhere. */
export class Survey {
  readonly #caller = new CallerStreams();
  readonly #placement: Placement;
  #rowSpans: number[] = [];
  /** The conversation's end as it was told. */
  #endSample = 0;

  constructor(speech: SpeechSource) {
    this.#placement = new Placement(speech, (stream, timestamp) =>
      this.#caller.trackPosition(stream, timestamp),
    );
  }

  /** Rows taken so far. */
  get rows(): number {
    return this.#rowSpans.length / 2;
  }

  /** Takes the next row. Throws JournalFormatError for bytes that no journal has written. */
  take(row: JournalRow): void {
    this.#takePackets(row);
    for (const text of row.lines) {
      const line = parseTimelineLine(text);
      if (line === null) continue;
      this.#placement.note(line);
      if (line.type === 'end') this.#endSample = Math.max(this.#endSample, line.endSample);
    }
  }

  /** All rows have been taken. */
  finish(): RecordingPlan {
    const runs = this.#placement.finish();
    const heardEnd = runs.reduce(
      (end, { sample, speechFrom, speechTo }) => Math.max(end, sample + speechTo - speechFrom),
      0,
    );
    const length = Math.max(this.#caller.end, this.#endSample, heardEnd);
    return {
      rows: this.rows,
      rowSpans: Float64Array.from(this.#rowSpans),
      caller: this.#caller.snapshot(),
      callerRateHz: this.#caller.rateHz,
      runs,
      lengthSamples: Math.ceil(length / WHOLE_MS_SAMPLES) * WHOLE_MS_SAMPLES,
    };
  }

  snapshot(): SurveySnapshot {
    return {
      rowSpans: Float64Array.from(this.#rowSpans),
      caller: this.#caller.snapshot(),
      placement: this.#placement.snapshot(),
      endSample: this.#endSample,
    };
  }

  restore({ rowSpans, caller, placement, endSample }: SurveySnapshot): void {
    this.#rowSpans = [...rowSpans];
    this.#caller.restore(caller);
    this.#placement.restore(placement);
    this.#endSample = endSample;
  }

  #takePackets(row: JournalRow): void {
    const reader = new JournalReader(row);
    let from = Number.POSITIVE_INFINITY;
    let to = 0;
    while (reader.next()) {
      const stream = this.#caller.of(reader.stream);
      this.#caller.take(stream, reader.header);
      const position = positionOf(stream, reader.header.timestamp);
      from = Math.min(from, position);
      to = Math.max(to, position + frameSpan(stream.format));
    }
    this.#rowSpans.push(from < to ? from : 0, to);
  }
}
