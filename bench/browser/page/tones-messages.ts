// What a page that sends tones through the worklets is asked, and what it answers.

/** `sharp` is put on the pitch, and `bare` leaves out the filters, so that both must show. */
export interface TonesOrder {
  readonly ratesHz: readonly number[];
  readonly sharp: number;
  readonly bare: boolean;
}

/** By device rate. */
export interface ToneRow {
  readonly rateHz: number;
  /** Off the pitch that went in, through microphone and speaker, in %. */
  readonly pitchErrorPct: number;
  /** Loudest remains of tones that 16 kHz cannot hold, and loudest company of a tone at the speaker; dB of the tone. */
  readonly aliasDb: number;
  readonly imageDb: number;
}
