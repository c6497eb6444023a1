// Where everything lies in the kernel's memory, for the kernel (asc) and the weights build (Node).
//
// Addresses are in bytes. What is computed from a usize is one, so only plain numbers say so.

const FLOAT: usize = 4;
const INT16: usize = 2;
const VECTOR: usize = 16;

// ── The network's sizes ──────────────────────────────────────────────────────────────────────────

/** Samples the network sees before each window: the last of the window before. */
export const CONTEXT_SAMPLES: usize = 64;
/** New samples of a window: 32 ms at 16 kHz. */
export const WINDOW_SAMPLES: usize = 512;
/** Samples mirrored at the right end, so that the last of the four spectra is complete. */
export const REFLECTED_SAMPLES: usize = 64;

/** Spectra of a window; one per SIMD lane. */
export const FRAMES: usize = 4;
/** Samples under one spectrum, and its step. */
export const FRAME_SAMPLES: usize = 256;
export const FRAME_STEP: usize = 128;
/** Magnitudes of a spectrum: 0 … 8 kHz. */
export const BINS: usize = 129;

/** Channels after each of the four convolutions, and how many time steps they leave. */
export const ENCODER_0_CHANNELS: usize = 128; // 4 steps
export const ENCODER_1_CHANNELS: usize = 64; // 2 steps
export const ENCODER_2_CHANNELS: usize = 64; // 1 step
export const ENCODER_3_CHANNELS: usize = 128; // 1 step

export const HIDDEN: usize = 128;
/** The LSTM's input, forget, cell and output gate. */
export const GATES: usize = 4;
/** Rows of both its matrices, [gate][128]; each has 128 inputs, the features or the hidden state. */
export const LSTM_ROWS = GATES * HIDDEN;

// ── Tiles ────────────────────────────────────────────────────────────────────────────────────────
// How many outputs a loop keeps in registers. Weights are stored in the order in which loops read.

export const ENCODER_0_TILE: usize = 8;
export const ENCODER_1_TILE: usize = 16;
export const DENSE_TILE: usize = 32;
export const INT16_TILE: usize = 8;

/** The largest input of a product of 16-bit integers: 13 bits leave the weights as many or more. */
export const INT16_LARGEST_INPUT = 8191;

// ── Working memory ───────────────────────────────────────────────────────────────────────────────
// The first KiB stays empty, as asc assumes when it folds constant distances into the loads.

/** Output of convolution 3, [channel]: what the LSTM hears of the window. */
export const FEATURES_AT: usize = 1024;

/** A stream's state: hidden, cell and context, 320 floats; all that a window leaves to the next. */
export const STATE_AT = FEATURES_AT + ENCODER_3_CHANNELS * FLOAT;
export const HIDDEN_AT = STATE_AT;
export const CELL_AT = HIDDEN_AT + HIDDEN * FLOAT;
/** Context, window and reflection are one signal of 640 samples. */
export const CONTEXT_AT = CELL_AT + HIDDEN * FLOAT;

export const SIGNAL_AT = CONTEXT_AT;
export const SAMPLES_AT = CONTEXT_AT + CONTEXT_SAMPLES * FLOAT;
export const REFLECTION_AT = SAMPLES_AT + WINDOW_SAMPLES * FLOAT;

/** The window as it comes in: 16-bit integers. */
export const PCM_AT = REFLECTION_AT + REFLECTED_SAMPLES * FLOAT;

/** Two buffers of 128 complex vectors between which the FFT's passes go to and fro. */
export const FFT_A_AT = PCM_AT + WINDOW_SAMPLES * INT16;
export const FFT_B_AT = FFT_A_AT + FRAME_SAMPLES * VECTOR;
/** Magnitudes [bin][frame]. */
export const SPECTRUM_AT = FFT_B_AT + FRAME_SAMPLES * VECTOR;
/** Output of convolution 0, [channel][4 steps]. */
export const ENCODED_0_AT = SPECTRUM_AT + BINS * FRAMES * FLOAT;
/** Output of convolution 1, [2 steps][channel]. */
export const ENCODED_1_AT = ENCODED_0_AT + ENCODER_0_CHANNELS * 4 * FLOAT;
/** Output of convolution 2, [channel]. */
export const ENCODED_2_AT = ENCODED_1_AT + ENCODER_1_CHANNELS * 2 * FLOAT;
/** The LSTM's four gates before their activation, [gate][128]. */
export const GATES_AT = ENCODED_2_AT + ENCODER_2_CHANNELS * FLOAT;

/** What the gates get from the features of silence, kept from the first silent window on. */
export const SILENT_GATES_AT = GATES_AT + LSTM_ROWS * FLOAT;
/** Features or hidden state as 16-bit integers; only for a kernel with such an LSTM. */
export const INT16_INPUT_AT = SILENT_GATES_AT + LSTM_ROWS * FLOAT;

