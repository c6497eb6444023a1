// Stage 6: one step of the LSTM, 128 features and 128 hidden → 128 hidden.
//
// In:      FEATURES [128] and, directly behind them, HIDDEN [128]; CELL [128]
// Out:     HIDDEN and CELL, in place
// Weights: dense, 256 inputs → rows [input, forget, cell, output gate][128]
// Cost:    256 × 512 = 131,072 multiply-adds, and 5 × 128 activations.
//
//   cell' = σ(forget) cell + σ(input) tanh(cell gate);   hidden' = σ(output) tanh(cell')

import { hyperbolicTangent, sigmoid } from './activations.ts';
import { dense } from './dense.ts';
import {
  CELL_AT,
  ENCODER_3_CHANNELS,
  FEATURES_AT,
  GATES,
  GATES_AT,
  HIDDEN,
  HIDDEN_AT,
  LSTM_BIAS_AT,
  LSTM_WEIGHTS_AT,
} from './layout.ts';
import { multiplyAdd } from './vectors.ts';

const GATE_BYTES = HIDDEN * 4;

export function lstm(): void {
  dense(
    LSTM_WEIGHTS_AT,
    LSTM_BIAS_AT,
    FEATURES_AT,
    ENCODER_3_CHANNELS + HIDDEN,
    GATES_AT,
    GATES * HIDDEN,
  );
  for (let i: usize = 0; i < GATE_BYTES; i += 16) {
    const gate = GATES_AT + i;
    const input = sigmoid(v128.load(gate));
    const forget = sigmoid(v128.load(gate + GATE_BYTES));
    const candidate = hyperbolicTangent(v128.load(gate + 2 * GATE_BYTES));
    const output = sigmoid(v128.load(gate + 3 * GATE_BYTES));
    const cell = multiplyAdd(forget, v128.load(CELL_AT + i), f32x4.mul(input, candidate));
    v128.store(CELL_AT + i, cell);
    v128.store(HIDDEN_AT + i, f32x4.mul(output, hyperbolicTangent(cell)));
  }
}
