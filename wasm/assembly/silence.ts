// Digital silence: what the gates get from it is always the same, so it is computed only once.
//
// A window of zeros after a context of zeros has one spectrum and one vector of features. Only the
// hidden state then differs from stream to stream: the rest of the LSTM and the head run as ever,
// and give the same bits as the whole network.

import { GATES_AT, LSTM_ROWS, REFLECTION_AT, SIGNAL_AT, SILENT_GATES_AT } from './layout.ts';

let known = false;

/** Whether context and window are all zeros. In a stream that sounds, the first vector mostly tells. */
export function signalIsSilent(): bool {
  for (let at: usize = SIGNAL_AT; at < REFLECTION_AT; at += 16) {
    if (v128.any_true(v128.load(at))) return false;
  }
  return true;
}

/** GATES = bias + weights · the features of silence; false, and nothing done, before it was kept. */
export function recallSilence(): bool {
  if (known) memory.copy(GATES_AT, SILENT_GATES_AT, LSTM_ROWS * 4);
  return known;
}

/** Keeps the GATES that a silent window has got from its features. */
export function keepSilence(): void {
  memory.copy(SILENT_GATES_AT, GATES_AT, LSTM_ROWS * 4);
  known = true;
}