const WORKING_END = INT16_INPUT_AT + HIDDEN * INT16;

// ── Weights, in the file's order; the file is copied to WEIGHTS_AT as it is ──────────────────────

export const WEIGHTS_AT = WORKING_END;

export const HANN_AT = WEIGHTS_AT;
/** Twiddle factors of the radix-4 passes over 128, 32 and 8 points: w, w², w³ of each butterfly. */
export const TWIDDLES_128_AT = HANN_AT + FRAME_SAMPLES * FLOAT;
export const TWIDDLES_32_AT = TWIDDLES_128_AT + 32 * 6 * FLOAT;
export const TWIDDLES_8_AT = TWIDDLES_32_AT + 8 * 6 * FLOAT;
/** Twiddle factors that part the packed real FFT, bins 1 … 64: two floats each. */
export const UNPACK_TWIDDLES_AT = TWIDDLES_8_AT + 2 * 6 * FLOAT;

/** [tile of 8][bin][half of 4][tap][4] */
export const ENCODER_0_BIAS_AT = UNPACK_TWIDDLES_AT + 64 * 2 * FLOAT;
export const ENCODER_0_WEIGHTS_AT = ENCODER_0_BIAS_AT + ENCODER_0_CHANNELS * FLOAT;
/** [tile of 16][channel][quarter of 4][tap][4] */
export const ENCODER_1_BIAS_AT = ENCODER_0_WEIGHTS_AT + ENCODER_0_CHANNELS * BINS * 3 * FLOAT;
export const ENCODER_1_WEIGHTS_AT = ENCODER_1_BIAS_AT + ENCODER_1_CHANNELS * FLOAT;
/** Dense, [tile of 32][input][32]; the inputs are [tap 1, tap 2][channel]. */
export const ENCODER_2_BIAS_AT =
  ENCODER_1_WEIGHTS_AT + ENCODER_1_CHANNELS * ENCODER_0_CHANNELS * 3 * FLOAT;
export const ENCODER_2_WEIGHTS_AT = ENCODER_2_BIAS_AT + ENCODER_2_CHANNELS * FLOAT;
/** Dense; the middle tap alone. */
export const ENCODER_3_BIAS_AT =
  ENCODER_2_WEIGHTS_AT + ENCODER_2_CHANNELS * ENCODER_1_CHANNELS * 2 * FLOAT;
export const ENCODER_3_WEIGHTS_AT = ENCODER_3_BIAS_AT + ENCODER_3_CHANNELS * FLOAT;
export const HEAD_WEIGHTS_AT =
  ENCODER_3_WEIGHTS_AT + ENCODER_3_CHANNELS * ENCODER_2_CHANNELS * FLOAT;
/** One float, padded to a vector. */
export const HEAD_BIAS_AT = HEAD_WEIGHTS_AT + HIDDEN * FLOAT;
export const LSTM_BIAS_AT = HEAD_BIAS_AT + VECTOR;

// The LSTM's matrices come last, because the two weights files differ in them alone.

/** As floats: dense, the matrix for the features and the one for the hidden state. */
export const LSTM_FEATURES_WEIGHTS_AT = LSTM_BIAS_AT + LSTM_ROWS * FLOAT;
export const LSTM_HIDDEN_WEIGHTS_AT =
  LSTM_FEATURES_WEIGHTS_AT + LSTM_ROWS * ENCODER_3_CHANNELS * FLOAT;

const WEIGHTS_END = LSTM_HIDDEN_WEIGHTS_AT + LSTM_ROWS * HIDDEN * FLOAT;
export const WEIGHTS_BYTES = WEIGHTS_END - WEIGHTS_AT;
/** The memory's fixed size, in pages of 64 KiB. */
export const MEMORY_PAGES = (WEIGHTS_END + 0xffff) >> 16;

/** As 16-bit integers: of each matrix the step of every row, then [tile of 8][vector of 8 inputs][8][8]. */
export const INT16_FEATURES_STEPS_AT = LSTM_FEATURES_WEIGHTS_AT;
export const INT16_FEATURES_WEIGHTS_AT = INT16_FEATURES_STEPS_AT + LSTM_ROWS * FLOAT;
export const INT16_HIDDEN_STEPS_AT =
  INT16_FEATURES_WEIGHTS_AT + LSTM_ROWS * ENCODER_3_CHANNELS * INT16;
export const INT16_HIDDEN_WEIGHTS_AT = INT16_HIDDEN_STEPS_AT + LSTM_ROWS * FLOAT;

const INT16_WEIGHTS_END = INT16_HIDDEN_WEIGHTS_AT + LSTM_ROWS * HIDDEN * INT16;
export const INT16_WEIGHTS_BYTES = INT16_WEIGHTS_END - WEIGHTS_AT;
export const INT16_MEMORY_PAGES = (INT16_WEIGHTS_END + 0xffff) >> 16;
