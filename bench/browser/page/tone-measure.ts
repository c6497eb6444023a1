// What is left of a tone: its frequency, its level, and everything beside it.

/** Sums of a piece of sound with a tone's cosine and sine, under a Hann window that is 1 on average. */
interface Phasor {
  readonly cosine: number;
  readonly sine: number;
}

/** First and last part of the sound that frequencies are taken from. */
const PIECE_SECONDS = 0.2;

/** Root mean square. */
export function levelOf(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

export function decibels(ratio: number): number {
  return 20 * Math.log10(ratio);
}

/** The frequency of a tone that lies within 1 Hz of `nearHz`: from how its phase moves between beginning and end. */
export function frequencyOf(samples: Float32Array, rateHz: number, nearHz: number): number {
  const length = Math.floor(PIECE_SECONDS * rateHz);
  let hz = nearHz;
  // Over a short way no turn can be missed, over the longest the least is wrong.
  for (const apart of [length, samples.length - length]) {
    const first = phasorOf(samples, 0, length, rateHz, hz);
    const later = phasorOf(samples, apart, length, rateHz, hz);
    const turn = Math.atan2(
      later.cosine * first.sine - later.sine * first.cosine,
      later.cosine * first.cosine + later.sine * first.sine,
    );
    hz += (turn * rateHz) / (2 * Math.PI * apart);
  }
  return hz;
}

/** Everything in the sound but a tone of this frequency, as root mean square over that of the tone. */
export function besideTone(samples: Float32Array, rateHz: number, hz: number): number {
  const step = (2 * Math.PI * hz) / rateHz;
  let [cc, cs, ss, xc, xs] = [0, 0, 0, 0, 0];
  for (let index = 0; index < samples.length; index++) {
    const [cosine, sine] = [Math.cos(step * index), Math.sin(step * index)];
    cc += cosine * cosine;
    cs += cosine * sine;
    ss += sine * sine;
    xc += samples[index]! * cosine;
    xs += samples[index]! * sine;
  }
  const determinant = cc * ss - cs * cs;
  const a = (xc * ss - xs * cs) / determinant;
  const b = (xs * cc - xc * cs) / determinant;
  const rest = samples.map(
    (sample, index) => sample - a * Math.cos(step * index) - b * Math.sin(step * index),
  );
  return levelOf(rest) / Math.sqrt((a * a + b * b) / 2);
}

/** The phase is that of `samples[0]`, wherever the piece lies. */
function phasorOf(
  samples: Float32Array,
  from: number,
  length: number,
  rateHz: number,
  hz: number,
): Phasor {
  const step = (2 * Math.PI * hz) / rateHz;
  let cosine = 0;
  let sine = 0;
  for (let index = 0; index < length; index++) {
    const weight = 1 - Math.cos((2 * Math.PI * (index + 0.5)) / length);
    const value = weight * samples[from + index]!;
    cosine += value * Math.cos(step * (from + index));
    sine += value * Math.sin(step * (from + index));
  }
  return { cosine, sine };
}
