// The reference: Rubber Band Library 3 as WebAssembly, which stretches a recording with the whole of it in view.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import rubberBand from 'rubberband-wasm';

const { RubberBandInterface, RubberBandOption } = rubberBand;

/** Its two engines: R3 ("finer") and R2 ("faster"). */
export type Engine = 'finer' | 'faster';

const OPTIONS = {
  finer: RubberBandOption.RubberBandOptionEngineFiner,
  faster: RubberBandOption.RubberBandOptionEngineFaster,
} as const satisfies Record<Engine, number>;

const BLOCK_SAMPLES = 1024;
const FULL_SCALE = 32768;

/** Makes recordings `ratio` times as long. */
export type Reference = (
  samples: Int16Array,
  rateHz: number,
  ratio: number,
  engine: Engine,
) => Int16Array;

export async function loadRubberBand(): Promise<Reference> {
  const path = createRequire(import.meta.url).resolve('rubberband-wasm/dist/rubberband.wasm');
  // The Worker's types lack this constructor, because workerd does.
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module;
  const library = await RubberBandInterface.initialize(
    new Module(new Uint8Array(readFileSync(path))),
  );
  return (samples, rateHz, ratio, engine) => {
    const input = Float32Array.from(samples, (sample) => sample / FULL_SCALE);
    const output = new Int16Array(Math.ceil(samples.length * ratio) + rateHz);
    const state = library.rubberband_new(rateHz, 1, OPTIONS[engine], ratio, 1);
    const block = library.malloc(BLOCK_SAMPLES * 4);
    const channels = library.malloc(4);
    library.memWritePtr(channels, block);
    library.rubberband_set_expected_input_duration(state, samples.length);
    library.rubberband_set_max_process_size(state, BLOCK_SAMPLES);
    const feed = (take: (isLast: boolean, length: number) => void) => {
      for (let start = 0; start < input.length; start += BLOCK_SAMPLES) {
        const part = input.subarray(start, start + BLOCK_SAMPLES);
        library.memWrite(block, part);
        take(start + BLOCK_SAMPLES >= input.length, part.length);
      }
    };
    feed((isLast, length) => library.rubberband_study(state, channels, length, isLast ? 1 : 0));
    let written = 0;
    feed((isLast, length) => {
      library.rubberband_process(state, channels, length, isLast ? 1 : 0);
      for (;;) {
        const available = Math.min(BLOCK_SAMPLES, library.rubberband_available(state));
        if (available <= 0) break;
        const count = library.rubberband_retrieve(state, channels, available);
        for (const value of library.memReadF32(block, count)) {
          output[written++] = Math.max(
            -FULL_SCALE,
            Math.min(FULL_SCALE - 1, Math.round(value * FULL_SCALE)),
          );
        }
      }
    });
    library.free(block);
    library.free(channels);
    library.rubberband_delete(state);
    return output.subarray(0, written);
  };
}
