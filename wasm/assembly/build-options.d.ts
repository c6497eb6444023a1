// What wasm/build.ts sets for each build with asc's --use; declared here for editors alone.

/** Whether the LSTM's matrices are 16-bit integers. */
declare const INT16_LSTM: bool;
