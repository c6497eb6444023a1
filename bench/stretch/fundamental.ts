// The fundamental frequency of speech at a moment, measured apart from the code that is being judged.

/** Voices searched. */
const LOWEST_HZ = 70;
const HIGHEST_HZ = 400;

/** Stretch compared with itself a period later. */
const WINDOW_MS = 25;

/** Below this normalised correlation a moment has no pitch. */
const VOICED_CORRELATION = 0.85;

/** Mean square below which nothing is looked for. */
const SILENT_POWER = 100 * 100;

/** Of two peaks nearly as high the shorter period is the fundamental. */
const OCTAVE_SHARE = 0.95;

/** Pitch in Hz around sample `centre`, by normalised cross-correlation with a parabola through the peak; null without. */
export function fundamentalHz(
  samples: Int16Array,
  rateHz: number,
  centre: number,
  voiced = VOICED_CORRELATION,
): number | null {
  const window = Math.round((WINDOW_MS * rateHz) / 1000);
  const shortest = Math.floor(rateHz / HIGHEST_HZ);
  const longest = Math.ceil(rateHz / LOWEST_HZ);
  const start = Math.round(centre - (window + longest) / 2);
  if (start < 0 || start + window + longest + 1 > samples.length) return null;
  const correlations = new Float64Array(longest + 2);
  const energy = energyOf(samples, start, window);
  if (energy < SILENT_POWER * window) return null;
  let highest = 0;
  for (let lag = shortest - 1; lag <= longest + 1; lag++) {
    let product = 0;
    for (let index = start; index < start + window; index++) {
      product += samples[index]! * samples[index + lag]!;
    }
    const correlation = product / Math.sqrt(energy * energyOf(samples, start + lag, window) + 1);
    correlations[lag] = correlation;
    if (lag >= shortest && lag <= longest) highest = Math.max(highest, correlation);
  }
  if (highest < voiced) return null;
  for (let lag = shortest; lag <= longest; lag++) {
    const here = correlations[lag]!;
    if (here < OCTAVE_SHARE * highest) continue;
    const before = correlations[lag - 1]!;
    const after = correlations[lag + 1]!;
    if (here < before || here < after) continue;
    const bend = before - 2 * here + after;
    return rateHz / (lag + (bend === 0 ? 0 : (0.5 * (before - after)) / bend));
  }
  return null;
}

function energyOf(samples: Int16Array, start: number, length: number): number {
  let sum = 0;
  for (let index = start; index < start + length; index++) sum += samples[index]! ** 2;
  return sum;
}
