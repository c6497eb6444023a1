// Stage 6: one step of the LSTM, 128 features and 128 hidden → 128 hidden.
//
// In:      FEATURES [128]; HIDDEN [128] and CELL [128]
// Out:     HIDDEN and CELL, in place
// Weights: two matrices of 128 inputs → rows [input, forget, cell, output gate][128]; dense, or as
//          16-bit integers
// Cost:    2 × 128 × 512 = 131,072 multiply-adds, and 5 × 128 activations.
//
//   cell' = σ(forget) cell + σ(input) tanh(cell gate);   hidden' = σ(output) tanh(cell')
//
// The features' part is a step of its own, since it is the last that depends on the window alone.

import { hyperbolicTangent, sigmoid } from './activations.ts';
import { dense } from './dense.ts';
import { addInt16Product } from './int16-product.ts';
import {
  CELL_AT,
  ENCODER_3_CHANNELS,
  FEATURES_AT,
  GATES_AT,
  HIDDEN,
  HIDDEN_AT,
  INT16_FEATURES_STEPS_AT,
  INT16_FEATURES_WEIGHTS_AT,
  INT16_HIDDEN_STEPS_AT,
  INT16_HIDDEN_WEIGHTS_AT,
  LSTM_BIAS_AT,
  LSTM_FEATURES_WEIGHTS_AT,
  LSTM_HIDDEN_WEIGHTS_AT,
  LSTM_ROWS,
} from './layout.ts';
import { multiplyAdd } from './vectors.ts';

const GATE_BYTES = HIDDEN * 4;

/** GATES = bias + weights · FEATURES */
export function lstmFeatures(): void {
  if (INT16_LSTM) {
    memory.copy(GATES_AT, LSTM_BIAS_AT, LSTM_ROWS * 4);
    addInt16Product(INT16_FEATURES_WEIGHTS_AT, INT16_FEATURES_STEPS_AT, FEATURES_AT, GATES_AT);
  } else {
    const inputs = ENCODER_3_CHANNELS;
    dense(LSTM_FEATURES_WEIGHTS_AT, LSTM_BIAS_AT, FEATURES_AT, inputs, GATES_AT, LSTM_ROWS);
  }
}

/** GATES += weights · HIDDEN; then the step to the next HIDDEN and CELL. */
export function lstmHidden(): void {
  if (INT16_LSTM) {
    addInt16Product(INT16_HIDDEN_WEIGHTS_AT, INT16_HIDDEN_STEPS_AT, HIDDEN_AT, GATES_AT);
  } else {
    dense(LSTM_HIDDEN_WEIGHTS_AT, GATES_AT, HIDDEN_AT, HIDDEN, GATES_AT, LSTM_ROWS);
  }
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
