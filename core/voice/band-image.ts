// Gives narrowband speech a faint copy of itself above 4 kHz, because the model was not made for a band without anything.

/**
 * −30 dB. With a band that is empty the model hears less: µ-law at 8 kHz costs it .0051 of its AUC over labelled
 * recordings, and nothing with this image. Any level from 0.01 to 0.05 gets back most of it (docs/adr/0004-vad-builds.md).
 */
const IMAGE = 0.03;

/**
 * Writes `samples` with their mirror image around 4 kHz (at SCORER_RATE_HZ) into `into`: a signal times the highest
 * frequency, +1 −1 +1 …, is the same spectrum back to front.
 */
export function addBandImage(samples: Int16Array, into: Int16Array): void {
  for (let index = 0; index < samples.length; index++) {
    const sample = samples[index]!;
    const imaged = Math.round((index & 1) === 0 ? sample * (1 + IMAGE) : sample * (1 - IMAGE));
    into[index] = Math.max(-32_768, Math.min(32_767, imaged));
  }
}
