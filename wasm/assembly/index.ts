// The Silero VAD v6.2 network at 16 kHz: the kernel's exports.
//
// The host copies the weights once to `weightsPtr()`. For every window it copies a stream's state
// to `statePtr()` and the window to `samplesPtr()`, calls `process()`, and takes the state back:
// the instance itself keeps no stream.

import { encoder0 } from './encoder-0.ts';
import { encoder1 } from './encoder-1.ts';
import { encoder2, encoder3 } from './encoder-2-3.ts';
import { head } from './head.ts';
import {
  CONTEXT_AT,
  CONTEXT_SAMPLES,
  INT16_WEIGHTS_BYTES,
  PCM_AT,
  SAMPLES_AT,
  STATE_AT,
  WEIGHTS_AT,
  WEIGHTS_BYTES,
  WINDOW_SAMPLES,
} from './layout.ts';
import { lstmFeatures, lstmHidden } from './lstm.ts';
import { takeSamples } from './pcm.ts';
import { keepSilence, recallSilence, signalIsSilent } from './silence.ts';
import { stft } from './stft.ts';
import { settleWindow, unitsDone } from './work.ts';

export function weightsPtr(): usize {
  return WEIGHTS_AT;
}

export function weightsBytes(): usize {
  return INT16_LSTM ? INT16_WEIGHTS_BYTES : WEIGHTS_BYTES;
}

/** hidden [128], cell [128], context [64]: floats, all zero for a new stream. */
export function statePtr(): usize {
  return STATE_AT;
}

/** 512 samples: 16-bit integers. */
export function samplesPtr(): usize {
  return PCM_AT;
}

/**
 * Thousands of multiply-adds done since the instance was made; wraps at 2³². A window is 354, one
 * of digital silence after the instance's first 66.
 */
export function workUnits(): usize {
  return unitsDone();
}

/**
 * Scores the window: returns the probability of speech and leaves the next state in place of the
 * old one.
 */
export function process(): f32 {
  takeSamples();
  const silent = signalIsSilent();
  if (!silent || !recallSilence()) {
    stft();
    encoder0();
    encoder1();
    encoder2();
    encoder3();
    lstmFeatures();
    if (silent) keepSilence();
  }
  lstmHidden();
  const probability = head();
  memory.copy(CONTEXT_AT, SAMPLES_AT + (WINDOW_SAMPLES - CONTEXT_SAMPLES) * 4, CONTEXT_SAMPLES * 4);
  settleWindow();
  return probability;
}
