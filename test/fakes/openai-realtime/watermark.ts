// Words that can be told apart by ear and by sample: each number has a sound of its own, always the same.

/** The rate of the vendor's audio. */
export const FAKE_RATE_HZ = 24_000;

/** Every word lasts 240 ms, so that whole frames of any rate fit. */
export const WORD_SAMPLES = 5760;

/** Distance of the random values that the sound is drawn through: nothing is left above 2 kHz or so. */
const LATTICE_SAMPLES = 12;
const PEAK = 9000;
/** Weight of the next random value, by the distance to the last. */
const SHARES = Array.from(
  { length: LATTICE_SAMPLES },
  (_, step) => (1 - Math.cos((Math.PI * step) / LATTICE_SAMPLES)) / 2,
);

const sounds = new Map<number, Int16Array>();

/** The sound of a number: smooth noise, unlike that of any other. Shared: it is read, never written. */
export function wordSound(number: number): Int16Array {
  const known = sounds.get(number);
  if (known !== undefined) return known;
  const sound = new Int16Array(WORD_SAMPLES);
  let state = (number * 2_654_435_761 + 12_345) >>> 0;
  const draw = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 31 - 1) * PEAK;
  };
  let from = 0;
  let to = draw();
  for (let index = 0; index < WORD_SAMPLES; index++) {
    const step = index % LATTICE_SAMPLES;
    if (step === 0) {
      from = to;
      to = index + LATTICE_SAMPLES >= WORD_SAMPLES ? 0 : draw();
    }
    sound[index] = Math.round(from + SHARES[step]! * (to - from));
  }
  sounds.set(number, sound);
  return sound;
}

/** How a number is written: `7-03` is the third word of the seventh answer. */
export function wordText(number: number): string {
  return `${Math.floor(number / 100)}-${String(number % 100).padStart(2, '0')}`;
}

/** The numbers that a text has. */
export function numbersIn(text: string): number[] {
  return [...text.matchAll(/(\d+)-(\d\d)/g)].map(
    (found) => 100 * Number(found[1]) + Number(found[2]),
  );
}
