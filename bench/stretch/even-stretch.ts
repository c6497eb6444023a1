// Stretches a whole recording to another length with the time stretch of the jitter buffer, as evenly as it allows.

import type { TimeStretch } from '../../core/jitter/time-stretch.ts';

/** The part of TimeStretch that is used; a test puts another in its place. */
export type Stretcher = Pick<TimeStretch, 'spanSamples' | 'shorten' | 'lengthen'>;

/** A stretched recording; output sample `outputs[k]` is input sample `inputs[k]`, and both run evenly in between. */
export interface Stretched {
  readonly samples: Int16Array;
  readonly outputs: readonly number[];
  readonly inputs: readonly number[];
  /** First sample that differs from the input, and the first that is equal again, of each place that was changed. */
  readonly seams: readonly (readonly [from: number, to: number])[];
}

/**
 * Makes `samples` last `ratio` times as long: whenever the output is behind, the next span is stretched by what is owed
 * and a quarter of a span more. One call takes one span, as in the jitter buffer.
 */
export function stretchEvenly(stretcher: Stretcher, samples: Int16Array, ratio: number): Stretched {
  const span = stretcher.spanSamples;
  const step = Math.round(span / 3);
  const output = new Int16Array(Math.ceil(samples.length * Math.max(1, ratio)) + 2 * span);
  const outputs = [0];
  const inputs = [0];
  const seams: (readonly [number, number])[] = [];
  let read = 0;
  let written = 0;
  while (read < samples.length) {
    const owed = ratio < 1 ? written - read * ratio : read * ratio - written;
    const most = Math.round(Math.min(owed + span / 4, span / 2));
    let length = Math.min(step, samples.length - read);
    let done = length;
    if (owed > 0 && read + span <= samples.length) {
      done =
        ratio < 1
          ? stretcher.shorten(samples, read, span, most, output, written)
          : stretcher.lengthen(samples, read, span, most, output, written);
      length = done === span ? step : span;
      if (done === span) done = step;
      else seams.push(seamOf(samples, read, read + span, output, written, written + done));
    } else {
      output.set(samples.subarray(read, read + length), written);
    }
    const seam = seams.at(-1);
    if (length === span && seam !== undefined) {
      outputs.push(seam[0], seam[1]);
      inputs.push(read + seam[0] - written, read + span - (written + done - seam[1]));
    }
    read += length;
    written += done;
    outputs.push(written);
    inputs.push(read);
  }
  return { samples: output.subarray(0, written), outputs, inputs, seams };
}

/** Where the output stops to equal the input, seen from either end. */
function seamOf(
  samples: Int16Array,
  read: number,
  readEnd: number,
  output: Int16Array,
  written: number,
  writtenEnd: number,
): readonly [number, number] {
  let from = written;
  while (from < writtenEnd && output[from] === samples[read + from - written]) from++;
  let to = writtenEnd;
  while (to > from && output[to - 1] === samples[readEnd - 1 - (writtenEnd - to)]) to--;
  return [from, to];
}

/** The input position that belongs to an output position. */
export function inputOf(stretched: Stretched, output: number): number {
  const { outputs, inputs } = stretched;
  let low = 0;
  let high = outputs.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (outputs[middle]! <= output) low = middle;
    else high = middle;
  }
  const share = (output - outputs[low]!) / Math.max(1, outputs[high]! - outputs[low]!);
  return inputs[low]! + share * (inputs[high]! - inputs[low]!);
}
