// Makes the noise of a quiet room from a seed: pink, and swelling slowly like a fan in the next room.

/** Corners of the low-passes whose sum is pink: two octaves apart and equal in power, as 1/f noise is in each octave. */
const cornersHz = [60, 240, 960, 3840];

/** How the level moves, as parts of the mean amplitude; the periods never line up within a recording. */
const swells = [
  { rateHz: 0.11, depth: 0.12 },
  { rateHz: 0.37, depth: 0.08 },
];

/** Room noise of `lengthSamples` samples whose RMS is exactly `rms` (1 is full scale). */
export function roomNoise(
  seed: number,
  sampleRateHz: number,
  lengthSamples: number,
  rms: number,
): Float64Array {
  const random = sfc32(seed);
  const noise = new Float64Array(lengthSamples);
  for (const cornerHz of cornersHz) {
    addLowPassed(noise, random, 1 - Math.exp((-2 * Math.PI * cornerHz) / sampleRateHz));
  }
  const swollen = noise.map((sample, index) => sample * swell(index / sampleRateHz));
  const gain = rms / rootMeanSquare(swollen);
  return swollen.map((sample) => sample * gain);
}

/** Root of the mean square of the samples from `fromSample` up to, not including, `toSample`. */
export function rootMeanSquare(
  samples: Float64Array,
  fromSample = 0,
  toSample = samples.length,
): number {
  let energy = 0;
  for (let index = fromSample; index < toSample; index += 1) energy += samples[index]! ** 2;
  return Math.sqrt(energy / (toSample - fromSample));
}

/** Adds white noise through a one-pole low-pass; its variance shrinks by a / (2 - a), which the gain undoes. */
function addLowPassed(noise: Float64Array, random: () => number, a: number): void {
  const gain = Math.sqrt((2 - a) / a);
  let level = 0;
  for (let index = 0; index < noise.length; index += 1) {
    level += a * (2 * random() - 1 - level);
    noise[index]! += gain * level;
  }
}

function swell(seconds: number): number {
  return swells.reduce(
    (sum, { rateHz, depth }) => sum + depth * Math.sin(2 * Math.PI * rateHz * seconds),
    1,
  );
}

/** Uniform numbers in [0, 1): Chris Doty-Humphrey's sfc32 (PractRand), 128 bits of state, its first rounds discarded. */
function sfc32(seed: number): () => number {
  let a = 0;
  let b = 0;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 15; round += 1) next();
  return next;
}
