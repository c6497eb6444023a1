// The fastest that a core does fused multiply-adds in workerd: a loop of nothing else.

import asc from 'assemblyscript/asc';

/** Twelve sums hide the latency of four cycles on two units; with two factors they fit into 16 registers. */
const SUMS = Array.from({ length: 12 }, (_, index) => `sum${index}`);

/** Multiply-adds of one turn of the loop: each of the sums has four lanes. */
export const PEAK_TURN_MULTIPLY_ADDS = SUMS.length * 4;

/** A module that exports `run(turns: i32): f32`. */
export async function compilePeak(): Promise<Uint8Array> {
  const source = `
    export function run(turns: i32): f32 {
      const x = f32x4.splat(0.5);
      const y = f32x4.splat(0.25);
      ${SUMS.map((sum, index) => `let ${sum} = f32x4.splat(${index}.0);`).join('\n')}
      for (let turn = 0; turn < turns; turn++) {
        ${SUMS.map((sum) => `${sum} = f32x4.relaxed_madd(x, y, ${sum});`).join('\n')}
      }
      return f32x4.extract_lane(${SUMS.reduce((all, sum) => `f32x4.add(${all}, ${sum})`)}, 0);
    }`;
  const { binary, error, stderr } = await asc.compileString(source, {
    optimizeLevel: 3,
    runtime: 'stub',
    enable: ['simd', 'relaxed-simd'],
  });
  if (binary === null) throw new Error(`Cannot compile the peak: ${stderr}${error?.message ?? ''}`);
  return binary;
}
