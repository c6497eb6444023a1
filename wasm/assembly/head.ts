// Stage 7: the probability of speech, sigmoid(weights · ReLU(hidden) + bias).
//
// In:   HIDDEN [128]     Out: a float in 0 … 1
// Cost: 128 multiply-adds.

import { relu, sigmoid } from './activations.ts';
import { HEAD_BIAS_AT, HEAD_WEIGHTS_AT, HIDDEN, HIDDEN_AT } from './layout.ts';
import { multiplyAdd, sumLanes } from './vectors.ts';
import { countMultiplyAdds } from './work.ts';

export function head(): f32 {
  let sum = f32x4.splat(0);
  for (let i: usize = 0; i < HIDDEN * 4; i += 16) {
    sum = multiplyAdd(relu(v128.load(HIDDEN_AT + i)), v128.load(HEAD_WEIGHTS_AT + i), sum);
  }
  countMultiplyAdds(HIDDEN);
  const logit = sumLanes(sum) + load<f32>(HEAD_BIAS_AT);
  return f32x4.extract_lane(sigmoid(f32x4.splat(logit)), 0);
}
